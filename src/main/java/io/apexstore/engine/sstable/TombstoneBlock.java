package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The bytes of a table's range tombstones.
 *
 * <pre>
 *   varint  number of fragments, and of each:
 *   varint  shared: number of leading bytes of its first key that the previous fragment's end has
 *   varint  unshared: number of the bytes that follow
 *           unshared bytes of the first key
 *   varint  shared: number of leading bytes of its end, the first key past it, that its first key has
 *   varint  unshared: number of the bytes that follow
 *           unshared bytes of the end
 *   varint  number of versions, from the newest:
 *   varint  the first, then each one's distance from the previous one
 * </pre>
 */
final class TombstoneBlock {
  // The end of a range may be the successor of the longest key.
  private static final int BOUND_BYTES_MAX = Limits.KEY_BYTES_MAX + 1;

  private final byte[] bytes;
  private final int length;
  private final String file;
  private final long offset;
  private int at;

  private TombstoneBlock(byte[] bytes, int length, String file, long offset) {
    this.bytes = bytes;
    this.length = length;
    this.file = file;
    this.offset = offset;
  }

  static byte[] encode(RangeTombstones tombstones) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, tombstones.count());
    byte[] before = {};
    for (int i = 0; i < tombstones.count(); i++) {
      putBound(out, before, tombstones.start(i));
      putBound(out, tombstones.start(i), tombstones.end(i));
      before = tombstones.end(i);
      long[] versions = tombstones.versions(i);
      put(out, versions.length);
      for (int j = 0; j < versions.length; j++) {
        put(out, j == 0 ? versions[0] : versions[j - 1] - versions[j]);
      }
    }
    return out.toByteArray();
  }

  private static void putBound(ByteArrayOutputStream out, byte[] before, byte[] bound) {
    int shared = KeyBytes.common(before, 0, before.length, bound, 0, bound.length);
    put(out, shared);
    put(out, bound.length - shared);
    out.write(bound, shared, bound.length - shared);
  }

  private static void put(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /**
   * Reads range tombstones.
   *
   * @param bytes the blocks' bytes, verified
   * @param file the file's name, for messages
   * @param offset the first block's offset, for messages
   * @throws EngineException {@code CORRUPTION} if they contradict themselves
   */
  static RangeTombstones decode(byte[] bytes, int length, String file, long offset) {
    return new TombstoneBlock(bytes, length, file, offset).decode();
  }

  private RangeTombstones decode() {
    RangeTombstones.Builder tombstones = new RangeTombstones.Builder();
    try {
      long count = number();
      byte[] before = {};
      for (long i = 0; i < count; i++) {
        byte[] start = bound(before);
        byte[] end = bound(start);
        before = end;
        tombstones.add(start, end, versions());
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw damaged(e);
    }
    if (at != length) {
      throw EngineException.corruption(file, offset, "bytes of the range tombstones", at, length);
    }
    return tombstones.build();
  }

  private byte[] bound(byte[] before) {
    int shared = small(before.length);
    int unshared = small(Math.min(length - at, BOUND_BYTES_MAX));
    byte[] bound = Arrays.copyOf(before, shared + unshared);
    System.arraycopy(bytes, at, bound, shared, unshared);
    at += unshared;
    return bound;
  }

  private long[] versions() {
    long[] versions = new long[small(length - at)];
    for (int i = 0; i < versions.length; i++) {
      versions[i] = i == 0 ? number() : versions[i - 1] - number();
      if (versions[i] <= 0) {
        throw new IllegalArgumentException("version " + versions[i]);
      }
    }
    return versions;
  }

  private int small(int max) {
    long number = number();
    if (number < 0 || number > max) {
      throw new IllegalArgumentException("number " + number + " at byte " + at + " is too large");
    }
    return (int) number;
  }

  private long number() {
    long number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at == length) {
        throw new IndexOutOfBoundsException("number at byte " + at + " is cut off");
      }
      byte b = bytes[at++];
      number |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return number;
      }
    }
    throw new IllegalArgumentException("number at byte " + at + " is too long");
  }

  private EngineException damaged(RuntimeException cause) {
    return new EngineException(
        EngineException.Failure.CORRUPTION,
        file
            + " at offset "
            + offset
            + ": range tombstones contradict themselves: "
            + cause.getMessage(),
        cause);
  }
}

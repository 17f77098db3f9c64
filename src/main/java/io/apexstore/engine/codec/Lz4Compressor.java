package io.apexstore.engine.codec;

import static io.apexstore.engine.codec.BlockFormat.INT;
import static io.apexstore.engine.codec.BlockFormat.INTS;
import static io.apexstore.engine.codec.BlockFormat.LONG;
import static io.apexstore.engine.codec.BlockFormat.LONGS;
import static io.apexstore.engine.codec.BlockFormat.SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A compressor for the LZ4 block format (Collet: LZ4 Block Format Description, 2022).
 *
 * <p>A block is a list of sequences. A sequence is a token with two lengths (four bits each; 15
 * means that more bytes follow, of which each adds up to 255), the literals, and the distance of a
 * match in two bytes. A match has at least four bytes. The last five bytes are literals, and the
 * last match begins at least twelve bytes before the end.
 *
 * <p>Matches are found with a table from the hash of five bytes to their last position. The table
 * is never cleared: the positions of each block are counted from a base above those of the
 * preceding block. Where nothing matches, the search advances in growing strides; a match that is
 * found in its middle is extended backwards.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class Lz4Compressor {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Returned if the result exceeds the limit. */
  static final int TOO_LONG = -1;

  private static final int TABLE_BITS = 12;
  private static final int MATCH_MIN = 4;
  private static final int LAST_LITERALS = 5;
  private static final int MATCH_START_MARGIN = 12;
  private static final int DISTANCE_MAX = 0xFFFF;

  /** The stride grows by one after each 16 positions without a match. */
  private static final int STRIDE_SHIFT = 4;

  /** Maximum bytes of a sequence in addition to its literals and one byte for each 255 bytes. */
  private static final int SEQUENCE_BYTES = 12;

  private final int[] table = new int[1 << TABLE_BITS];
  private int base = DISTANCE_MAX + 1;

  /** Earlier position of the bytes that {@link #find} found. */
  private int lastMatch;

  /**
   * Compresses bytes.
   *
   * @param source the array that contains them, from index 0
   * @param length the number of bytes
   * @param out receives the result, from index 0; must have 16 bytes after the limit
   * @param limit maximum length of the result
   * @return the length of the result, or {@link #TOO_LONG}
   */
  int compress(byte[] source, int length, byte[] out, int limit) {
    int written = 0;
    int anchor = 0;
    int lastStart = length - MATCH_START_MARGIN;
    int offset = nextBase(length);
    int at = 0;
    while (true) {
      int found = find(source, at, lastStart, offset);
      if (found < 0) {
        break;
      }
      int match = lastMatch;
      at = found;
      while (at > anchor && match > 0 && source[at - 1] == source[match - 1]) {
        at--;
        match--;
      }
      int end = matchEnd(source, at + MATCH_MIN, match + MATCH_MIN, length - LAST_LITERALS);
      int literals = at - anchor;
      if (written + literals + (literals >>> 7) + ((end - at) >>> 7) + SEQUENCE_BYTES > limit) {
        return TOO_LONG;
      }
      written = putSequence(source, anchor, literals, at - match, end - at, out, written);
      at = end;
      anchor = end;
      if (at <= lastStart) {
        table[hash((long) LONG.get(source, at - 2))] = offset + at - 2;
      }
    }
    int literals = length - anchor;
    if (written + literals + (literals >>> 7) + SEQUENCE_BYTES > limit) {
      return TOO_LONG;
    }
    return putSequence(source, anchor, literals, 0, 0, out, written);
  }

  /** Returns the next position whose first four bytes occurred before, or -1. */
  private int find(byte[] source, int from, int lastStart, int offset) {
    int at = from;
    int tries = 1 << STRIDE_SHIFT;
    while (at <= lastStart) {
      long bytes = (long) LONG.get(source, at);
      int hash = hash(bytes);
      int match = table[hash] - offset;
      table[hash] = offset + at;
      if (match >= 0 && at - match <= DISTANCE_MAX && (int) INT.get(source, match) == (int) bytes) {
        lastMatch = match;
        return at;
      }
      at += tries++ >>> STRIDE_SHIFT;
    }
    return -1;
  }

  private static int hash(long bytes) {
    return (int) (((bytes << 24) * 889523592379L) >>> (64 - TABLE_BITS));
  }

  /** Returns the base from which the positions of a block are counted. */
  private int nextBase(int length) {
    if (base > Integer.MAX_VALUE - length - 2 * DISTANCE_MAX) {
      Arrays.fill(table, 0);
      base = DISTANCE_MAX + 1;
    }
    int offset = base;
    base += length + DISTANCE_MAX + 1;
    return offset;
  }

  private static int matchEnd(byte[] source, int from, int matchFrom, int limit) {
    int at = from;
    int match = matchFrom;
    while (at + Long.BYTES <= limit) {
      long difference = (long) LONG.get(source, at) ^ (long) LONG.get(source, match);
      if (difference != 0) {
        return at + (Long.numberOfTrailingZeros(difference) >>> 3);
      }
      at += Long.BYTES;
      match += Long.BYTES;
    }
    while (at < limit && source[at] == source[match]) {
      at++;
      match++;
    }
    return at;
  }

  /** Writes a sequence, the last one with a match of length 0; returns the index after it. */
  private static int putSequence(
      byte[] source,
      int from,
      int literals,
      int distance,
      int matchLength,
      byte[] out,
      int tokenAt) {
    int at = tokenAt + 1;
    int token = Math.min(literals, 15) << 4;
    if (literals >= 15) {
      at = putLength(out, at, literals - 15);
    }
    if (literals <= 16 && from + 16 <= source.length) {
      LONG.set(out, at, (long) LONG.get(source, from));
      LONG.set(out, at + 8, (long) LONG.get(source, from + 8));
    } else {
      System.arraycopy(source, from, out, at, literals);
    }
    at += literals;
    if (matchLength > 0) {
      SHORT.set(out, at, (short) distance);
      at += 2;
      int more = matchLength - MATCH_MIN;
      token |= Math.min(more, 15);
      if (more >= 15) {
        at = putLength(out, at, more - 15);
      }
    }
    out[tokenAt] = (byte) token;
    return at;
  }

  private static int putLength(byte[] out, int from, int length) {
    int at = from;
    int rest = length;
    while (rest >= 255) {
      out[at++] = (byte) 255;
      rest -= 255;
    }
    out[at++] = (byte) rest;
    return at;
  }

  /**
   * Compresses bytes in memory outside the heap, to the same result as {@link #compress(byte[],
   * int, byte[], int)}. It touches nothing past the segments.
   *
   * @param source the bytes
   * @param out receives the result; its size is the maximum length
   * @return the length of the result, or {@link #TOO_LONG}
   */
  int compress(MemorySegment source, MemorySegment out) {
    int length = Math.toIntExact(source.byteSize());
    int limit = Math.toIntExact(out.byteSize());
    int written = 0;
    int anchor = 0;
    int lastStart = length - MATCH_START_MARGIN;
    int offset = nextBase(length);
    int at = 0;
    while (true) {
      int found = find(source, at, lastStart, offset);
      if (found < 0) {
        break;
      }
      int match = lastMatch;
      at = found;
      while (at > anchor && match > 0 && source.get(BYTE, at - 1) == source.get(BYTE, match - 1)) {
        at--;
        match--;
      }
      int end = matchEnd(source, at + MATCH_MIN, match + MATCH_MIN, length - LAST_LITERALS);
      int literals = at - anchor;
      if (written + literals + (literals >>> 7) + ((end - at) >>> 7) + SEQUENCE_BYTES > limit) {
        return TOO_LONG;
      }
      written = putSequence(source, anchor, literals, at - match, end - at, out, written);
      at = end;
      anchor = end;
      if (at <= lastStart) {
        table[hash(source.get(LONGS, at - 2))] = offset + at - 2;
      }
    }
    int literals = length - anchor;
    if (written + literals + (literals >>> 7) + SEQUENCE_BYTES > limit) {
      return TOO_LONG;
    }
    return putSequence(source, anchor, literals, 0, 0, out, written);
  }

  private int find(MemorySegment source, int from, int lastStart, int offset) {
    int at = from;
    int tries = 1 << STRIDE_SHIFT;
    while (at <= lastStart) {
      long bytes = source.get(LONGS, at);
      int hash = hash(bytes);
      int match = table[hash] - offset;
      table[hash] = offset + at;
      if (match >= 0 && at - match <= DISTANCE_MAX && source.get(INTS, match) == (int) bytes) {
        lastMatch = match;
        return at;
      }
      at += tries++ >>> STRIDE_SHIFT;
    }
    return -1;
  }

  private static int matchEnd(MemorySegment source, int from, int matchFrom, int limit) {
    int at = from;
    int match = matchFrom;
    while (at + Long.BYTES <= limit) {
      long difference = source.get(LONGS, at) ^ source.get(LONGS, match);
      if (difference != 0) {
        return at + (Long.numberOfTrailingZeros(difference) >>> 3);
      }
      at += Long.BYTES;
      match += Long.BYTES;
    }
    while (at < limit && source.get(BYTE, at) == source.get(BYTE, match)) {
      at++;
      match++;
    }
    return at;
  }

  private static int putSequence(
      MemorySegment source,
      int from,
      int literals,
      int distance,
      int matchLength,
      MemorySegment out,
      int tokenAt) {
    int at = tokenAt + 1;
    int token = Math.min(literals, 15) << 4;
    if (literals >= 15) {
      at = putLength(out, at, literals - 15);
    }
    MemorySegment.copy(source, from, out, at, literals);
    at += literals;
    if (matchLength > 0) {
      out.set(SHORTS, at, (short) distance);
      at += 2;
      int more = matchLength - MATCH_MIN;
      token |= Math.min(more, 15);
      if (more >= 15) {
        at = putLength(out, at, more - 15);
      }
    }
    out.set(BYTE, tokenAt, (byte) token);
    return at;
  }

  private static int putLength(MemorySegment out, int from, int length) {
    int at = from;
    int rest = length;
    while (rest >= 255) {
      out.set(BYTE, at++, (byte) 255);
      rest -= 255;
    }
    out.set(BYTE, at++, (byte) rest);
    return at;
  }
}

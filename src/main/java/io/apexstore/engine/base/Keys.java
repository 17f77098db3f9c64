package io.apexstore.engine.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The order of keys, their abbreviation and their hash. Keys are compared as strings of unsigned
 * bytes; a key that is the beginning of another one comes first.
 *
 * <p>A key's <em>prefix</em> is its first eight bytes as a big-endian number, padded with zeros.
 * Unequal prefixes, compared as unsigned numbers, order the keys; equal prefixes decide nothing.
 * Most comparisons end with the prefixes and never touch the keys.
 */
public final class Keys {
  private static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Eight bytes of a key as a big-endian number, at any address. */
  public static final ValueLayout.OfLong PREFIX =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Keys() {}

  /** Returns the prefix of the key in {@code length} bytes from {@code offset}. */
  public static long prefixOf(byte[] key, int offset, int length) {
    if (length >= Long.BYTES) {
      return (long) LONG_BE.get(key, offset);
    }
    long prefix = 0;
    for (int i = 0; i < length; i++) {
      prefix |= (key[offset + i] & 0xFFL) << (56 - (i << 3));
    }
    return prefix;
  }

  /** Returns the prefix of the key in {@code length} bytes of a segment. */
  public static long prefixOf(MemorySegment key, long offset, int length) {
    if (length >= Long.BYTES) {
      return key.get(PREFIX, offset);
    }
    long prefix = 0;
    for (int i = 0; i < length; i++) {
      prefix |= (key.get(ValueLayout.JAVA_BYTE, offset + i) & 0xFFL) << (56 - (i << 3));
    }
    return prefix;
  }

  /** Compares two keys that fill their arrays. */
  public static int compare(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b);
  }

  /** Returns the least key above a key: no key lies between the two. */
  public static byte[] successor(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }

  /** Returns the least key above all keys with a prefix; null if there is none. */
  public static byte @Nullable [] prefixEnd(byte[] prefix) {
    int end = prefix.length;
    while (end > 0 && prefix[end - 1] == (byte) 0xFF) {
      end--;
    }
    if (end == 0) {
      return null;
    }
    byte[] after = Arrays.copyOf(prefix, end);
    after[end - 1]++;
    return after;
  }

  /**
   * Returns a key that is not less than any key of a range.
   *
   * @param end the first key past the range
   * @return the last key of the range if {@code end} is the successor of a key, else {@code end}
   *     itself
   */
  public static byte[] lastBefore(byte[] end) {
    boolean isSuccessor = end.length > 1 && end[end.length - 1] == 0;
    return isSuccessor ? Arrays.copyOf(end, end.length - 1) : end;
  }

  /** Compares two keys. */
  public static int compare(
      byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength) {
    return Arrays.compareUnsigned(a, aOffset, aOffset + aLength, b, bOffset, bOffset + bLength);
  }

  /** Compares a key in an array with a key in a segment. */
  public static int compare(
      byte[] a, int aOffset, int aLength, MemorySegment b, long bOffset, int bLength) {
    int common = Math.min(aLength, bLength);
    int i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      long x = (long) LONG_BE.get(a, aOffset + i);
      long y = b.get(PREFIX, bOffset + i);
      if (x != y) {
        return Long.compareUnsigned(x, y);
      }
    }
    for (; i < common; i++) {
      int x = a[aOffset + i] & 0xFF;
      int y = b.get(ValueLayout.JAVA_BYTE, bOffset + i) & 0xFF;
      if (x != y) {
        return x - y;
      }
    }
    return aLength - bLength;
  }

  /**
   * Returns a 64-bit hash of the key, for filters and the hash indexes of data blocks. The function
   * is part of the table format: it never changes within a format version.
   */
  public static long hash(byte[] key, int offset, int length) {
    long h = 0x9E3779B97F4A7C15L ^ (length * 0xC2B2AE3D27D4EB4FL);
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      h = mix(h ^ (long) LONG_BE.get(key, offset + i));
    }
    if (i < length) {
      h = mix(h ^ prefixOf(key, offset + i, length - i));
    }
    return h ^ (h >>> 32);
  }

  // The finalizer of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
  // Generators).
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

package io.apexstore.engine.codec;

import static io.apexstore.engine.codec.BlockFormat.LONG;
import static io.apexstore.engine.codec.BlockFormat.SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A decompressor for the LZ4 block format, see {@link Lz4Compressor}. It detects malformed blocks.
 * It reads and writes at most sixteen bytes of the arrays past the given ranges.
 *
 * <p><b>Threads:</b> any.
 */
final class Lz4Decompressor {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong LONGS =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Returned if the bytes are not a block, or a block that is longer than the given length. */
  static final int MALFORMED = -1;

  private static final int MATCH_MIN = 4;
  private static final int WIDE = 2 * Long.BYTES;

  private Lz4Decompressor() {}

  /**
   * Decompresses a block.
   *
   * @param source the array that contains the block, {@code length} bytes from {@code from}
   * @param target receives the result, from index 0
   * @param rawLength maximum length of the result; bytes after it may be overwritten
   * @return the length of the result, or {@link #MALFORMED}
   */
  static int decompress(byte[] source, int from, int length, byte[] target, int rawLength) {
    int in = from;
    int end = from + length;
    int out = 0;
    int wideIn = source.length - WIDE;
    int wideOut = target.length - WIDE;
    while (in < end) {
      int token = source[in++] & 0xFF;
      int literals = token >>> 4;
      if (literals == 15) {
        int b = 255;
        while (b == 255 && literals <= rawLength && in < end) {
          b = source[in++] & 0xFF;
          literals += b;
        }
      }
      if (literals > end - in || literals > rawLength - out) {
        return MALFORMED;
      }
      if (literals <= WIDE && in <= wideIn && out <= wideOut) {
        LONG.set(target, out, (long) LONG.get(source, in));
        LONG.set(target, out + 8, (long) LONG.get(source, in + 8));
      } else {
        System.arraycopy(source, in, target, out, literals);
      }
      in += literals;
      out += literals;
      if (in == end) {
        return out;
      }
      if (end - in < Short.BYTES) {
        return MALFORMED;
      }
      int distance = (short) SHORT.get(source, in) & 0xFFFF;
      in += Short.BYTES;
      int match = token & 15;
      if (match == 15) {
        int b = 255;
        while (b == 255 && match <= rawLength && in < end) {
          b = source[in++] & 0xFF;
          match += b;
        }
      }
      match += MATCH_MIN;
      if (distance == 0 || distance > out || match > rawLength - out) {
        return MALFORMED;
      }
      if (distance >= Long.BYTES && match <= WIDE && out <= wideOut) {
        LONG.set(target, out, (long) LONG.get(target, out - distance));
        LONG.set(target, out + 8, (long) LONG.get(target, out - distance + 8));
      } else {
        copy(target, out, distance, match);
      }
      out += match;
    }
    return MALFORMED;
  }

  /** Copies bytes from a distance before the output position; source and target may overlap. */
  private static void copy(byte[] target, int out, int distance, int length) {
    if (distance >= length) {
      System.arraycopy(target, out - distance, target, out, length);
      return;
    }
    int at = out;
    int end = out + length;
    // For a short pattern, a multiple of its length at which whole words can be copied.
    int stride = distance >= Long.BYTES ? distance : distance * Math.ceilDiv(8, distance);
    if (length > stride && end <= target.length - Long.BYTES) {
      for (; at < out + stride - distance; at++) {
        target[at] = target[at - distance];
      }
      for (; at < end; at += Long.BYTES) {
        LONG.set(target, at, (long) LONG.get(target, at - stride));
      }
    } else {
      for (; at < end; at++) {
        target[at] = target[at - distance];
      }
    }
  }

  /**
   * Decompresses a large block in memory outside the heap. It touches nothing past the segments.
   *
   * @param source the block
   * @param target receives the result, which may be as long as this segment
   * @return the length of the result, or {@link #MALFORMED}
   */
  static int decompress(MemorySegment source, MemorySegment target) {
    int rawLength = Math.toIntExact(target.byteSize());
    int end = Math.toIntExact(source.byteSize());
    int in = 0;
    int out = 0;
    int wideIn = end - WIDE;
    int wideOut = rawLength - WIDE;
    while (in < end) {
      int token = source.get(BYTE, in++) & 0xFF;
      int literals = token >>> 4;
      if (literals == 15) {
        int b = 255;
        while (b == 255 && literals <= rawLength && in < end) {
          b = source.get(BYTE, in++) & 0xFF;
          literals += b;
        }
      }
      if (literals > end - in || literals > rawLength - out) {
        return MALFORMED;
      }
      if (literals <= WIDE && in <= wideIn && out <= wideOut) {
        target.set(LONGS, out, source.get(LONGS, in));
        target.set(LONGS, out + 8L, source.get(LONGS, in + 8L));
      } else {
        MemorySegment.copy(source, in, target, out, literals);
      }
      in += literals;
      out += literals;
      if (in == end) {
        return out;
      }
      if (end - in < Short.BYTES) {
        return MALFORMED;
      }
      int distance = source.get(SHORTS, in) & 0xFFFF;
      in += Short.BYTES;
      int match = token & 15;
      if (match == 15) {
        int b = 255;
        while (b == 255 && match <= rawLength && in < end) {
          b = source.get(BYTE, in++) & 0xFF;
          match += b;
        }
      }
      match += MATCH_MIN;
      if (distance == 0 || distance > out || match > rawLength - out) {
        return MALFORMED;
      }
      if (distance >= Long.BYTES && match <= WIDE && out <= wideOut) {
        target.set(LONGS, out, target.get(LONGS, out - distance));
        target.set(LONGS, out + 8L, target.get(LONGS, out - distance + 8L));
      } else {
        copy(target, out, distance, match);
      }
      out += match;
    }
    return MALFORMED;
  }

  /** Copies bytes from a distance before the output position; source and target may overlap. */
  private static void copy(MemorySegment target, int out, int distance, int length) {
    int at = out;
    int left = length;
    // What is there already repeats the pattern, so each step can copy twice as much.
    int from = out - distance;
    while (left > 0) {
      int count = Math.min(left, at - from);
      MemorySegment.copy(target, from, target, at, count);
      at += count;
      left -= count;
    }
  }
}

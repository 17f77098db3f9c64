package io.apexstore.server.http.json;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes of any length, on the heap or outside, as JSON: text in quotes if they are UTF-8, otherwise
 * Base64. They are written in slices, so that the JSON of a long value is never whole in memory.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class SlicedBytes {
  /** A multiple of three, so that the Base64 of a slice has no padding, and of eight. */
  private static final int SLICE_BYTES = 3 << 11;

  /** The most bytes that one slice is written as, with both quotes. */
  public static final int WRITTEN_BYTES_MAX = 6 * SLICE_BYTES + 2;

  private static final int SEQUENCE_BYTES_MAX = 4;

  private final MemorySegment bytes;
  private final byte[] slice;
  private final boolean text;
  private long at;
  private boolean begun;

  /** Creates the JSON of bytes; reads all of them once, to see whether they are UTF-8. */
  public SlicedBytes(MemorySegment bytes) {
    this.bytes = bytes;
    this.slice = new byte[(int) Math.min(SLICE_BYTES, bytes.byteSize())];
    this.text = isText();
  }

  private boolean isText() {
    long from = 0;
    while (from < bytes.byteSize()) {
      int count = copy(from);
      boolean last = from + count == bytes.byteSize();
      int end = last ? count : wholeSequences(count);
      if (!Utf8.isValid(slice, 0, end)) {
        return false;
      }
      from += end;
    }
    return true;
  }

  /** Returns how many bytes of the slice are left if a sequence that it cuts is left out. */
  private int wholeSequences(int count) {
    for (int back = 1; back < SEQUENCE_BYTES_MAX; back++) {
      int one = slice[count - back] & 0xFF;
      if (one >= 0xC0) {
        return count - back; // The next slice begins with this sequence, whole or not.
      }
      if (one < 0x80) {
        break;
      }
    }
    return count;
  }

  private int copy(long from) {
    int count = (int) Math.min(slice.length, bytes.byteSize() - from);
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, slice, 0, count);
    return count;
  }

  /** Returns the name of the member that has these bytes. */
  public String memberName(String name) {
    return text ? name : name + "_base64";
  }

  /**
   * Writes the next slice.
   *
   * @return whether more follow
   */
  public boolean write(JsonOutput out) {
    if (!begun) {
      begun = true;
      out.beginText();
    }
    int count = copy(at);
    if (text) {
      out.text(slice, 0, count);
    } else {
      out.base64(slice, 0, count);
    }
    at += count;
    if (at < bytes.byteSize()) {
      return true;
    }
    out.endText();
    return false;
  }
}

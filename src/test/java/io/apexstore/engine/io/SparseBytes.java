package io.apexstore.engine.io;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The content of a simulated file: zeros where nothing was written. Copies share an array until one
 * of them is written.
 */
final class SparseBytes {
  private byte[] data = new byte[0];
  private long sizeBytes;
  private boolean shared;

  long size() {
    return sizeBytes;
  }

  /** Returns a copy with the same content. */
  SparseBytes copy() {
    SparseBytes copy = new SparseBytes();
    copy.data = data;
    copy.sizeBytes = sizeBytes;
    copy.shared = true;
    shared = true;
    return copy;
  }

  /** Extends the content with zeros to a length, if it is shorter. */
  void growTo(long newSizeBytes) {
    sizeBytes = Math.max(sizeBytes, newSizeBytes);
  }

  void write(long offset, byte[] source, int sourceOffset, int length) {
    if (length == 0) {
      return;
    }
    int begin = Math.toIntExact(offset);
    own(begin + length);
    System.arraycopy(source, sourceOffset, data, begin, length);
    growTo(offset + length);
  }

  void zero(long offset, long length) {
    growTo(offset + length);
    int begin = (int) Math.min(offset, data.length);
    int end = (int) Math.min(offset + length, data.length);
    if (begin < end) {
      own(end);
      Arrays.fill(data, begin, end, (byte) 0);
    }
  }

  int read(long offset, ByteBuffer target) {
    if (offset < 0) {
      throw new IllegalArgumentException("negative offset " + offset);
    }
    int n = (int) Math.max(0, Math.min(target.remaining(), sizeBytes - offset));
    int present = (int) Math.max(0, Math.min(n, data.length - offset));
    if (present > 0) {
      target.put(data, (int) offset, present);
    }
    target.put(new byte[n - present]);
    return n;
  }

  byte byteAt(long offset) {
    return offset < data.length ? data[(int) offset] : 0;
  }

  byte[] toArray() {
    return Arrays.copyOf(
        Arrays.copyOf(data, (int) Math.min(data.length, sizeBytes)), Math.toIntExact(sizeBytes));
  }

  /** Ensures that the array is unshared and long enough. */
  private void own(int length) {
    if (length > data.length) {
      data = Arrays.copyOf(data, Math.max(length, Math.min(data.length * 2, length + (1 << 20))));
      shared = false;
    } else if (shared) {
      data = data.clone();
      shared = false;
    }
  }
}

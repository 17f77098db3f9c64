package io.apexstore.server.rest;

import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines, holding no more than one line that is not complete yet.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class LineSplitter {
  private final int lineBytesMax;
  private final Lines lines;
  private byte[] partial = new byte[0];
  private int partialLength;

  LineSplitter(int lineBytesMax, Lines lines) {
    this.lineBytesMax = lineBytesMax;
    this.lines = lines;
  }

  /** Takes the lines. */
  interface Lines {
    /** Takes one line without its end; returns false if no more are wanted. */
    boolean line(byte[] bytes, int offset, int length);

    /** Asks whether this much more may be held of a line that is not complete. */
    boolean makeRoom(int bytes);

    /** Learns that a line is longer than it may be; no more follow. */
    void tooLong();
  }

  /** Returns false if no more are wanted. */
  boolean feed(byte[] chunk) {
    int from = 0;
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == '\n') {
        if (!complete(chunk, from, i)) {
          return false;
        }
        from = i + 1;
      }
    }
    return keep(chunk, from, chunk.length);
  }

  /** Hands over what stands behind the last line's end. */
  boolean end() {
    return partialLength == 0 || complete(new byte[0], 0, 0);
  }

  private boolean complete(byte[] chunk, int from, int to) {
    if (partialLength > 0) {
      if (!keep(chunk, from, to)) {
        return false;
      }
      int length = partialLength;
      partialLength = 0;
      return hand(partial, 0, length);
    }
    if (to - from > lineBytesMax) {
      lines.tooLong();
      return false;
    }
    return hand(chunk, from, to - from);
  }

  private boolean hand(byte[] bytes, int offset, int length) {
    boolean carriageReturn = length > 0 && bytes[offset + length - 1] == '\r';
    return lines.line(bytes, offset, carriageReturn ? length - 1 : length);
  }

  private boolean keep(byte[] chunk, int from, int to) {
    int count = to - from;
    if (count > lineBytesMax - partialLength) {
      lines.tooLong();
      return false;
    }
    if (partial.length - partialLength < count) {
      int roomy = (int) Math.min(2L * partial.length, lineBytesMax);
      int enough = Math.max(partialLength + count, roomy);
      if (!lines.makeRoom(enough - partial.length)) {
        return false;
      }
      partial = Arrays.copyOf(partial, enough);
    }
    System.arraycopy(chunk, from, partial, partialLength, count);
    partialLength += count;
    return true;
  }
}

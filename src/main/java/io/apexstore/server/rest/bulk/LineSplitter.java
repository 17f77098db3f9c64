package io.apexstore.server.rest.bulk;

import java.util.Arrays;

/**
 * Splits a stream of bytes into lines. It holds at most one incomplete line.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
final class LineSplitter {
  private final int lineBytesMax;
  private final Lines lines;
  private byte[] partial = new byte[0];
  private int partialLength;

  // The chunk, and the position in it, at which to continue after WAIT.
  private byte[] rest = new byte[0];
  private int restFrom;

  LineSplitter(int lineBytesMax, Lines lines) {
    this.lineBytesMax = lineBytesMax;
    this.lines = lines;
  }

  /** How to continue after a line. */
  enum Next {
    /** With the next bytes. */
    MORE,
    /** With {@link #resume}, once the line has been processed; nothing may be fed before. */
    WAIT,
    /** Not at all. */
    STOP
  }

  /** Receives the lines. */
  interface Lines {
    /**
     * Receives one line without its end. After {@code WAIT} the bytes do not change until {@link
     * #resume}.
     */
    Next line(byte[] bytes, int offset, int length);

    /** Reserves memory for an incomplete line; false ends the splitting. */
    boolean tryReserve(int bytes);

    /** Called if a line is longer than the limit; no more lines follow. */
    void tooLong();
  }

  /** Splits the next bytes; the array belongs to the splitter from now on. */
  Next feed(byte[] chunk) {
    return split(chunk, 0);
  }

  /** Continues after the line for which {@code WAIT} was returned. */
  Next resume() {
    byte[] chunk = rest;
    int from = restFrom;
    rest = new byte[0];
    restFrom = 0;
    return split(chunk, from);
  }

  /** Passes on the bytes after the last line's end, if there are any, as the last line. */
  Next end() {
    return partialLength == 0 ? Next.MORE : complete(rest, 0, 0);
  }

  private Next split(byte[] chunk, int start) {
    int from = start;
    for (int i = start; i < chunk.length; i++) {
      if (chunk[i] == '\n') {
        Next next = complete(chunk, from, i);
        from = i + 1;
        if (next == Next.WAIT) {
          rest = chunk;
          restFrom = from;
        }
        if (next != Next.MORE) {
          return next;
        }
      }
    }
    return keep(chunk, from, chunk.length) ? Next.MORE : Next.STOP;
  }

  private Next complete(byte[] chunk, int from, int to) {
    if (partialLength > 0) {
      if (!keep(chunk, from, to)) {
        return Next.STOP;
      }
      int length = partialLength;
      partialLength = 0;
      return pass(partial, 0, length);
    }
    if (to - from > lineBytesMax) {
      lines.tooLong();
      return Next.STOP;
    }
    return pass(chunk, from, to - from);
  }

  private Next pass(byte[] bytes, int offset, int length) {
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
      int doubled = (int) Math.min(2L * partial.length, lineBytesMax);
      int size = Math.max(partialLength + count, doubled);
      if (!lines.tryReserve(size - partial.length)) {
        return false;
      }
      partial = Arrays.copyOf(partial, size);
    }
    System.arraycopy(chunk, from, partial, partialLength, count);
    partialLength += count;
    return true;
  }
}

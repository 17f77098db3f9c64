package io.apexstore.server.rest.bulk;

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

  // What is left of a chunk whose line is waited for.
  private byte[] rest = new byte[0];
  private int restFrom;

  LineSplitter(int lineBytesMax, Lines lines) {
    this.lineBytesMax = lineBytesMax;
    this.lines = lines;
  }

  /** How it goes on. */
  enum Next {
    /** The next bytes are wanted. */
    MORE,
    /** Nothing is to be fed until the line is done with and {@link #resume} was called. */
    WAIT,
    /** No more are wanted. */
    STOP
  }

  /** Takes the lines. */
  interface Lines {
    /** Takes one line without its end. After {@code WAIT} its bytes stay until {@link #resume}. */
    Next line(byte[] bytes, int offset, int length);

    /** Asks whether this much more may be held of a line that is not complete. */
    boolean makeRoom(int bytes);

    /** Learns that a line is longer than it may be; no more follow. */
    void tooLong();
  }

  /** Takes the next bytes, which are the splitter's from now on. */
  Next feed(byte[] chunk) {
    return split(chunk, 0);
  }

  /** Goes on behind the line that was waited for. */
  Next resume() {
    byte[] chunk = rest;
    int from = restFrom;
    rest = new byte[0];
    restFrom = 0;
    return split(chunk, from);
  }

  /** Hands over what stands behind the last line's end. */
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
      return hand(partial, 0, length);
    }
    if (to - from > lineBytesMax) {
      lines.tooLong();
      return Next.STOP;
    }
    return hand(chunk, from, to - from);
  }

  private Next hand(byte[] bytes, int offset, int length) {
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

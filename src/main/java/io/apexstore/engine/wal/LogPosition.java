package io.apexstore.engine.wal;

import io.apexstore.engine.file.FileNames;

/**
 * A place in the log. Segments follow one another by their file ids, so positions have an order.
 *
 * @param fileId the segment
 * @param offset bytes from the start of its file
 */
public record LogPosition(long fileId, long offset) implements Comparable<LogPosition> {
  /** Before everything. */
  public static final LogPosition START = new LogPosition(0, 0);

  @Override
  public int compareTo(LogPosition other) {
    int byFile = Long.compare(fileId, other.fileId);
    return byFile != 0 ? byFile : Long.compare(offset, other.offset);
  }

  /** Whether this lies behind the other position. */
  public boolean isAfter(LogPosition other) {
    return compareTo(other) > 0;
  }

  @Override
  public String toString() {
    return FileNames.log(fileId) + " at offset " + offset;
  }
}

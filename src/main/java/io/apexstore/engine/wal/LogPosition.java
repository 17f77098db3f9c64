package io.apexstore.engine.wal;

import io.apexstore.engine.file.FileNames;

/**
 * A position in the log. Segments are ordered by their file ids, so positions are ordered too.
 *
 * @param fileId file id of the segment
 * @param offset bytes from the start of its file
 */
public record LogPosition(long fileId, long offset) implements Comparable<LogPosition> {
  /** The position before all others. */
  static final LogPosition START = new LogPosition(0, 0);

  @Override
  public int compareTo(LogPosition other) {
    int byFile = Long.compare(fileId, other.fileId);
    return byFile != 0 ? byFile : Long.compare(offset, other.offset);
  }

  /** Returns whether this position is after the other one. */
  boolean isAfter(LogPosition other) {
    return compareTo(other) > 0;
  }

  @Override
  public String toString() {
    return FileNames.log(fileId) + " at offset " + offset;
  }
}

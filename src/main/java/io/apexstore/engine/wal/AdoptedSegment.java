package io.apexstore.engine.wal;

/**
 * A log segment as the manifest records it.
 *
 * @param fileId number of the segment's file
 * @param endOffset the logical end: bytes past it are never read; {@link #OPEN} while no end is
 *     recorded
 * @param lastVersion the newest version with bytes before the logical end; 0 while no end is
 *     recorded
 */
public record AdoptedSegment(long fileId, long endOffset, long lastVersion) {
  /** The end offset of a segment without a recorded end. */
  static final long OPEN = -1;

  /** Returns a segment without a recorded end. */
  public static AdoptedSegment open(long fileId) {
    return new AdoptedSegment(fileId, OPEN, 0);
  }

  /** Returns whether no end is recorded. The segment may then have a torn tail. */
  boolean isOpen() {
    return endOffset == OPEN;
  }

  LogPosition end() {
    return new LogPosition(fileId, endOffset);
  }
}

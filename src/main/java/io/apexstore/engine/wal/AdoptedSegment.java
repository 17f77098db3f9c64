package io.apexstore.engine.wal;

/**
 * What the manifest records of a log segment.
 *
 * @param fileId number of the segment's file
 * @param endOffset its logical end: bytes past it are never read; {@link #OPEN} while none is
 *     recorded
 * @param lastVersion the newest version with bytes before that end; 0 while none is recorded
 */
public record AdoptedSegment(long fileId, long endOffset, long lastVersion) {
  /** The end of a segment for which none is recorded. */
  public static final long OPEN = -1;

  /** Returns a segment without a recorded end. */
  public static AdoptedSegment open(long fileId) {
    return new AdoptedSegment(fileId, OPEN, 0);
  }

  /** Whether no end is recorded, so that the segment may hold a torn tail. */
  public boolean isOpen() {
    return endOffset == OPEN;
  }

  LogPosition end() {
    return new LogPosition(fileId, endOffset);
  }
}

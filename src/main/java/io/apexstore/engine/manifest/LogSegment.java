package io.apexstore.engine.manifest;

/**
 * A segment of the log that the manifest has adopted. Segments that it has not are never read.
 *
 * @param fileId number of the file
 * @param endOffset bytes past which nothing is ever read, {@link #OPEN} while it may still grow
 * @param lastVersion the newest version within those bytes, 0 while it is open
 */
public record LogSegment(long fileId, long endOffset, long lastVersion) {
  /** The end of a segment that has none yet. */
  public static final long OPEN = -1;

  /** Returns a segment that was just adopted. */
  public static LogSegment open(long fileId) {
    return new LogSegment(fileId, OPEN, 0);
  }

  /** Whether it may still grow. */
  public boolean isOpen() {
    return endOffset == OPEN;
  }
}

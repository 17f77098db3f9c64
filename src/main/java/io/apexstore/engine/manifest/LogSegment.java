package io.apexstore.engine.manifest;

import io.apexstore.engine.file.EncryptionTag;

/**
 * A segment of the log that the manifest has adopted. Segments that it has not are never read.
 *
 * @param fileId number of the file
 * @param endOffset bytes past which nothing is ever read, {@link #OPEN} while it may still grow
 * @param lastVersion the newest version within those bytes, 0 while it is open
 * @param key what it is encrypted with
 */
public record LogSegment(long fileId, long endOffset, long lastVersion, EncryptionTag key) {
  /** The end of a segment that has none yet. */
  public static final long OPEN = -1;

  /** Returns a segment that was just adopted. */
  public static LogSegment open(long fileId, EncryptionTag key) {
    return new LogSegment(fileId, OPEN, 0, key);
  }

  /** Returns the same segment with its end. */
  LogSegment endedAt(long newEndOffset, long newLastVersion) {
    return new LogSegment(fileId, newEndOffset, newLastVersion, key);
  }

  /** Whether it may still grow. */
  public boolean isOpen() {
    return endOffset == OPEN;
  }
}

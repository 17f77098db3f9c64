package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.EncryptionTag;

/**
 * A log segment that belongs to the store. A segment that the manifest does not contain is never
 * read.
 *
 * @param fileId number of the file
 * @param endOffset logical end: bytes past this offset are never read; {@link #OPEN} while the
 *     segment may still grow
 * @param lastVersion the newest version in the segment, 0 while it is open
 * @param encryption identifies the key that the file is encrypted with
 */
public record LogSegment(long fileId, long endOffset, long lastVersion, EncryptionTag encryption) {
  /** The end offset of a segment that may still grow. */
  static final long OPEN = -1;

  /** Returns an open segment. */
  static LogSegment open(long fileId, EncryptionTag encryption) {
    return new LogSegment(fileId, OPEN, 0, encryption);
  }

  /** Returns the same segment with its logical end. */
  LogSegment endedAt(long newEndOffset, long newLastVersion) {
    return new LogSegment(fileId, newEndOffset, newLastVersion, encryption);
  }

  /** Returns whether the segment may still grow. */
  boolean isOpen() {
    return endOffset == OPEN;
  }
}

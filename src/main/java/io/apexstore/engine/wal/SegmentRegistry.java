package io.apexstore.engine.wal;

import java.io.IOException;
import java.util.List;

/**
 * Where the log has recorded which segments it consists of: the manifest, seen from the log.
 *
 * <p><b>Threads:</b> the log calls it from its writer, its background executor, the caller of
 * {@link FileCommitLog#flushedTo} and the one of {@link FileCommitLog#close}, with locks of its own
 * held: an implementation must not call the log back.
 */
public interface SegmentRegistry {
  /**
   * Records that the segment belongs to the log, durably before this returns. Its file is made and
   * synced. The log repeats the call after a {@link io.apexstore.engine.io.DiskFullException}, so
   * it may have been recorded before.
   */
  void adopt(long fileId) throws IOException;

  /**
   * Records the logical end of a segment whose bytes are durable, and to which nothing is written
   * any more, durably before this returns. Of a full segment recovery finds the end by itself, only
   * slower; after a {@link io.apexstore.engine.io.DiskFullException} nothing is recorded.
   *
   * @param endOffset bytes past this offset of the file are not read any more
   * @param lastVersion the newest version with bytes in the segment
   */
  void ended(long fileId, long endOffset, long lastVersion) throws IOException;

  /**
   * Records that the segments do not belong to the log any more, durably before this returns. Their
   * files are recycled or deleted afterwards.
   */
  void dropped(List<Long> fileIds) throws IOException;
}

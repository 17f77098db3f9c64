package io.apexstore.engine.wal;

import java.io.IOException;
import java.util.List;

/**
 * The durable record of which segments a log consists of. The engine implements it with the
 * manifest.
 *
 * <p><b>Threads:</b> the log calls it from its writer, its background executor, the caller of
 * {@link FileCommitLog#flushedTo} and the caller of {@link FileCommitLog#close}, while it holds its
 * own locks. An implementation must not call the log.
 */
public interface SegmentRegistry {
  /**
   * Records durably that the segment belongs to the log. Its file has been created and synced. The
   * log repeats the call after a {@link io.apexstore.engine.io.RetryableIoException}, so the
   * adoption may be recorded already.
   */
  void recordAdopted(long fileId) throws IOException;

  /**
   * Records durably the logical end of a segment whose bytes are durable and that is no longer
   * written. After a {@link io.apexstore.engine.io.RetryableIoException} nothing is recorded;
   * recovery then finds the end of a full segment itself, only more slowly.
   *
   * @param endOffset bytes past this offset of the file are never read
   * @param lastVersion the newest version with bytes in the segment
   */
  void recordEnd(long fileId, long endOffset, long lastVersion) throws IOException;

  /**
   * Records durably that the segments no longer belong to the log. Their files are recycled or
   * deleted afterwards.
   */
  void recordDropped(List<Long> fileIds) throws IOException;
}

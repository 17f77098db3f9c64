package io.apexstore.engine.wal;

import java.util.List;

/**
 * The decision which closed segments are dropped. A pure function; {@link RetainedSegments} carries
 * it out.
 *
 * <p>Segments are dropped from the oldest on, so the log never has a gap. The oldest is dropped if
 * all of this is true: every commit in it is in tables; the closed segments together exceed the
 * retention in bytes; its youngest commit is older than the retention in time; and no consumer
 * holds it, or the closed segments exceed the bytes kept for consumers. The first segment that is
 * kept ends the decision.
 */
final class LogRetention {
  private LogRetention() {}

  /**
   * A closed segment.
   *
   * @param fileId number of the file
   * @param fileBytes bytes that it occupies on disk
   * @param lastVersion the newest version with bytes in it
   * @param lastCommitTimeMs time of its youngest commit, or a later time, in ms since the epoch
   */
  record Closed(long fileId, long fileBytes, long lastVersion, long lastCommitTimeMs) {}

  /** A decision. */
  sealed interface Choice {
    /**
     * No segment is dropped.
     *
     * @param reason why the oldest is kept
     */
    record Keep(Reason reason) implements Choice {}

    /**
     * These segments are dropped, in this order.
     *
     * @param fileIds oldest first, at least one
     * @param reason why the next one is kept
     */
    record Drop(List<Long> fileIds, Reason reason) implements Choice {
      /** Copies the list. */
      public Drop {
        fileIds = List.copyOf(fileIds);
      }
    }
  }

  /** The reason why the oldest remaining segment is kept. */
  enum Reason {
    /** No segment remains. */
    NONE_LEFT,
    /** It contains commits that are not in tables. */
    NOT_FLUSHED,
    /** The closed segments do not exceed the retention in bytes. */
    WITHIN_BYTES,
    /** It contains commits younger than the retention in time. */
    WITHIN_TIME,
    /** A consumer has not read it yet. */
    HELD
  }

  /**
   * Decides which segments are dropped.
   *
   * @param closed closed segments, oldest first
   * @param flushedVersion every commit up to this version is in tables
   * @param retentionBytes see {@link LogOptions}
   * @param retentionMs see {@link LogOptions}
   * @param nowMs the current time, ms since the epoch
   * @param heldVersion consumers need the commits above this version
   * @param heldBytesMax maximum bytes of closed segments that are kept for consumers
   */
  static Choice choose(
      List<Closed> closed,
      long flushedVersion,
      long retentionBytes,
      long retentionMs,
      long nowMs,
      long heldVersion,
      long heldBytesMax) {
    long bytes = closed.stream().mapToLong(Closed::fileBytes).sum();
    int dropped = 0;
    Reason reason = Reason.NONE_LEFT;
    for (Closed oldest : closed) {
      if (oldest.lastVersion() > flushedVersion) {
        reason = Reason.NOT_FLUSHED;
        break;
      }
      if (bytes <= retentionBytes) {
        reason = Reason.WITHIN_BYTES;
        break;
      }
      if (retentionMs > 0 && nowMs - oldest.lastCommitTimeMs() < retentionMs) {
        reason = Reason.WITHIN_TIME;
        break;
      }
      if (oldest.lastVersion() > heldVersion && bytes <= heldBytesMax) {
        reason = Reason.HELD;
        break;
      }
      bytes -= oldest.fileBytes();
      dropped++;
    }
    return dropped == 0
        ? new Choice.Keep(reason)
        : new Choice.Drop(closed.subList(0, dropped).stream().map(Closed::fileId).toList(), reason);
  }
}

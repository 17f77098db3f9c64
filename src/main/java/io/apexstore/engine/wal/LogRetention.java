package io.apexstore.engine.wal;

import java.util.List;

/**
 * Decides which closed segments go. A pure function; {@link RetainedSegments} acts on it.
 *
 * <p>Segments go from the oldest on, so the log never has a gap. The oldest goes if every commit in
 * it is in tables, and it is past both retentions: the closed segments together hold more bytes
 * than are to be kept, and its youngest commit is older than the time for which commits are kept.
 * The first that stays ends the choice.
 */
public final class LogRetention {
  private LogRetention() {}

  /**
   * A closed segment.
   *
   * @param fileId number of the file
   * @param fileBytes bytes it occupies on disk
   * @param lastVersion the newest version with bytes in it
   * @param lastCommitTimeMs time of its youngest commit, or later
   */
  public record Closed(long fileId, long fileBytes, long lastVersion, long lastCommitTimeMs) {}

  /** What was decided. */
  public sealed interface Choice {
    /** No segment goes. */
    record Keep(Reason reason) implements Choice {}

    /**
     * These segments go, in this order.
     *
     * @param fileIds oldest first, at least one
     * @param reason why the next one stays
     */
    record Drop(List<Long> fileIds, Reason reason) implements Choice {
      /** Copies the list. */
      public Drop {
        fileIds = List.copyOf(fileIds);
      }
    }
  }

  /** Why the oldest segment that stays stays. */
  public enum Reason {
    /** There is none. */
    NONE_LEFT,
    /** It holds commits that are not in tables. */
    NOT_FLUSHED,
    /** The closed segments fit in the bytes to be kept. */
    WITHIN_BYTES,
    /** It holds commits younger than the time for which they are kept. */
    WITHIN_TIME,
    /** A consumer has still to read it. */
    HELD
  }

  /**
   * Chooses.
   *
   * @param closed closed segments, oldest first
   * @param flushedVersion every commit up to this version is in tables
   * @param retentionBytes see {@link LogOptions}
   * @param retentionMs see {@link LogOptions}
   * @param nowMs the time now, ms since the epoch
   * @param heldVersion consumers need the commits above this version
   * @param heldBytesMax most bytes of closed segments that are kept for them
   */
  public static Choice choose(
      List<Closed> closed,
      long flushedVersion,
      long retentionBytes,
      long retentionMs,
      long nowMs,
      long heldVersion,
      long heldBytesMax) {
    long bytes = closed.stream().mapToLong(Closed::fileBytes).sum();
    int gone = 0;
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
      gone++;
    }
    return gone == 0
        ? new Choice.Keep(reason)
        : new Choice.Drop(closed.subList(0, gone).stream().map(Closed::fileId).toList(), reason);
  }
}

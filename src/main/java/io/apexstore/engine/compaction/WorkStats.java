package io.apexstore.engine.compaction;

import java.util.concurrent.atomic.LongAdder;

/**
 * Sums of what flushes and compactions did since the store was opened.
 *
 * <p><b>Threads:</b> any.
 */
public final class WorkStats {
  private final LongAdder flushes = new LongAdder();
  private final LongAdder flushedBytes = new LongAdder();
  private final LongAdder flushNanos = new LongAdder();
  private final LongAdder compactions = new LongAdder();
  private final LongAdder moves = new LongAdder();
  private final LongAdder compactionBytesRead = new LongAdder();
  private final LongAdder compactionBytesWritten = new LongAdder();
  private final LongAdder compactionNanos = new LongAdder();
  private final LongAdder entriesDropped = new LongAdder();

  /** Makes sums of nothing. */
  public WorkStats() {}

  /** Adds a flush. */
  public void addFlush(JobStats job) {
    flushes.increment();
    flushedBytes.add(job.bytesWritten());
    flushNanos.add(job.durationNanos());
    entriesDropped.add(job.entriesRead() - job.entriesWritten());
  }

  /** Adds a compaction that merged tables. */
  public void addCompaction(JobStats job) {
    compactions.increment();
    compactionBytesRead.add(job.bytesRead());
    compactionBytesWritten.add(job.bytesWritten());
    compactionNanos.add(job.durationNanos());
    entriesDropped.add(job.entriesRead() - job.entriesWritten());
  }

  /** Adds a compaction that only gave tables another level. */
  public void addMove() {
    moves.increment();
  }

  /** Returns the sums; those of work that ends meanwhile may be in some and not in others. */
  public Sums sums() {
    return new Sums(
        flushes.sum(),
        flushedBytes.sum(),
        flushNanos.sum(),
        compactions.sum(),
        moves.sum(),
        compactionBytesRead.sum(),
        compactionBytesWritten.sum(),
        compactionNanos.sum(),
        entriesDropped.sum());
  }

  /**
   * The sums at one moment.
   *
   * @param flushes memtables flushed
   * @param flushedBytes bytes that flushes wrote to tables
   * @param flushNanos time spent in flushes
   * @param compactions merges
   * @param moves moves of tables that needed no merge
   * @param compactionBytesRead bytes of tables that merges read
   * @param compactionBytesWritten bytes of tables that merges wrote
   * @param compactionNanos time spent in merges
   * @param entriesDropped entries that flushes and merges left out
   */
  public record Sums(
      long flushes,
      long flushedBytes,
      long flushNanos,
      long compactions,
      long moves,
      long compactionBytesRead,
      long compactionBytesWritten,
      long compactionNanos,
      long entriesDropped) {}
}

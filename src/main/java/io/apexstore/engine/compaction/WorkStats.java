package io.apexstore.engine.compaction;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of flushes and compactions since the store was opened.
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

  /** Creates counters that are 0. */
  public WorkStats() {}

  /** Counts the flush of some memtables. */
  public void addFlush(JobStats job, int memtables) {
    flushes.add(memtables);
    flushedBytes.add(job.bytesWritten());
    flushNanos.add(job.durationNanos());
    entriesDropped.add(job.entriesRead() - job.entriesWritten());
  }

  /** Counts a compaction that merged tables. */
  public void addCompaction(JobStats job) {
    compactions.increment();
    compactionBytesRead.add(job.bytesRead());
    compactionBytesWritten.add(job.bytesWritten());
    compactionNanos.add(job.durationNanos());
    entriesDropped.add(job.entriesRead() - job.entriesWritten());
  }

  /** Counts a compaction that wrote no table: a move or a drop. */
  public void addMove() {
    moves.increment();
  }

  /**
   * Returns the sums. Work that ends meanwhile may be counted in some of them and not in others.
   */
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
   * @param flushes memtables that were flushed
   * @param flushedBytes bytes that flushes wrote to tables
   * @param flushNanos time spent in flushes, in ns
   * @param compactions merges
   * @param moves moves and drops of tables, which write no table
   * @param compactionBytesRead bytes of the input tables of merges
   * @param compactionBytesWritten bytes of the output tables of merges
   * @param compactionNanos time spent in merges, in ns
   * @param entriesDropped entries that flushes and merges read and did not keep
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

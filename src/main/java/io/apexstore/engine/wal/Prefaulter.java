package io.apexstore.engine.wal;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A background task that prefaults the pages that the log will write next, so that the writer, for
 * which all others wait, does not take a page fault at the first store to each page.
 *
 * <p>Prefaulting makes a page dirty, so the next sync writes the page once more than needed.
 * Therefore this starts only when much was written since the last sync; a log that is synced after
 * each group pays nothing.
 *
 * <p><b>Threads:</b> {@link #written} by the log's writer; {@link #stop} by any.
 */
final class Prefaulter {
  /** Maximum distance from the writer to the end of the prefaulted pages. */
  static final long AHEAD_BYTES = 2L << 20;

  /** Bytes that are prefaulted at a time, and that must have been written without a sync. */
  static final long STEP_BYTES = 1L << 20;

  private final BackgroundTask task;
  private final AtomicReference<@Nullable PageRange> due = new AtomicReference<>();

  // Used only by the writer.
  private @Nullable LiveSegment segment;
  private long prefaultedTo;

  private record PageRange(LiveSegment segment, long from, long to) {}

  Prefaulter(Executor background) {
    this.task = new BackgroundTask(background, this::prefault);
  }

  /** Enables background work. */
  void start() {
    task.start();
  }

  /** Notifies this task of the writer's segment and of how many written bytes are not synced. */
  void written(LiveSegment active, long unsyncedBytes) {
    if (unsyncedBytes < STEP_BYTES) {
      return;
    }
    if (segment != active) {
      segment = active;
      prefaultedTo = 0;
    }
    long offset = active.offset;
    if (offset + AHEAD_BYTES - STEP_BYTES < prefaultedTo || prefaultedTo >= active.sizeBytes) {
      return;
    }
    long from = Math.max(prefaultedTo, offset);
    prefaultedTo = Math.min(offset + AHEAD_BYTES, active.sizeBytes);
    due.set(new PageRange(active, from, prefaultedTo));
    task.schedule();
  }

  /** Waits for the end of the current work, and prevents any further work. */
  void stop() {
    task.stop();
  }

  private void prefault() {
    PageRange range = due.getAndSet(null);
    if (range != null) {
      range.segment.region.prefault(range.from, range.to);
    }
  }
}

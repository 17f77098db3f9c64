package io.apexstore.engine.wal;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Has the pages that the log comes to next made ready in the background, so that the writer, behind
 * whom all others wait, does not meet the fault of each page's first store.
 *
 * <p>A page made ready counts as changed, and the next sync writes it once more than needed. So
 * this begins only where much was written since the last sync, and a log that is synced after each
 * group pays nothing.
 *
 * <p><b>Threads:</b> {@link #written} by the log's writer; {@link #stop} by any.
 */
final class PagesAhead {
  /** How far before the writer pages are ready, at most. */
  static final long AHEAD_BYTES = 2L << 20;

  /** How much is made ready at a time, and must have been written without a sync. */
  static final long STEP_BYTES = 1L << 20;

  private final BackgroundTask task;
  private final AtomicReference<@Nullable Stretch> due = new AtomicReference<>();

  // The writer's.
  private @Nullable LiveSegment segment;
  private long readyTo;

  private record Stretch(LiveSegment segment, long from, long to) {}

  PagesAhead(Executor background) {
    this.task = new BackgroundTask(background, this::makeReady);
  }

  /** Lets background work begin. */
  void start() {
    task.start();
  }

  /** Tells where the writer is, and how much of what it wrote is not synced. */
  void written(LiveSegment active, long unsyncedBytes) {
    if (unsyncedBytes < STEP_BYTES) {
      return;
    }
    if (segment != active) {
      segment = active;
      readyTo = 0;
    }
    long offset = active.offset;
    if (offset + AHEAD_BYTES - STEP_BYTES < readyTo || readyTo >= active.sizeBytes) {
      return;
    }
    long from = Math.max(readyTo, offset);
    readyTo = Math.min(offset + AHEAD_BYTES, active.sizeBytes);
    due.set(new Stretch(active, from, readyTo));
    task.schedule();
  }

  /** Waits for the end of what is under way; nothing is made ready any more. */
  void stop() {
    task.stop();
  }

  private void makeReady() {
    Stretch stretch = due.getAndSet(null);
    if (stretch != null) {
      stretch.segment.region.makeReady(stretch.from, stretch.to);
    }
  }
}

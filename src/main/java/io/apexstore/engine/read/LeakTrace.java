package io.apexstore.engine.read;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The place where a closeable object was opened, for the report of a leak.
 *
 * <p>Thread and time are always recorded. A stack trace costs microseconds, so it is recorded only
 * with assertions enabled, or when a leak is likely because many objects are open.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class LeakTrace {
  private static final boolean ASSERTIONS = LeakTrace.class.desiredAssertionStatus();
  private static final int FRAMES_MAX = 12;

  private final String thread;
  private final long openedMs;
  private final @Nullable Throwable stack;

  private LeakTrace(String thread, long openedMs, @Nullable Throwable stack) {
    this.thread = thread;
    this.openedMs = openedMs;
    this.stack = stack;
  }

  /**
   * Records the caller.
   *
   * @param nowMs the time, in ms since the epoch
   * @param leakLikely whether to record the stack even without assertions
   */
  public static LeakTrace here(long nowMs, boolean leakLikely) {
    return new LeakTrace(
        Thread.currentThread().getName(),
        nowMs,
        ASSERTIONS || leakLikely ? new Throwable("opened here") : null);
  }

  @Override
  public String toString() {
    String place = "by thread " + thread + " at " + java.time.Instant.ofEpochMilli(openedMs);
    Throwable at = stack;
    if (at == null) {
      return place + " (run with -ea to see where)";
    }
    return Arrays.stream(at.getStackTrace())
        .filter(frame -> !frame.getClassName().startsWith("io.apexstore.engine."))
        .limit(FRAMES_MAX)
        .map(frame -> "\n    at " + frame)
        .collect(Collectors.joining("", place, ""));
  }
}

package io.apexstore.engine.read;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where something that must be closed was opened, for the report when it was not.
 *
 * <p>The thread and time are always known. The stack costs microseconds, so it is taken only where
 * that does not matter or a leak is likely: with assertions on, and once many are open.
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
   * Notes the caller's place.
   *
   * @param leakLikely whether the stack is worth its cost
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

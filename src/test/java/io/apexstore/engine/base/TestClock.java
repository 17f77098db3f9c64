package io.apexstore.engine.base;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The clock of tests: wall time and elapsed time that change only when a test advances them, or
 * that are the system's.
 *
 * <p><b>Threads:</b> any.
 */
public final class TestClock implements TimeSource {
  private final boolean wallIsSystem;
  private final boolean elapsedIsSystem;
  private final AtomicLong wallMs;
  private final AtomicLong elapsedNanos;
  private final AtomicReference<@Nullable Runnable> onWallRead = new AtomicReference<>();

  private TestClock(boolean wallIsSystem, boolean elapsedIsSystem, long wallMs, long elapsedNanos) {
    this.wallIsSystem = wallIsSystem;
    this.elapsedIsSystem = elapsedIsSystem;
    this.wallMs = new AtomicLong(wallMs);
    this.elapsedNanos = new AtomicLong(elapsedNanos);
  }

  /** Returns a clock that stands still until it is advanced. */
  public static TestClock at(long wallMs) {
    return new TestClock(false, false, wallMs, TimeUnit.MILLISECONDS.toNanos(wallMs));
  }

  /** Returns a clock that stands still and whose elapsed time begins at some nanoseconds. */
  public static TestClock atElapsedNanos(long nanos) {
    return new TestClock(false, false, 0, nanos);
  }

  /**
   * Returns a clock whose wall time stands still until it is advanced, while elapsed time is the
   * system's: for stores with threads of their own, which wait for time to pass.
   */
  public static TestClock wallAt(long wallMs) {
    return new TestClock(false, true, wallMs, 0);
  }

  /** Returns the system's clock, for tests that only watch when it is read. */
  public static TestClock system() {
    return new TestClock(true, true, 0, 0);
  }

  /** Runs an action each time that the wall time is read, before it is; null: none. */
  public TestClock onWallRead(@Nullable Runnable action) {
    onWallRead.set(action);
    return this;
  }

  /** Advances wall time and elapsed time. */
  public void advance(long ms) {
    wallMs.addAndGet(ms);
    elapsedNanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
  }

  /** Advances the elapsed time alone. */
  public void advanceNanos(long nanos) {
    elapsedNanos.addAndGet(nanos);
  }

  /** Sets the wall time, as an administrator would; the elapsed time stays. */
  public void setWall(long ms) {
    wallMs.set(ms);
  }

  /** Returns the wall time that was set, without running the action of {@link #onWallRead}. */
  public long wallMs() {
    return wallMs.get();
  }

  @Override
  public long currentTimeMs() {
    Runnable action = onWallRead.get();
    if (action != null) {
      action.run();
    }
    return wallIsSystem ? System.currentTimeMillis() : wallMs.get();
  }

  @Override
  public long nanoTime() {
    return elapsedIsSystem ? System.nanoTime() : elapsedNanos.get();
  }
}

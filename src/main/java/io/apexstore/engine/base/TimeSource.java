package io.apexstore.engine.base;

/**
 * Where the engine gets its time from; a component, so that tests decide what time it is.
 *
 * <p><b>Threads:</b> any.
 */
public interface TimeSource {
  /** The system's clocks. */
  TimeSource SYSTEM =
      new TimeSource() {
        @Override
        public long currentTimeMs() {
          return System.currentTimeMillis();
        }

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }
      };

  /** Returns the wall-clock time in milliseconds since the epoch; it may run back. */
  long currentTimeMs();

  /** Returns a time in nanoseconds that never runs back, with an arbitrary origin. */
  long nanoTime();
}

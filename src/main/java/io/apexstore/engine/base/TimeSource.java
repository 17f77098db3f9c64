package io.apexstore.engine.base;

/**
 * The clock of the engine, a component that tests replace.
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

  /** Returns the wall-clock time in milliseconds since the epoch; it can run backwards. */
  long currentTimeMs();

  /** Returns a time in nanoseconds that never runs backwards, from an arbitrary origin. */
  long nanoTime();
}

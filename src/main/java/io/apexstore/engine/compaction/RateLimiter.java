package io.apexstore.engine.compaction;

/**
 * The rate that background work is held to, so that it does not take all of the disk.
 *
 * <p><b>Threads:</b> any.
 */
@FunctionalInterface
public interface RateLimiter {
  /** No limit: no one waits. */
  RateLimiter UNLIMITED = bytes -> {};

  /** Waits until the caller may process this many more bytes of entries. */
  void acquire(long bytes);

  /** Counts bytes of work that does not wait. */
  default void charge(long bytes) {}

  /** The total time that callers have waited, in ns. */
  default long waitedNanos() {
    return 0;
  }
}

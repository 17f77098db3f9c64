package io.apexstore.engine.compaction;

/**
 * Keeps background work from taking all of the disk.
 *
 * <p><b>Threads:</b> any.
 */
@FunctionalInterface
public interface RateLimiter {
  /** Lets everything through at once. */
  RateLimiter UNLIMITED = bytes -> {};

  /** Waits until the caller may go through so many more bytes of entries. */
  void acquire(long bytes);

  /** Counts bytes of work that does not wait. */
  default void charge(long bytes) {}

  /** For how long callers have waited, in ns, all together. */
  default long waitedNanos() {
    return 0;
  }
}

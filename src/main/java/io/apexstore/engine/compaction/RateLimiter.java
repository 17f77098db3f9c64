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

  /** Waits until the caller may read and write so many more bytes. */
  void acquire(long bytes);
}

package io.apexstore.bench.pause;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The CPU clock of a thread, from Linux: how long it ran, and how long it was ready to run without
 * a core. The rest of the time it waited.
 *
 * @param ranNanos ns on a core, including the work of the kernel for it
 * @param queuedNanos ns in the queue for a core
 */
record ThreadClock(long ranNanos, long queuedNanos) {
  private static final Path SCHEDSTAT = Path.of("/proc/thread-self/schedstat");
  private static final boolean READABLE = Files.isReadable(SCHEDSTAT);

  /** Reads the clock of the calling thread; zeros on other systems. Takes a few µs. */
  static ThreadClock now() {
    if (READABLE) {
      try {
        String[] numbers = Files.readString(SCHEDSTAT).strip().split(" ", -1);
        return new ThreadClock(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
      } catch (IOException e) {
        return new ThreadClock(0, 0);
      }
    }
    return new ThreadClock(0, 0);
  }

  ThreadClock minus(ThreadClock before) {
    return new ThreadClock(ranNanos - before.ranNanos, queuedNanos - before.queuedNanos);
  }
}

package io.apexstore.bench.pause;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What Linux says of the calling thread: how long it ran, and how long it could have run and got no
 * core. The rest of the time it waited for something.
 *
 * @param ranNanos ns on a core, the kernel's work for it included
 * @param queuedNanos ns in the queue for one
 */
record ThreadClock(long ranNanos, long queuedNanos) {
  private static final Path SCHEDSTAT = Path.of("/proc/thread-self/schedstat");
  private static final boolean READABLE = Files.isReadable(SCHEDSTAT);

  /** Reads it for the calling thread; zeros where the system does not tell. A few µs. */
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

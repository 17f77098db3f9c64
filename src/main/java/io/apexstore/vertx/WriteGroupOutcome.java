package io.apexstore.vertx;

import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What became of each write of a {@link WriteGroup}.
 *
 * <p><b>Threads:</b> {@link #ended} any, once for each write; the rest only after {@code whenAll}
 * was called. <b>Invariants:</b> each slot is written once, before the count that the last caller
 * brings to zero; so whoever is handed the outcome sees all slots.
 */
final class WriteGroupOutcome {
  private final long[] versions;
  private final @Nullable Throwable[] failures;
  private final AtomicInteger remaining;
  private final Consumer<WriteGroupOutcome> whenAll;

  WriteGroupOutcome(int writes, Consumer<WriteGroupOutcome> whenAll) {
    this.versions = new long[writes];
    this.failures = new Throwable[writes];
    this.remaining = new AtomicInteger(writes);
    this.whenAll = whenAll;
  }

  void ended(int index, @Nullable Long version, @Nullable Throwable failure) {
    if (version != null) {
      versions[index] = version;
    } else {
      failures[index] =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
    }
    if (remaining.decrementAndGet() == 0) {
      whenAll.accept(this);
    }
  }

  long version(int index) {
    return versions[index];
  }

  @Nullable Throwable failure(int index) {
    return failures[index];
  }
}

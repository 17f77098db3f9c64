package io.apexstore.vertx;

import io.apexstore.error.Causes;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The version or failure of each write of a {@link WriteGroup}.
 *
 * <p><b>Threads:</b> {@link #complete} any, once for each write; the other methods only after
 * {@code onComplete} was called. <b>Invariants:</b> each slot is written once, before the counter
 * is decremented. The call that brings the counter to zero passes the outcome on, so its receiver
 * sees all slots.
 */
final class WriteGroupOutcome {
  private final long[] versions;
  private final @Nullable Throwable[] failures;
  private final AtomicInteger remaining;
  private final Consumer<WriteGroupOutcome> onComplete;

  WriteGroupOutcome(int writes, Consumer<WriteGroupOutcome> onComplete) {
    this.versions = new long[writes];
    this.failures = new Throwable[writes];
    this.remaining = new AtomicInteger(writes);
    this.onComplete = onComplete;
  }

  void complete(int index, @Nullable Long version, @Nullable Throwable failure) {
    if (version != null) {
      versions[index] = version;
    } else {
      failures[index] = failure == null ? null : Causes.unwrap(failure);
    }
    if (remaining.decrementAndGet() == 0) {
      onComplete.accept(this);
    }
  }

  long version(int index) {
    return versions[index];
  }

  @Nullable Throwable failure(int index) {
    return failures[index];
  }
}

package io.apexstore;

import io.apexstore.engine.commit.Backoff;
import io.apexstore.error.ApexException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Read, decide, write if nothing changed; again if something did. */
final class Updates {
  private static final int COUNTER_BYTES_MAX = 20;

  private Updates() {}

  static byte @Nullable [] update(
      ApexStore store, Keyspace keyspace, byte[] key, UnaryOperator<byte @Nullable []> change) {
    return untilItHolds(
        attempt -> {
          VersionedValue old = keyspace.readForWrite(key);
          byte @Nullable [] changed = change.apply(old == null ? null : old.value());
          WriteBatch batch = store.newBatch();
          if (old == null) {
            batch.requireAbsent(keyspace, key);
          } else {
            batch.requireVersion(keyspace, key, old.version());
          }
          if (changed == null) {
            batch.delete(keyspace, key);
          } else {
            batch.put(keyspace, key, changed);
          }
          store.write(batch);
          return changed;
        });
  }

  static long increment(ApexStore store, Keyspace keyspace, byte[] key, long by) {
    return untilItHolds(
        attempt -> {
          VersionedValue old = keyspace.readForWrite(key);
          long sum = add(old == null ? null : old.value(), by);
          store.write(counted(store, keyspace, key, old, sum));
          return sum;
        });
  }

  // A counter that expires goes on expiring when it did.
  private static WriteBatch counted(
      ApexStore store, Keyspace keyspace, byte[] key, @Nullable VersionedValue old, long sum) {
    byte[] value = Long.toString(sum).getBytes(StandardCharsets.US_ASCII);
    WriteBatch batch = store.newBatch();
    if (old == null) {
      return batch.requireAbsent(keyspace, key).put(keyspace, key, value);
    }
    batch.requireVersion(keyspace, key, old.version());
    return old.expiresMs() == 0
        ? batch.put(keyspace, key, value)
        : batch.putUntil(keyspace, key, value, old.expiresMs());
  }

  static CompletionStage<IncrementResult> incrementAsync(
      ApexStore store, Keyspace keyspace, byte[] key, long by) {
    return incrementAsync(store, keyspace, key, by, 0);
  }

  private static CompletionStage<IncrementResult> incrementAsync(
      ApexStore store, Keyspace keyspace, byte[] key, long by, int attempt) {
    long sum;
    WriteBatch batch;
    try {
      VersionedValue old = keyspace.readForWrite(key);
      sum = add(old == null ? null : old.value(), by);
      batch = counted(store, keyspace, key, old, sum);
    } catch (ApexException e) {
      return CompletableFuture.failedStage(e);
    }
    return store
        .writeAsync(batch)
        .thenApply(version -> new IncrementResult(sum, version))
        .exceptionallyCompose(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException ? failure.getCause() : failure;
              boolean again =
                  cause instanceof ApexException e
                      && e.code() == ApexException.Code.CONDITION_FAILED;
              if (!again) {
                return CompletableFuture.failedStage(cause == null ? failure : cause);
              }
              if (attempt == Backoff.ATTEMPTS_MAX) {
                return CompletableFuture.failedStage(conflict((ApexException) cause));
              }
              // Elsewhere, for this thread may be the one that writes; and a little later.
              return CompletableFuture.supplyAsync(
                      () -> incrementAsync(store, keyspace, key, by, attempt + 1),
                      CompletableFuture.delayedExecutor(
                          Backoff.pauseNanos(attempt), TimeUnit.NANOSECONDS))
                  .thenCompose(stage -> stage);
            });
  }

  static ApexException conflict(@Nullable Throwable last) {
    return new ApexException(ApexException.Code.CONFLICT, Backoff.givenUp(), last);
  }

  /** Adds to a counter; see {@link Keyspace#increment}. */
  static long add(byte @Nullable [] counter, long by) {
    try {
      return Math.addExact(counter == null ? 0 : parse(counter), by);
    } catch (ArithmeticException e) {
      throw new ApexException(ApexException.Code.INVALID_REQUEST, "the sum is beyond 64 bits", e);
    }
  }

  /** Returns the number that a counter holds; see {@link Keyspace#increment}. */
  static long parse(byte[] counter) {
    if (counter.length <= COUNTER_BYTES_MAX) {
      try {
        return Long.parseLong(new String(counter, StandardCharsets.US_ASCII));
      } catch (NumberFormatException e) {
        // Answered below, without the value: it may be secret.
      }
    }
    throw new ApexException(
        ApexException.Code.INVALID_REQUEST,
        "the value of "
            + counter.length
            + " bytes is no counter: a whole number of at most 64 bits in decimal digits",
        null);
  }

  /**
   * Tries until an attempt does not fail for a condition, with pauses that grow.
   *
   * @param attempt takes the number of the attempt, from 0
   */
  static <R extends @Nullable Object> R untilItHolds(Function<Integer, R> attempt) {
    ApexException last = null;
    for (int i = 0; i < Backoff.ATTEMPTS_MAX; i++) {
      try {
        return attempt.apply(i);
      } catch (ApexException e) {
        if (e.code() != ApexException.Code.CONDITION_FAILED) {
          throw e;
        }
        last = e;
        Backoff.pause(i);
      }
    }
    throw conflict(last);
  }
}

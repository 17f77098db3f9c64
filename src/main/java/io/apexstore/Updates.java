package io.apexstore;

import io.apexstore.engine.commit.OptimisticWrite;
import io.apexstore.error.ApexException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Updates and counters: writes that are built from the value that a key has. */
final class Updates {
  private static final int COUNTER_BYTES_MAX = 20;

  private Updates() {}

  static byte @Nullable [] update(
      ApexStore store, Keyspace keyspace, byte[] key, UnaryOperator<byte @Nullable []> change) {
    return store.retry(
        () -> {
          VersionedValue old = keyspace.readForWrite(key);
          byte @Nullable [] changed = change.apply(old == null ? null : old.value());
          WriteBatch batch = store.newBatch().requireRead(keyspace, key, versionOf(old));
          if (changed == null) {
            batch.delete(keyspace, key);
          } else {
            batch.put(keyspace, key, changed);
          }
          store.tryWrite(batch);
          return changed;
        });
  }

  static long increment(ApexStore store, Keyspace keyspace, byte[] key, long by) {
    Increment increment = new Increment(store, keyspace, key, by);
    store.commit(increment);
    return increment.sum;
  }

  static CompletionStage<IncrementResult> incrementAsync(
      ApexStore store, Keyspace keyspace, byte[] key, long by) {
    Increment increment = new Increment(store, keyspace, key.clone(), by);
    return store
        .commitAsync(increment, keyspace)
        .thenApply(version -> new IncrementResult(increment.sum, version));
  }

  private static long versionOf(@Nullable VersionedValue value) {
    return value == null ? 0 : value.version();
  }

  /** An increment, with the sum of its last attempt. */
  private static final class Increment implements OptimisticWrite {
    private final ApexStore store;
    private final Keyspace keyspace;
    private final byte[] key;
    private final long by;
    private long sum;

    Increment(ApexStore store, Keyspace keyspace, byte[] key, long by) {
      this.store = store;
      this.keyspace = keyspace;
      this.key = key;
      this.by = by;
    }

    @Override
    public Prepared prepare() {
      VersionedValue old = keyspace.readForWrite(key);
      sum = add(old == null ? null : old.value(), by);
      byte[] value = Long.toString(sum).getBytes(StandardCharsets.US_ASCII);
      WriteBatch batch = store.newBatch().requireRead(keyspace, key, versionOf(old));
      if (old == null || old.expiresMs() == 0) {
        batch.put(keyspace, key, value);
      } else {
        batch.putKeepingExpiry(keyspace, key, value, old.expiresMs());
      }
      return new Prepared(batch.sealFor(store), batch.conditions());
    }
  }

  /** Adds to a counter; see {@link Keyspace#increment}. */
  static long add(byte @Nullable [] counter, long by) {
    try {
      return Math.addExact(counter == null ? 0 : parse(counter), by);
    } catch (ArithmeticException e) {
      throw new ApexException(ApexException.Code.INVALID_REQUEST, "the sum exceeds 64 bits", e);
    }
  }

  /** Returns the number that a counter contains; see {@link Keyspace#increment}. */
  static long parse(byte[] counter) {
    if (counter.length <= COUNTER_BYTES_MAX) {
      try {
        return Long.parseLong(new String(counter, StandardCharsets.US_ASCII));
      } catch (NumberFormatException e) {
        // Reported below, without the value, which may be secret.
      }
    }
    throw new ApexException(
        ApexException.Code.INVALID_REQUEST,
        "the value of "
            + counter.length
            + " bytes is no counter: a whole number of at most 64 bits in decimal digits",
        null);
  }
}

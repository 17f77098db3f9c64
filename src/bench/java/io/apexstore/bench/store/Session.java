package io.apexstore.bench.store;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way into a store. Each store gives a read value in the way that is cheapest for it,
 * and every read touches the value, so that giving it is part of the cost.
 *
 * <p><b>Threads:</b> confined to one. The caller may use its key array again after each call.
 */
public interface Session extends AutoCloseable {
  /** Stores a value as durably as the store was opened for. */
  void put(byte[] key, byte[] value) throws Exception;

  /** Stores a value without waiting for it. */
  default CompletionStage<?> putAsync(byte[] key, byte[] value) throws Exception {
    throw new UnsupportedOperationException("this store has no asynchronous put");
  }

  /** Stores a value that expires after a time. */
  default void putExpiring(byte[] key, byte[] value, Duration ttl) throws Exception {
    throw new UnsupportedOperationException("in this store nothing expires");
  }

  /** Reads a value and puts another in its place, unless somebody else has meanwhile. */
  default void replace(byte[] key, byte[] value) throws Exception {
    throw new UnsupportedOperationException("this store has no conditions");
  }

  /** Reads a value and touches it; false if there is none. */
  boolean get(byte[] key) throws Exception;

  /** Reads a value as an array of its own, to look at it; null if there is none. Not measured. */
  byte @Nullable [] value(byte[] key) throws Exception;

  /** Walks over up to that many entries from the key on, touching keys and values. */
  int scan(byte[] from, int count) throws Exception;

  /** Walks backwards over up to that many entries before the key; some give the key itself too. */
  int scanReverse(byte[] before, int count) throws Exception;

  /** What the reads touched, folded, so that no compiler can leave them out. */
  long touched();

  @Override
  default void close() {}
}

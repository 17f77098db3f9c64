package io.apexstore.bench.store;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The access of one thread to a store. Each store returns a value in its cheapest way, and every
 * read touches the value, so that returning it is part of the cost.
 *
 * <p><b>Threads:</b> confined to one. The caller may reuse its key array after each call.
 */
public interface Session extends AutoCloseable {
  /** Puts a value, as durable as the settings of the store. */
  void put(byte[] key, byte[] value) throws Exception;

  /** Puts a value without waiting for it. */
  default CompletionStage<?> putAsync(byte[] key, byte[] value) throws Exception {
    throw new UnsupportedOperationException("this store has no asynchronous put");
  }

  /** Puts a value that expires after this time. */
  default void putExpiring(byte[] key, byte[] value, Duration ttl) throws Exception {
    throw new UnsupportedOperationException("this store has no expiry");
  }

  /** Reads a value and replaces it if it is unchanged; tries again otherwise. */
  default void replace(byte[] key, byte[] value) throws Exception {
    throw new UnsupportedOperationException("this store has no conditions");
  }

  /** Reads a value and touches it; returns false if there is none. */
  boolean get(byte[] key) throws Exception;

  /** Reads a value as a new array; null if there is none. Not measured. */
  byte @Nullable [] value(byte[] key) throws Exception;

  /** Iterates over at most this many entries from the key, and touches keys and values. */
  int scan(byte[] from, int count) throws Exception;

  /** Iterates backwards over at most this many entries before the key; some include the key. */
  int scanReverse(byte[] before, int count) throws Exception;

  /** A checksum of the touched bytes, so that no compiler can eliminate the reads. */
  long touched();

  @Override
  default void close() {}
}

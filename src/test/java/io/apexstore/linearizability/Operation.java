package io.apexstore.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * One call on one key, with what it answered.
 *
 * @param kind what was asked
 * @param expected the value that a compare-and-set expected; null: none
 * @param value the value written, or the one that a get gave; null: none
 * @param outcome how it ended
 * @param invokedAt when it was called
 * @param returnedAt when it answered, on the same clock; {@link Long#MAX_VALUE} if it never did
 */
record Operation(
    Kind kind,
    @Nullable String expected,
    @Nullable String value,
    Outcome outcome,
    long invokedAt,
    long returnedAt) {

  /** What was asked. */
  enum Kind {
    GET,
    PUT,
    DELETE,
    COMPARE_AND_SET
  }

  /** How it ended. */
  enum Outcome {
    DONE,
    /** A compare-and-set that found another value. */
    REFUSED,
    /** Nobody knows whether it was done: it may have been, at any time after it was called. */
    UNKNOWN
  }

  static Operation get(@Nullable String found, long invokedAt, long returnedAt) {
    return new Operation(Kind.GET, null, found, Outcome.DONE, invokedAt, returnedAt);
  }

  static Operation put(String value, long invokedAt, long returnedAt) {
    return new Operation(Kind.PUT, null, value, Outcome.DONE, invokedAt, returnedAt);
  }

  static Operation delete(long invokedAt, long returnedAt) {
    return new Operation(Kind.DELETE, null, null, Outcome.DONE, invokedAt, returnedAt);
  }

  static Operation compareAndSet(
      @Nullable String expected, String value, boolean done, long invokedAt, long returnedAt) {
    Outcome outcome = done ? Outcome.DONE : Outcome.REFUSED;
    return new Operation(Kind.COMPARE_AND_SET, expected, value, outcome, invokedAt, returnedAt);
  }

  /** Returns the same call without an answer. */
  Operation unanswered() {
    return new Operation(kind, expected, value, Outcome.UNKNOWN, invokedAt, Long.MAX_VALUE);
  }
}

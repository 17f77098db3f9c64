package io.apexstore.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * A call on a key and its result.
 *
 * @param kind the kind of the call
 * @param expected the expected value of a compare-and-set; null: none
 * @param value the written value, or the result of a get; null: none
 * @param outcome the outcome
 * @param invokedAt the time of the invocation
 * @param returnedAt the time of the response, on the same clock; {@link Long#MAX_VALUE}: none
 */
record RecordedCall(
    Kind kind,
    @Nullable String expected,
    @Nullable String value,
    Outcome outcome,
    long invokedAt,
    long returnedAt) {

  /** The kind of a call. */
  enum Kind {
    GET,
    PUT,
    DELETE,
    COMPARE_AND_SET
  }

  /** The outcome of a call. */
  enum Outcome {
    DONE,
    /** A compare-and-set that found another value. */
    REFUSED,
    /** There is no response: the call may take effect at any time after its invocation. */
    UNKNOWN
  }

  static RecordedCall get(@Nullable String found, long invokedAt, long returnedAt) {
    return new RecordedCall(Kind.GET, null, found, Outcome.DONE, invokedAt, returnedAt);
  }

  static RecordedCall put(String value, long invokedAt, long returnedAt) {
    return new RecordedCall(Kind.PUT, null, value, Outcome.DONE, invokedAt, returnedAt);
  }

  static RecordedCall delete(long invokedAt, long returnedAt) {
    return new RecordedCall(Kind.DELETE, null, null, Outcome.DONE, invokedAt, returnedAt);
  }

  static RecordedCall compareAndSet(
      @Nullable String expected, String value, boolean done, long invokedAt, long returnedAt) {
    Outcome outcome = done ? Outcome.DONE : Outcome.REFUSED;
    return new RecordedCall(Kind.COMPARE_AND_SET, expected, value, outcome, invokedAt, returnedAt);
  }

  /** Returns the same call without a response. */
  RecordedCall unanswered() {
    return new RecordedCall(kind, expected, value, Outcome.UNKNOWN, invokedAt, Long.MAX_VALUE);
  }
}

package io.apexstore;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Common merge operators.
 *
 * <p><b>Threads:</b> any.
 */
public final class MergeOperators {
  private static final MergeOperator ADD_LONG =
      (key, existing, operand) ->
          Long.toString(Updates.add(existing, Updates.parse(operand)))
              .getBytes(StandardCharsets.US_ASCII);
  private static final MergeOperator APPEND =
      (key, existing, operand) -> existing == null ? operand : joined(existing, operand);
  private static final MergeOperator MAX =
      (key, existing, operand) ->
          existing == null || Arrays.compareUnsigned(existing, operand) < 0 ? operand : existing;

  private MergeOperators() {}

  /**
   * Returns an operator that adds the operand to a counter. Both are whole numbers of 64 bits in
   * decimal digits, as {@link Keyspace#increment} stores them; no value counts as 0. Anything else,
   * and a sum that exceeds 64 bits, fails with {@link io.apexstore.error.ApexException} {@code
   * INVALID_REQUEST}.
   */
  public static MergeOperator addLong() {
    return ADD_LONG;
  }

  /** Returns an operator that appends the operand to the value. */
  public static MergeOperator append() {
    return APPEND;
  }

  /** Returns an operator that keeps the greater of value and operand, in the order of keys. */
  public static MergeOperator max() {
    return MAX;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, Math.addExact(first.length, second.length));
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}

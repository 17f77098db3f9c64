package io.apexstore;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Merge operators for common needs.
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
   * Adds the operand to a counter; both are whole numbers of 64 bits in decimal digits, as {@link
   * Keyspace#increment} keeps them, and no value counts as 0. Anything else, and a sum beyond 64
   * bits, fails with {@link io.apexstore.error.ApexException} {@code INVALID_REQUEST}.
   */
  public static MergeOperator addLong() {
    return ADD_LONG;
  }

  /** Puts the operand's bytes behind those of the value. */
  public static MergeOperator append() {
    return APPEND;
  }

  /** Keeps what is greater, the value or the operand, byte by byte and unsigned, as keys are. */
  public static MergeOperator max() {
    return MAX;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, Math.addExact(first.length, second.length));
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}

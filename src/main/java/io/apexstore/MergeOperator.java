package io.apexstore;

import org.jspecify.annotations.Nullable;

/**
 * Makes the new value of a key of the one it has and an operand; see {@link
 * WriteBatch#merge(byte[], byte[], MergeOperator)} and, for ready-made ones, {@link
 * MergeOperators}.
 *
 * <p>What is logged, kept and shown to feeds is the value it made, as a plain put: neither the
 * operator nor the operand. So it may change from one run of the program to the next.
 *
 * <p><b>Threads:</b> any; it may be called again for the same merge, with a newer value, so it must
 * have no effects of its own. <b>Errors:</b> what it throws reaches whoever writes the batch as it
 * is, and nothing is stored.
 */
@FunctionalInterface
public interface MergeOperator {
  /**
   * Returns the new value. The arrays given are the operator's to change and to return; the one
   * returned is the store's from then on.
   *
   * @param existing the value that the key has; null: none
   * @return the new value; null: the key is deleted
   */
  byte @Nullable [] merge(byte[] key, byte @Nullable [] existing, byte[] operand);
}

package io.apexstore;

import org.jspecify.annotations.Nullable;

/**
 * A function that computes a key's new value from its current value and an operand; see {@link
 * WriteBatch#merge(byte[], byte[], MergeOperator)}. {@link MergeOperators} has common ones.
 *
 * <p>Only the resulting value is logged, stored and reported to feeds, as a plain put; the operator
 * and the operand are not. So an operator may change from one run of the program to the next.
 *
 * <p><b>Threads:</b> any. It may be called again for the same merge with a newer value, so it must
 * have no other effects. <b>Errors:</b> whatever it throws is thrown, unchanged, by the write of
 * the batch, and nothing is stored.
 */
@FunctionalInterface
public interface MergeOperator {
  /**
   * Returns the new value. The operator owns the given arrays and may change or return them; the
   * store owns the returned one.
   *
   * @param key the key
   * @param existing the key's current value; null: none
   * @param operand the operand of the merge
   * @return the new value; null: the key is deleted
   */
  byte @Nullable [] merge(byte[] key, byte @Nullable [] existing, byte[] operand);
}

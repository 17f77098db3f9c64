package io.apexstore.bench.store;

/**
 * The keys 0 to n - 1 with their values.
 *
 * @param keys the number of keys
 * @param shape the shape of the keys
 * @param values the values, by number
 */
public record Dataset(long keys, KeyShape shape, ValuePool values) {
  private static final long SEED = 0x5DEECE66DL;

  /** Returns the dataset with this many keys. */
  public static Dataset of(long keys, KeyShape shape) {
    return new Dataset(keys, shape, new ValuePool(SEED));
  }

  /** The order in which the keys are loaded. */
  public KeyOrder order() {
    return new KeyOrder(keys, SEED);
  }

  /** Bytes of all keys and values. */
  public long userBytes() {
    return keys * (KeyShape.LENGTH + ValuePool.LENGTH);
  }
}

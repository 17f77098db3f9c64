package io.apexstore.bench.job;

import io.apexstore.bench.store.KeyOrder;

/**
 * A random generator that needs a few cycles (xorshift64*), so that the cost of generating a key
 * does not matter.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class Randoms {
  private long state;

  Randoms(long seed) {
    this.state = KeyOrder.mix(seed) | 1;
  }

  /** Returns a number from 0 to the bound, exclusive. */
  long below(long bound) {
    long x = state;
    x ^= x >>> 12;
    x ^= x << 25;
    x ^= x >>> 27;
    state = x;
    return Math.unsignedMultiplyHigh(x * 0x2545F4914F6CDD1DL, bound);
  }
}

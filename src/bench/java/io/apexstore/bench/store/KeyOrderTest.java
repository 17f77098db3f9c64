package io.apexstore.bench.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  @Test
  void everyNumberOccursOnce() {
    for (long size : new long[] {1, 2, 3, 10, 1000, 1024, 100_003}) {
      KeyOrder permutation = new KeyOrder(size, 42);
      BitSet seen = new BitSet();
      for (long i = 0; i < size; i++) {
        seen.set(Math.toIntExact(permutation.at(i)));
      }
      assertEquals(size, seen.cardinality(), "of " + size);
    }
  }

  @Test
  void seedsGiveDifferentOrders() {
    assertNotEquals(new KeyOrder(1_000_000, 1).at(7), new KeyOrder(1_000_000, 2).at(7));
  }
}

package io.apexstore.bench.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyShapeTest {
  private static final int KEYS = 50_000;

  @ParameterizedTest
  @EnumSource
  void keysDifferFromEachOtherAndFromAbsentOnes(KeyShape shape) {
    Set<ByteBuffer> keys = new HashSet<>();
    for (int i = 0; i < KEYS; i++) {
      keys.add(ByteBuffer.wrap(filled(shape, i)));
    }
    assertEquals(KEYS, keys.size());
    for (int i = 0; i < KEYS; i++) {
      byte[] absent = new byte[KeyShape.LENGTH];
      shape.fillAbsent(absent, i);
      assertTrue(!keys.contains(ByteBuffer.wrap(absent)), "absent key " + i);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BINARY", "DECIMAL"})
  void keysAreInTheOrderOfTheirNumbers(KeyShape shape) {
    for (int i = 1; i < KEYS; i++) {
      assertTrue(
          Arrays.compareUnsigned(filled(shape, i - 1), filled(shape, i)) < 0, "keys around " + i);
    }
  }

  private static byte[] filled(KeyShape shape, long number) {
    byte[] key = new byte[KeyShape.LENGTH];
    shape.fill(key, number);
    return key;
  }
}

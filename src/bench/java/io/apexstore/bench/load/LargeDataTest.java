package io.apexstore.bench.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LargeDataTest {
  private final LargeData data = new LargeData();

  @Test
  void aValueMatchesItsGenerationOnly() {
    byte[] value = data.value(7, 0).clone();
    assertTrue(data.isValue(7, 0, value));
    assertFalse(data.isValue(7, 1, value));
    assertFalse(data.isValue(8, 0, value));
  }

  @Test
  void theSecondHalfOfAValueRepeatsTheFirst() {
    byte[] value = data.value(12_345, 1);
    int half = LargeData.VALUE_BYTES / 2;
    assertArrayEquals(Arrays.copyOf(value, half), Arrays.copyOfRange(value, half, 2 * half));
  }

  @Test
  void aTenthIsOverwrittenAndATenthDeleted() {
    Map<LargeData.Fate, Integer> counts = new EnumMap<>(LargeData.Fate.class);
    for (int number = 0; number < 10_000; number++) {
      counts.merge(LargeData.fate(number), 1, Integer::sum);
    }
    assertEquals(1000, counts.getOrDefault(LargeData.Fate.OVERWRITTEN, 0), 100);
    assertEquals(1000, counts.getOrDefault(LargeData.Fate.DELETED, 0), 100);
  }

  @Test
  void gigabytesCountKeysAndValuesBeforeCompression() {
    assertEquals(9_842_519, LargeOptions.TEN_GIGABYTES.keys());
  }
}

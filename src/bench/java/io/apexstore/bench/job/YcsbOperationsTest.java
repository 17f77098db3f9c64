package io.apexstore.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class YcsbOperationsTest {
  private static final int COUNT = 20_000;
  private static final long RECORDS = 10_000;

  @ParameterizedTest
  @EnumSource
  void operationsUseOnlyExistingRecords(YcsbMix mix) {
    Set<Long> inserted = new HashSet<>();
    for (int thread = 0; thread < 2; thread++) {
      YcsbOperations operations = YcsbOperations.draw(mix, COUNT, RECORDS, 2, thread);
      Set<Long> own = new HashSet<>();
      for (int i = 0; i < operations.count(); i++) {
        long number = operations.number(i);
        if (operations.action(i) == YcsbMix.Action.INSERT) {
          assertTrue(number >= RECORDS && inserted.add(number), "inserted twice: " + number);
          own.add(number);
        } else {
          assertTrue(number >= 0 && (number < RECORDS || own.contains(number)), "no " + number);
        }
      }
      assertEquals(own.size(), operations.inserts());
    }
  }

  @ParameterizedTest
  @EnumSource
  void sharesOfActionsAreThoseOfTheMix(YcsbMix mix) {
    Map<YcsbMix.Action, Integer> counts = new EnumMap<>(YcsbMix.Action.class);
    for (int percent = 0; percent < 100; percent++) {
      counts.merge(mix.action(percent), 1, Integer::sum);
    }
    Map<YcsbMix.Action, Integer> expected =
        switch (mix) {
          case A -> Map.of(YcsbMix.Action.READ, 50, YcsbMix.Action.UPDATE, 50);
          case B -> Map.of(YcsbMix.Action.READ, 95, YcsbMix.Action.UPDATE, 5);
          case C -> Map.of(YcsbMix.Action.READ, 100);
          case D -> Map.of(YcsbMix.Action.READ, 95, YcsbMix.Action.INSERT, 5);
          case E -> Map.of(YcsbMix.Action.SCAN, 95, YcsbMix.Action.INSERT, 5);
          case F -> Map.of(YcsbMix.Action.READ, 50, YcsbMix.Action.READ_MODIFY_WRITE, 50);
        };
    assertEquals(expected, counts);
  }
}

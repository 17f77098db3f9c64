package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimulatedExecutorTest {
  private static List<Integer> order(long seed) {
    SimulatedExecutor executor = new SimulatedExecutor(seed);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int task = i;
      executor.execute(() -> order.add(task));
    }
    executor.runAll();
    return order;
  }

  @Test
  void theSeedDecidesTheOrder() {
    Set<List<Integer>> orders = new HashSet<>();
    for (long seed = 0; seed < 50; seed++) {
      assertEquals(order(seed), order(seed));
      orders.add(order(seed));
    }
    assertTrue(orders.size() > 20, orders::toString);
  }

  @Test
  void nothingRunsWithoutARequest() {
    SimulatedExecutor executor = new SimulatedExecutor(1);
    List<String> ran = new ArrayList<>();
    executor.execute(() -> ran.add("first"));
    executor.execute(() -> ran.add("second"));
    assertEquals(List.of(), ran);
    assertEquals(2, executor.waiting());
    assertTrue(executor.step());
    assertEquals(1, ran.size());
    executor.discardAll();
    assertFalse(executor.step());
    assertEquals(1, ran.size());
  }

  @Test
  void tasksSubmittedByTasksRunToo() {
    SimulatedExecutor executor = new SimulatedExecutor(1);
    List<Integer> ran = new ArrayList<>();
    executor.execute(
        () -> {
          ran.add(1);
          executor.execute(() -> ran.add(2));
        });
    assertEquals(2, executor.runAll());
    assertEquals(List.of(1, 2), ran);
  }
}

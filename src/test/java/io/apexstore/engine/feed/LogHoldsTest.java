package io.apexstore.engine.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogHoldsTest {
  @Test
  void theOldestOpenHoldCounts() {
    Random random = new Random(2);
    LogHolds holds = new LogHolds();
    List<LogHolds.Hold> held = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      int choice = held.isEmpty() ? 0 : random.nextInt(3);
      long version = random.nextInt(1_000);
      if (choice == 0) {
        held.add(holds.hold(version));
        versions.add(version);
      } else {
        int which = random.nextInt(held.size());
        if (choice == 1) {
          held.get(which).moveTo(version);
          versions.set(which, version);
        } else {
          LogHolds.Hold closed = held.remove(which);
          versions.remove(which);
          closed.close();
          closed.close();
        }
      }
      long oldest = versions.stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
      assertEquals(oldest, holds.heldVersion());
    }
  }
}

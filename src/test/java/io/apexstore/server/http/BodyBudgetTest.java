package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BodyBudgetTest {
  private static final long MIB = 1 << 20;
  private final BodyBudget budget = new BodyBudget(8 * MIB);

  @Test
  void largeBodiesLeaveAnEighthForSmallOnes() {
    assertEquals(7 * MIB, budget.holderBytesMax());
    assertTrue(budget.tryReserve(7 * MIB, 0));
    assertFalse(budget.tryReserve(100_000, 0), "a large body");
    assertFalse(budget.tryReserve(1, 64 << 10), "a body that becomes large");
    for (int i = 0; i < 16; i++) {
      assertTrue(budget.tryReserve(64 << 10, 0), "a small body");
    }
    assertFalse(budget.tryReserve(1, 0), "all is in use");
    assertEquals(8 * MIB, budget.reservedBytes());
  }

  @Test
  void whatIsRefusedIsNotReserved() {
    assertFalse(budget.tryReserve(9 * MIB, 0));
    assertEquals(0, budget.reservedBytes());
  }
}

package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Scanner;
import org.junit.jupiter.api.Test;

class StallDecisionTest {
  private static final StallOptions OPTIONS = new StallOptions(12, 36, 1000, 3000, 2, 5);

  /** The decisions are in {@code stalls.txt}: the pressures, and the decision for them. */
  @Test
  void decides() throws IOException {
    StringBuilder actual = new StringBuilder();
    String expected;
    try (InputStream in =
        Objects.requireNonNull(StallDecisionTest.class.getResourceAsStream("stalls.txt"))) {
      expected = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (String line : expected.lines().toList()) {
      if (line.startsWith("#") || line.isBlank()) {
        actual.append(line).append('\n');
        continue;
      }
      String given = line.substring(0, line.indexOf(':'));
      Scanner numbers = new Scanner(given);
      StallDecision decision =
          StallDecision.of(numbers.nextInt(), numbers.nextLong(), numbers.nextInt(), OPTIONS);
      actual.append(given).append(": ").append(decision).append('\n');
    }
    assertEquals(expected, actual.toString());
  }

  @Test
  void theDelayGrowsWithEveryStepAndEndsInTheStop() {
    long before = 0;
    for (int count = 12; count < 36; count++) {
      StallDecision.Slow slow =
          assertInstanceOf(StallDecision.Slow.class, StallDecision.of(count, 0, 0, OPTIONS));
      assertTrue(slow.delayNanosPerMib() > before);
      before = slow.delayNanosPerMib();
    }
    assertInstanceOf(StallDecision.Stop.class, StallDecision.of(36, 0, 0, OPTIONS));
  }

  @Test
  void aWriterWaitsInProportionToItsBytes() {
    StallDecision.Slow slow = new StallDecision.Slow(8_000_000, StallDecision.Reason.PENDING_BYTES);
    assertEquals(8_000_000, slow.delayNanos(1 << 20));
    assertEquals(1_000_000, slow.delayNanos(1 << 17));
    assertEquals(0, slow.delayNanos(0));
  }
}

package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.TestClock;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedLimiterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long RATE = 1 << 20;

  private static final long BEGIN_NANOS = Long.MAX_VALUE - SECOND;

  // Only waiting advances the clock. Its elapsed time overflows after a second.
  private final TestClock clock = TestClock.atElapsedNanos(BEGIN_NANOS);
  private long cancelledAt = Long.MAX_VALUE;
  private final SharedLimiter limiter =
      new SharedLimiter(RATE, clock, () -> passed() >= cancelledAt, clock::advanceNanos);

  private long passed() {
    return clock.nanoTime() - BEGIN_NANOS;
  }

  private static void assertAbout(long expected, long actual) {
    assertTrue(Math.abs(expected - actual) <= 1_000, () -> expected + " and not " + actual);
  }

  @Test
  void compactionsKeepToTheRateInStepsOfAnySize() {
    Random random = new Random(1);
    long bytes = 0;
    while (bytes < 100 * RATE) {
      int step = 1 + random.nextInt(1 << 19);
      limiter.acquire(step);
      bytes += step;
    }
    limiter.acquire(0);

    double seconds = (double) passed() / SECOND;
    assertEquals((double) bytes / RATE - 0.1, seconds, 0.001);
    assertEquals(passed(), limiter.waitedNanos());
  }

  @Test
  void rateThatWasUnusedForLongIsNotMadeUpFor() {
    clock.advanceNanos(3600 * SECOND);
    long before = passed();
    limiter.acquire(RATE);
    limiter.acquire(0);

    assertAbout(SECOND - SECOND / 10, passed() - before);
  }

  @Test
  void aFlushDoesNotWaitButCompactionsWaitForIt() {
    limiter.charge(RATE / 2);
    assertEquals(0, passed());

    limiter.acquire(1);

    assertAbout(SECOND / 2 - SECOND / 10, passed());
  }

  @Test
  void flushesDelayCompactionsByASecondAtMost() {
    for (int i = 0; i < 100; i++) {
      limiter.charge(RATE);
    }
    limiter.acquire(1);

    assertAbout(SECOND, passed());
  }

  @Test
  void aFlushDoesNotShortenTheWaitOfCompactions() {
    limiter.charge(RATE);
    limiter.acquire(10 * RATE);
    long afterFirst = passed();
    limiter.charge(RATE);
    limiter.acquire(1);

    assertAbout(10 * SECOND, passed() - afterFirst);
  }

  @Test
  void aWaitEndsWhenTheStoreCloses() {
    cancelledAt = 2 * SECOND;
    limiter.acquire(100 * RATE);
    limiter.acquire(1);

    assertTrue(passed() < 3 * SECOND, () -> "waited for " + passed() + " ns");
  }

  @Test
  void withoutARateThereIsNoLimit() {
    assertSame(RateLimiter.UNLIMITED, SharedLimiter.of(0, clock, () -> false));
  }
}

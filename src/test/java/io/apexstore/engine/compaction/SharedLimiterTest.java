package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.TimeSource;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedLimiterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long RATE = 1 << 20;

  /** A clock that only waiting moves forward. */
  private static final class Clock implements TimeSource {
    private long nanos = Long.MAX_VALUE - SECOND;
    private long cancelledAt = Long.MAX_VALUE;
    private long begun = nanos;

    @Override
    public long currentTimeMs() {
      return 0;
    }

    @Override
    public long nanoTime() {
      return nanos;
    }

    void pass(long duration) {
      nanos += duration;
    }

    long passed() {
      return nanos - begun;
    }

    boolean isCancelled() {
      return passed() >= cancelledAt;
    }
  }

  private final Clock clock = new Clock();
  private final SharedLimiter limiter =
      new SharedLimiter(RATE, clock, clock::isCancelled, clock::pass);

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

    double seconds = (double) clock.passed() / SECOND;
    assertEquals((double) bytes / RATE - 0.1, seconds, 0.001);
    assertEquals(clock.passed(), limiter.waitedNanos());
  }

  @Test
  void rateThatWasUnusedForLongIsNotMadeUpFor() {
    clock.pass(3600 * SECOND);
    long before = clock.passed();
    limiter.acquire(RATE);
    limiter.acquire(0);

    assertAbout(SECOND - SECOND / 10, clock.passed() - before);
  }

  @Test
  void aFlushDoesNotWaitButCompactionsWaitForIt() {
    limiter.charge(RATE / 2);
    assertEquals(0, clock.passed());

    limiter.acquire(1);

    assertAbout(SECOND / 2 - SECOND / 10, clock.passed());
  }

  @Test
  void flushesDelayCompactionsByASecondAtMost() {
    for (int i = 0; i < 100; i++) {
      limiter.charge(RATE);
    }
    limiter.acquire(1);

    assertAbout(SECOND, clock.passed());
  }

  @Test
  void aFlushDoesNotShortenTheWaitOfCompactions() {
    limiter.charge(RATE);
    limiter.acquire(10 * RATE);
    long afterFirst = clock.passed();
    limiter.charge(RATE);
    limiter.acquire(1);

    assertAbout(10 * SECOND, clock.passed() - afterFirst);
  }

  @Test
  void aWaitEndsWhenTheStoreCloses() {
    clock.cancelledAt = 2 * SECOND;
    limiter.acquire(100 * RATE);
    limiter.acquire(1);

    assertTrue(clock.passed() < 3 * SECOND, () -> "waited for " + clock.passed() + " ns");
  }

  @Test
  void withoutARateThereIsNoLimit() {
    assertSame(RateLimiter.UNLIMITED, SharedLimiter.of(0, clock, () -> false));
  }
}

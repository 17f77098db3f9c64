package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** The store's clock goes on, whatever is done to the system's. */
class MonotonicTimeTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long DAY_MS = Duration.ofDays(1).toMillis();

  /** A wall clock that somebody sets, beside one that nobody can. */
  private static final class SetClock implements TimeSource {
    private long wallMs = START_MS;
    private long passedMs;

    void pass(long ms) {
      wallMs += ms;
      passedMs += ms;
    }

    @Override
    public long currentTimeMs() {
      return wallMs;
    }

    @Override
    public long nanoTime() {
      return passedMs * 1_000_000;
    }
  }

  private final SetClock system = new SetClock();
  private final MonotonicTime clock = new MonotonicTime(system, 0);

  @Test
  void itIsTheSystemsWhileThatRunsForward() {
    for (int i = 0; i < 100; i++) {
      system.pass(i);
      assertEquals(system.wallMs, clock.currentTimeMs());
    }
  }

  @Test
  void aSystemClockSetForwardAndBackNeitherStopsItNorTurnsItBack() {
    assertEquals(START_MS, clock.currentTimeMs());
    system.wallMs += DAY_MS;
    assertEquals(START_MS + DAY_MS, clock.currentTimeMs());
    system.wallMs -= DAY_MS;
    long before = clock.currentTimeMs();
    assertEquals(START_MS + DAY_MS, before);
    for (int hours = 1; hours <= 24; hours++) {
      system.pass(3_600_000);
      long now = clock.currentTimeMs();
      assertEquals(before + 3_600_000L * 15 / 16, now, "an hour later it is that much later");
      before = now;
    }
  }

  @Test
  void theSystemsClockCatchesUp() {
    clock.currentTimeMs();
    system.wallMs += DAY_MS;
    clock.currentTimeMs();
    system.wallMs -= DAY_MS;
    long before = clock.currentTimeMs();
    for (int i = 0; i < 17 * 24; i++) {
      system.pass(3_600_000);
      long now = clock.currentTimeMs();
      assertTrue(now >= before, "it never runs back");
      before = now;
    }
    assertEquals(system.wallMs, clock.currentTimeMs());
    // And once more, from anew.
    system.wallMs += DAY_MS;
    long ahead = clock.currentTimeMs();
    system.wallMs -= DAY_MS;
    assertEquals(ahead, clock.currentTimeMs());
    system.pass(160_000);
    assertEquals(ahead + 150_000, clock.currentTimeMs());
  }

  @Test
  void aSmallStepBackIsWaitedFor() {
    long before = clock.currentTimeMs();
    system.wallMs -= MonotonicTime.BEHIND_MS_MAX - 1;
    assertEquals(before, clock.currentTimeMs());
    system.pass(MonotonicTime.BEHIND_MS_MAX - 1);
    assertEquals(before, clock.currentTimeMs());
    system.pass(1);
    assertEquals(before + 1, clock.currentTimeMs());
  }

  @Test
  void aTimeOfAnEarlierLifeIsGoneOnFrom() {
    MonotonicTime later = new MonotonicTime(system, START_MS + DAY_MS);
    assertEquals(START_MS + DAY_MS, later.currentTimeMs());
    system.pass(16_000);
    assertEquals(START_MS + DAY_MS + 15_000, later.currentTimeMs());
  }

  @Test
  void thatTheSystemsClockIsBehindIsToldOnce() {
    Logger logger = Logger.getLogger(MonotonicTime.class.getName());
    List<String> told = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            told.add(java.text.MessageFormat.format(line.getMessage(), line.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      clock.currentTimeMs();
      system.wallMs -= DAY_MS;
      for (int i = 0; i < 10; i++) {
        system.pass(1_000);
        clock.currentTimeMs();
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(1, told.size());
    assertTrue(told.getFirst().contains("86399000 ms behind"), told::getFirst);
  }
}

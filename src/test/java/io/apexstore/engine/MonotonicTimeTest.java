package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.TestClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** The clock of the store never runs back or stops, however the system's is set. */
class MonotonicTimeTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long DAY_MS = Duration.ofDays(1).toMillis();

  private final TestClock system = TestClock.at(START_MS);
  private final MonotonicTime clock = new MonotonicTime(system, 0);

  @Test
  void itEqualsTheSystemClockWhileThatRunsForward() {
    for (int i = 0; i < 100; i++) {
      system.advance(i);
      assertEquals(system.wallMs(), clock.currentTimeMs());
    }
  }

  @Test
  void settingTheSystemClockForwardAndBackNeitherStopsItNorTurnsItBack() {
    assertEquals(START_MS, clock.currentTimeMs());
    system.setWall(system.wallMs() + DAY_MS);
    assertEquals(START_MS + DAY_MS, clock.currentTimeMs());
    system.setWall(system.wallMs() - DAY_MS);
    long before = clock.currentTimeMs();
    assertEquals(START_MS + DAY_MS, before);
    for (int hours = 1; hours <= 24; hours++) {
      system.advance(3_600_000);
      long now = clock.currentTimeMs();
      assertEquals(before + 3_600_000L * 15 / 16, now, "after another hour");
      before = now;
    }
  }

  @Test
  void theSystemClockCatchesUp() {
    clock.currentTimeMs();
    system.setWall(system.wallMs() + DAY_MS);
    clock.currentTimeMs();
    system.setWall(system.wallMs() - DAY_MS);
    long before = clock.currentTimeMs();
    for (int i = 0; i < 17 * 24; i++) {
      system.advance(3_600_000);
      long now = clock.currentTimeMs();
      assertTrue(now >= before, "it never runs back");
      before = now;
    }
    assertEquals(system.wallMs(), clock.currentTimeMs());
    // And again.
    system.setWall(system.wallMs() + DAY_MS);
    long ahead = clock.currentTimeMs();
    system.setWall(system.wallMs() - DAY_MS);
    assertEquals(ahead, clock.currentTimeMs());
    system.advance(160_000);
    assertEquals(ahead + 150_000, clock.currentTimeMs());
  }

  @Test
  void itWaitsForASmallStepBack() {
    long before = clock.currentTimeMs();
    system.setWall(system.wallMs() - (MonotonicTime.BEHIND_MS_MAX - 1));
    assertEquals(before, clock.currentTimeMs());
    system.advance(MonotonicTime.BEHIND_MS_MAX - 1);
    assertEquals(before, clock.currentTimeMs());
    system.advance(1);
    assertEquals(before + 1, clock.currentTimeMs());
  }

  @Test
  void itContinuesFromTheTimeOfTheLastProcess() {
    MonotonicTime later = new MonotonicTime(system, START_MS + DAY_MS);
    assertEquals(START_MS + DAY_MS, later.currentTimeMs());
    system.advance(16_000);
    assertEquals(START_MS + DAY_MS + 15_000, later.currentTimeMs());
  }

  @Test
  void aLateSystemClockIsLoggedOnce() {
    Logger logger = Logger.getLogger(MonotonicTime.class.getName());
    List<String> logged = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            logged.add(java.text.MessageFormat.format(line.getMessage(), line.getParameters()));
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
      system.setWall(system.wallMs() - DAY_MS);
      for (int i = 0; i < 10; i++) {
        system.advance(1_000);
        clock.currentTimeMs();
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(1, logged.size());
    assertTrue(logged.getFirst().contains("86399000 ms behind"), logged::getFirst);
  }
}

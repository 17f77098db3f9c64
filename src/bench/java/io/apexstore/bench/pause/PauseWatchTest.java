package io.apexstore.bench.pause;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class PauseWatchTest {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

  @Test
  void aParkIsReportedWithItsPlaceAndCountsForTheStore() throws IOException {
    PauseWatch watch = new PauseWatch();
    long from = System.nanoTime();
    long now = from;
    while (now - from < PAUSE_NANOS) {
      LockSupport.parkNanos(this, PAUSE_NANOS - (now - from));
      now = System.nanoTime();
    }
    watch.saw(from, now, true);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PauseWatch.Findings findings =
        watch.stop(new PrintStream(printed, true, StandardCharsets.UTF_8));
    String lines = printed.toString(StandardCharsets.UTF_8);
    assertEquals(1, findings.count(), lines);
    assertEquals(0, findings.ofMachine(), lines);
    assertTrue(findings.longestOfStoreMs() >= 60, lines);
    assertTrue(lines.contains("ThreadPark in PauseWatchTest."), lines);
  }

  @Test
  void shortPausesAreIgnored() throws IOException {
    PauseWatch watch = new PauseWatch();
    long now = System.nanoTime();
    watch.saw(now - TimeUnit.MILLISECONDS.toNanos(PauseWatch.PAUSE_MS_MIN) + 1, now, true);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    assertEquals(new PauseWatch.Findings(0, 0, 0, 0), watch.stop(new PrintStream(printed)));
  }
}

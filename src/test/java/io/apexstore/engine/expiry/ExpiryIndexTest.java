package io.apexstore.engine.expiry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpiryIndexTest {
  @Test
  void aRoundedTimeIsInTheFutureAndNotPastTheExpiry() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      long nowMs = random.nextLong(1L << 42);
      long ttlMs = 1 + random.nextLong(1L << random.nextInt(1, 62));
      long expiryMs = nowMs + ttlMs;
      long timeMs = ExpiryIndex.rounded(expiryMs, ttlMs);
      assertTrue(nowMs < timeMs && timeMs <= expiryMs, nowMs + " " + ttlMs + " " + timeMs);
      assertTrue(expiryMs - timeMs <= ttlMs / 4, nowMs + " " + ttlMs + " " + timeMs);
    }
    assertTrue(ExpiryIndex.rounded(Long.MAX_VALUE, Long.MAX_VALUE - 1_000_000) > 1_000_000);
  }

  @Test
  void anExpiryThatIsKeptOrHasPassedIsNotRounded() {
    assertEquals(1_234_567, ExpiryIndex.rounded(1_234_567, 0));
    assertEquals(1, ExpiryIndex.rounded(1, -1_000_000));
  }

  @Test
  void refreshesWithOneTimeToLiveShareAFewTimes() {
    for (long ttlMs : new long[] {8, 1_000, 1_024, 1_023, 1_800_000, 86_400_000}) {
      Set<Long> times = new HashSet<>();
      for (long nowMs = 1_000_000; nowMs < 1_000_000 + ttlMs; nowMs += Math.max(1, ttlMs / 977)) {
        times.add(ExpiryIndex.rounded(nowMs + ttlMs, ttlMs));
      }
      assertTrue(times.size() < ExpiryIndex.ENTRIES_MAX, times.size() + " of " + ttlMs + " ms");
    }
  }
}

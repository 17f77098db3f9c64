package io.apexstore.engine.tombstone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Fragments against the plain list of the deletions that they are of. {@code -Dseed=N} replays. */
class RangeTombstonesTest {
  private static final int KEYS = 40;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private record Deletion(int from, int to, long version) {
    boolean covers(int key) {
      return from <= key && key < to;
    }
  }

  private static byte[] key(int number) {
    return new byte[] {'k', (byte) ('0' + number / 10), (byte) ('0' + number % 10)};
  }

  private Deletion deletion(long version) {
    int from = random.nextInt(KEYS - 1);
    return new Deletion(from, from + 1 + random.nextInt(KEYS - from - 1), version);
  }

  private static RangeTombstones one(Deletion deletion) {
    return new RangeTombstones.Builder()
        .add(key(deletion.from), key(deletion.to), new long[] {deletion.version})
        .build();
  }

  private static long newest(List<Deletion> deletions, int key, long readVersion) {
    return deletions.stream()
        .filter(d -> d.covers(key) && d.version <= readVersion)
        .mapToLong(Deletion::version)
        .max()
        .orElse(0);
  }

  @Test
  void mergedInAnyGroupingTheyCoverWhatTheListCovers() {
    for (int round = 0; round < 60; round++) {
      List<Deletion> deletions = new ArrayList<>();
      List<RangeTombstones> parts = new ArrayList<>();
      for (int version = 1 + random.nextInt(12); version > 0; version--) {
        Deletion deletion = deletion(version);
        deletions.add(deletion);
        parts.add(one(deletion));
        if (random.nextInt(4) == 0) {
          RangeTombstones merged = RangeTombstones.merge(parts);
          parts.clear();
          parts.add(merged);
        }
      }
      RangeTombstones all = RangeTombstones.merge(parts);
      check(deletions, all);
      checkFragments(deletions, all);
      int from = random.nextInt(KEYS);
      int to = from + random.nextInt(KEYS - from);
      checkClip(deletions, all, from, to);
      checkHide(deletions, all, from, to);
    }
  }

  private void check(List<Deletion> deletions, RangeTombstones all) {
    TombstoneSpan span = new TombstoneSpan();
    for (int key = 0; key < KEYS; key++) {
      for (long version = 0; version < 14; version++) {
        long expected = newest(deletions, key, version);
        assertEquals(expected, all.newestCovering(key(key), 3, version), () -> "seed " + seed);
        span.find(List.of(all), key(key), 3, version);
        assertEquals(expected, span.version());
        for (int other = 0; other < KEYS; other++) {
          if (span.contains(key(other), 3)) {
            assertEquals(expected, newest(deletions, other, version), () -> "seed " + seed);
          }
        }
        assertTrue(span.contains(key(key), 3));
      }
    }
  }

  private void checkFragments(List<Deletion> deletions, RangeTombstones all) {
    for (int i = 0; i < all.count(); i++) {
      int first =
          Integer.parseInt(new String(all.start(i), StandardCharsets.US_ASCII).substring(1));
      long[] expected =
          new TreeSet<>(
                  deletions.stream().filter(d -> d.covers(first)).map(Deletion::version).toList())
              .descendingSet().stream().mapToLong(Long::longValue).toArray();
      assertArrayEquals(expected, all.versions(i), () -> "seed " + seed);
      if (i > 0 && Keys.compare(all.end(i - 1), all.start(i)) == 0) {
        assertTrue(!java.util.Arrays.equals(all.versions(i - 1), all.versions(i)));
      }
    }
    assertEquals(deletions.stream().mapToLong(Deletion::version).max().orElse(0), all.maxVersion());
    assertEquals(deletions.stream().mapToLong(Deletion::version).min().orElse(0), all.minVersion());
  }

  private void checkClip(List<Deletion> deletions, RangeTombstones all, int from, int to) {
    RangeTombstones clipped = all.clip(key(from), key(to));
    long expectedIn = 0;
    for (int key = 0; key < KEYS; key++) {
      boolean isInside = from <= key && key < to;
      long expected = isInside ? newest(deletions, key, 7) : 0;
      expectedIn = Math.max(expectedIn, expected);
      assertEquals(expected, clipped.newestCovering(key(key), 3, 7), () -> "seed " + seed);
    }
    long after = random.nextInt(8);
    long found = all.anyIn(key(from), key(to), after, 7);
    assertEquals(expectedIn > after, found > after, () -> "seed " + seed);
    assertTrue(found <= expectedIn, () -> "seed " + seed);
    assertEquals(all.toString(), all.clip(null, null).toString());
    // Cut in two and put together again it is what it was.
    RangeTombstones again =
        RangeTombstones.merge(List.of(all.clip(null, key(from)), all.clip(key(from), null)));
    assertEquals(all.toString(), again.toString());
  }

  private void checkHide(List<Deletion> deletions, RangeTombstones all, int from, int to) {
    for (long entry = 0; entry < 5; entry++) {
      boolean expected = true;
      for (int key = from; key <= to; key++) {
        expected &= newest(deletions, key, 9) > entry;
      }
      assertEquals(expected, all.coverRange(key(from), key(to), entry, 9), () -> "seed " + seed);
    }
  }

  @Test
  void fragmentsOutOfOrderAreRefused() {
    RangeTombstones.Builder builder =
        new RangeTombstones.Builder().add(key(3), key(5), new long[] {7, 2});
    assertThrows(IllegalArgumentException.class, () -> builder.add(key(4), key(6), new long[] {1}));
    assertThrows(IllegalArgumentException.class, () -> builder.add(key(6), key(6), new long[] {1}));
    assertThrows(IllegalArgumentException.class, () -> builder.add(key(6), key(7), new long[] {}));
    assertThrows(
        IllegalArgumentException.class, () -> builder.add(key(6), key(7), new long[] {1, 1}));
    assertEquals("[\"k03\", \"k05\") @7 @2\n", builder.build().toString());
  }

  @Test
  void nothingIsNothing() {
    assertSame(RangeTombstones.NONE, RangeTombstones.merge(List.of(RangeTombstones.NONE)));
    assertSame(RangeTombstones.NONE, RangeTombstones.NONE.clip(key(1), key(2)));
    assertEquals(0, RangeTombstones.NONE.newestCovering(key(1), 3, Long.MAX_VALUE));
  }
}

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

/** Fragments against the plain list of their range tombstones. {@code -Dseed=N} replays. */
class RangeTombstonesTest {
  private static final int KEYS = 40;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private record Tombstone(int from, int to, long version) {
    boolean covers(int key) {
      return from <= key && key < to;
    }
  }

  private static byte[] key(int number) {
    return new byte[] {'k', (byte) ('0' + number / 10), (byte) ('0' + number % 10)};
  }

  private Tombstone tombstone(long version) {
    int from = random.nextInt(KEYS - 1);
    return new Tombstone(from, from + 1 + random.nextInt(KEYS - from - 1), version);
  }

  private static RangeTombstones one(Tombstone tombstone) {
    return new RangeTombstones.Builder()
        .add(key(tombstone.from), key(tombstone.to), new long[] {tombstone.version})
        .build();
  }

  private static long newest(List<Tombstone> tombstones, int key, long readVersion) {
    return tombstones.stream()
        .filter(d -> d.covers(key) && d.version <= readVersion)
        .mapToLong(Tombstone::version)
        .max()
        .orElse(0);
  }

  @Test
  void fragmentsMergedInAnyGroupingCoverTheSameKeysAsTheList() {
    for (int round = 0; round < 60; round++) {
      List<Tombstone> tombstones = new ArrayList<>();
      List<RangeTombstones> parts = new ArrayList<>();
      for (int version = 1 + random.nextInt(12); version > 0; version--) {
        Tombstone tombstone = tombstone(version);
        tombstones.add(tombstone);
        parts.add(one(tombstone));
        if (random.nextInt(4) == 0) {
          RangeTombstones merged = RangeTombstones.merge(parts);
          parts.clear();
          parts.add(merged);
        }
      }
      RangeTombstones all = RangeTombstones.merge(parts);
      check(tombstones, all);
      checkFragments(tombstones, all);
      int from = random.nextInt(KEYS);
      int to = from + random.nextInt(KEYS - from);
      checkClip(tombstones, all, from, to);
      checkCoverRange(tombstones, all, from, to);
    }
  }

  private void check(List<Tombstone> tombstones, RangeTombstones all) {
    TombstoneSpan span = new TombstoneSpan();
    for (int key = 0; key < KEYS; key++) {
      for (long version = 0; version < 14; version++) {
        long expected = newest(tombstones, key, version);
        assertEquals(expected, all.newestCovering(key(key), 3, version), () -> "seed " + seed);
        span.find(List.of(all), key(key), 3, version);
        assertEquals(expected, span.version());
        for (int other = 0; other < KEYS; other++) {
          if (span.contains(key(other), 3)) {
            assertEquals(expected, newest(tombstones, other, version), () -> "seed " + seed);
          }
        }
        assertTrue(span.contains(key(key), 3));
      }
    }
  }

  private void checkFragments(List<Tombstone> tombstones, RangeTombstones all) {
    for (int i = 0; i < all.count(); i++) {
      int first =
          Integer.parseInt(new String(all.start(i), StandardCharsets.US_ASCII).substring(1));
      long[] expected =
          new TreeSet<>(
                  tombstones.stream().filter(d -> d.covers(first)).map(Tombstone::version).toList())
              .descendingSet().stream().mapToLong(Long::longValue).toArray();
      assertArrayEquals(expected, all.versions(i), () -> "seed " + seed);
      if (i > 0 && Keys.compare(all.end(i - 1), all.start(i)) == 0) {
        assertTrue(!java.util.Arrays.equals(all.versions(i - 1), all.versions(i)));
      }
    }
    assertEquals(
        tombstones.stream().mapToLong(Tombstone::version).max().orElse(0), all.maxVersion());
    assertEquals(
        tombstones.stream().mapToLong(Tombstone::version).min().orElse(0), all.minVersion());
  }

  private void checkClip(List<Tombstone> tombstones, RangeTombstones all, int from, int to) {
    RangeTombstones clipped = all.clip(key(from), key(to));
    long expectedIn = 0;
    for (int key = 0; key < KEYS; key++) {
      boolean isInside = from <= key && key < to;
      long expected = isInside ? newest(tombstones, key, 7) : 0;
      expectedIn = Math.max(expectedIn, expected);
      assertEquals(expected, clipped.newestCovering(key(key), 3, 7), () -> "seed " + seed);
    }
    long after = random.nextInt(8);
    long found = all.anyIn(key(from), key(to), after, 7);
    assertEquals(expectedIn > after, found > after, () -> "seed " + seed);
    assertTrue(found <= expectedIn, () -> "seed " + seed);
    assertEquals(all.toString(), all.clip(null, null).toString());
    // Cut in two and merged again, the part is unchanged.
    RangeTombstones again =
        RangeTombstones.merge(List.of(all.clip(null, key(from)), all.clip(key(from), null)));
    assertEquals(all.toString(), again.toString());
  }

  private void checkCoverRange(List<Tombstone> tombstones, RangeTombstones all, int from, int to) {
    for (long entry = 0; entry < 5; entry++) {
      boolean expected = true;
      for (int key = from; key <= to; key++) {
        expected &= newest(tombstones, key, 9) > entry;
      }
      assertEquals(expected, all.coverRange(key(from), key(to), entry, 9), () -> "seed " + seed);
    }
  }

  @Test
  void fragmentsOutOfOrderAreRejected() {
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
  void anEmptySetCoversNothing() {
    assertSame(RangeTombstones.NONE, RangeTombstones.merge(List.of(RangeTombstones.NONE)));
    assertSame(RangeTombstones.NONE, RangeTombstones.NONE.clip(key(1), key(2)));
    assertEquals(0, RangeTombstones.NONE.newestCovering(key(1), 3, Long.MAX_VALUE));
  }
}

package io.apexstore.engine.iterator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.ListIterator.Entry;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Entries that range tombstones hide are neither shown nor walked over. {@code -Dseed=N} replays.
 */
class UncoveredIteratorTest {
  private static final int KEYS = 60;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private static byte[] key(int number) {
    return String.format("k%06d", number).getBytes(StandardCharsets.US_ASCII);
  }

  private static Entry entry(int key, long version) {
    return new Entry(key(key), version, ValueKind.PUT, 0, new byte[0]);
  }

  private RangeTombstones one(long version) {
    int from = random.nextInt(KEYS);
    return new RangeTombstones.Builder()
        .add(key(from), key(from + 1 + random.nextInt(KEYS)), new long[] {version})
        .build();
  }

  @Test
  void hiddenEntriesAreNotShownInEitherDirection() {
    for (int round = 0; round < 400; round++) {
      List<Entry> all = new ArrayList<>();
      long newest = 0;
      for (int key = 0; key < KEYS; key++) {
        if (random.nextBoolean()) {
          long version = 1L + random.nextInt(9);
          all.add(entry(key, version));
          newest = Math.max(newest, version);
        }
      }
      List<TombstoneSource> deleted = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        deleted.add(RangeTombstones.merge(List.of(one(1L + random.nextInt(12)), one(13))));
      }
      long readVersion = random.nextInt(14);
      List<Entry> expected =
          all.stream()
              .filter(
                  entry ->
                      deleted.stream()
                          .allMatch(
                              ranges ->
                                  ranges.newestCovering(
                                          entry.key(), entry.key().length, readVersion)
                                      <= entry.version()))
              .toList();
      check(all, newest, deleted, readVersion, expected);
    }
  }

  private void check(
      List<Entry> all,
      long newest,
      List<TombstoneSource> deleted,
      long readVersion,
      List<Entry> expected) {
    InternalIterator found =
        new UncoveredIterator(new ListIterator(all), newest, deleted, readVersion);
    found.seekToFirst();
    for (Entry entry : expected) {
      checkCurrent(entry, found);
      found.next();
    }
    assertFalse(found.isValid(), () -> "seed " + seed);
    found.seekToLast();
    for (Entry entry : expected.reversed()) {
      checkCurrent(entry, found);
      found.prev();
    }
    assertFalse(found.isValid(), () -> "seed " + seed);
    byte[] middle = key(random.nextInt(KEYS));
    found.seek(middle, middle.length);
    List<Entry> after =
        expected.stream().filter(e -> Arrays.compareUnsigned(e.key(), middle) >= 0).toList();
    assertEquals(!after.isEmpty(), found.isValid(), () -> "seed " + seed);
    if (!after.isEmpty()) {
      checkCurrent(after.getFirst(), found);
    }
    found.seekBefore(middle, middle.length);
    List<Entry> before =
        expected.stream().filter(e -> Arrays.compareUnsigned(e.key(), middle) < 0).toList();
    assertEquals(!before.isEmpty(), found.isValid(), () -> "seed " + seed);
    if (!before.isEmpty()) {
      checkCurrent(before.getLast(), found);
    }
    found.close();
  }

  private void checkCurrent(Entry expected, InternalIterator found) {
    assertTrue(found.isValid(), () -> "seed " + seed + " ended before " + expected);
    assertArrayEquals(expected.key(), Arrays.copyOf(found.key(), found.keyLength()));
    assertEquals(expected.version(), found.version(), () -> "seed " + seed);
  }

  /** Counts the moves of its source. */
  private static final class Counting implements InternalIterator {
    private final InternalIterator source;
    private int moves;

    Counting(InternalIterator source) {
      this.source = source;
    }

    @Override
    public CurrentEntry entry() {
      return source.entry();
    }

    @Override
    public void seekToFirst() {
      moves++;
      source.seekToFirst();
    }

    @Override
    public void seekToLast() {
      moves++;
      source.seekToLast();
    }

    @Override
    public void seek(byte[] key, int keyLength) {
      moves++;
      source.seek(key, keyLength);
    }

    @Override
    public void seekBefore(byte[] key, int keyLength) {
      moves++;
      source.seekBefore(key, keyLength);
    }

    @Override
    public void next() {
      moves++;
      source.next();
    }

    @Override
    public void prev() {
      moves++;
      source.prev();
    }

    @Override
    public void close() {
      source.close();
    }
  }

  @Test
  void aThousandHiddenEntriesArePassedInAFewMoves() {
    List<Entry> all = new ArrayList<>();
    for (int key = 0; key < 1_000; key++) {
      all.add(entry(key, 5));
    }
    RangeTombstones deleted =
        new RangeTombstones.Builder().add(key(1), key(999), new long[] {6}).build();
    Counting source = new Counting(new ListIterator(all));
    InternalIterator found = new UncoveredIterator(source, 5, List.of(deleted), 9);
    found.seekToFirst();
    found.next();
    assertArrayEquals(key(999), Arrays.copyOf(found.key(), found.keyLength()));
    found.seekToLast();
    found.prev();
    assertArrayEquals(key(0), Arrays.copyOf(found.key(), found.keyLength()));
    assertTrue(source.moves < 20, () -> source.moves + " moves");
    found.close();
  }
}

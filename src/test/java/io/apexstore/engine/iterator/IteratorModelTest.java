package io.apexstore.engine.iterator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.ListIterator.Entry;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Iterators over several sources behave like a sorted list. {@code -Dseed=N} replays. */
@Tag("model")
class IteratorModelTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final SplittableRandom RANDOM = new SplittableRandom(SEED);

  private final SplittableRandom random = RANDOM.split();
  private final List<ListIterator> opened = new ArrayList<>();

  @RepeatedTest(300)
  void mergesTheNewestVersionOfEachKey() {
    List<List<Entry>> sources = newSources(random.nextInt(9), true);
    List<Entry> expected = newestOfEachKey(sources);
    try (InternalIterator merged = MergingIterator.asOfVersion(iterators(sources))) {
      assertFalse(merged.isValid());
      checkBothWays(expected, merged);
    }
    assertTrue(opened.stream().allMatch(i -> i.closed));
  }

  @RepeatedTest(100)
  void mergesEveryVersion() {
    List<List<Entry>> sources = newSources(random.nextInt(9), false);
    List<Entry> expected = sorted(sources.stream().flatMap(List::stream).toList());
    try (InternalIterator merged = MergingIterator.allVersions(iterators(sources))) {
      merged.seekToFirst();
      checkForward(expected, merged);
      byte[] key = newKey();
      merged.seek(key, key.length);
      checkForward(from(expected, key), merged);
    }
    assertTrue(opened.stream().allMatch(i -> i.closed));
  }

  @Test
  void allVersionsAreNotWalkedBackwards() {
    InternalIterator merged = MergingIterator.allVersions(iterators(newSources(2, false)));
    assertThrows(UnsupportedOperationException.class, merged::seekToLast);
    assertThrows(UnsupportedOperationException.class, () -> merged.seekBefore(new byte[] {1}, 1));
  }

  @RepeatedTest(200)
  void concatenatesSourcesAndOpensOneAtATime() {
    List<Entry> expected = newestOfEachKey(newSources(3, true));
    // Ranges are wider than the entries of the sources, and some sources have no entries.
    List<byte[][]> ranges = new ArrayList<>();
    List<List<Entry>> parts = new ArrayList<>();
    for (int i = 0; i < expected.size(); ) {
      int to = Math.min(expected.size(), i + 1 + random.nextInt(6));
      List<Entry> part = new ArrayList<>(expected.subList(i, to));
      ranges.add(new byte[][] {part.getFirst().key(), part.getLast().key()});
      part.removeIf(e -> random.nextInt(3) == 0);
      parts.add(part);
      i = to;
    }
    List<Entry> shown = parts.stream().flatMap(List::stream).toList();
    try (InternalIterator concatenated = new ConcatenatingIterator(run(ranges, parts))) {
      assertFalse(concatenated.isValid());
      assertTrue(opened.isEmpty());
      checkBothWays(shown, concatenated);
    }
    assertTrue(opened.stream().allMatch(i -> i.closed));
  }

  private ConcatenatingIterator.Run run(List<byte[][]> ranges, List<List<Entry>> parts) {
    return new ConcatenatingIterator.Run() {
      @Override
      public int count() {
        return parts.size();
      }

      @Override
      public byte[] smallestKey(int index) {
        return ranges.get(index)[0];
      }

      @Override
      public byte[] largestKey(int index) {
        return ranges.get(index)[1];
      }

      @Override
      public InternalIterator open(int index) {
        assertTrue(opened.stream().allMatch(i -> i.closed));
        return open(parts.get(index));
      }

      private InternalIterator open(List<Entry> part) {
        ListIterator iterator = new ListIterator(part);
        opened.add(iterator);
        return iterator;
      }
    };
  }

  @RepeatedTest(300)
  void showsThePutsOfARange() {
    List<List<Entry>> sources = newSources(1 + random.nextInt(4), true);
    byte @Nullable [] from = random.nextInt(4) == 0 ? null : newKey();
    byte @Nullable [] to = random.nextInt(4) == 0 ? null : newKey();
    boolean reverse = random.nextBoolean();
    long nowMs = random.nextInt(100);
    List<Entry> expected = new ArrayList<>(newestOfEachKey(sources));
    expected.removeIf(
        e ->
            e.kind() == ValueKind.DELETE
                || (e.expiryMs() != 0 && e.expiryMs() <= nowMs)
                || (from != null && Arrays.compareUnsigned(e.key(), from) < 0)
                || (to != null && Arrays.compareUnsigned(e.key(), to) >= 0));
    if (reverse) {
      Collections.reverse(expected);
    }
    InternalIterator merged = MergingIterator.asOfVersion(iterators(sources));
    try (VisibleIterator visible = new VisibleIterator(merged, from, to, reverse, nowMs)) {
      for (Entry entry : expected) {
        assertTrue(visible.next(), this::seed);
        assertArrayEquals(entry.key(), Arrays.copyOf(visible.key(), visible.keyLength()));
        assertEquals(entry.version(), visible.version(), this::seed);
        assertEquals(entry.expiryMs(), visible.expiryMs(), this::seed);
        assertArrayEquals(
            entry.value(),
            visible
                .valueSegment()
                .asSlice(visible.valueOffset(), visible.valueLength())
                .toArray(ValueLayout.JAVA_BYTE));
      }
      assertFalse(visible.next(), this::seed);
      assertFalse(visible.next(), this::seed);
    }
    assertTrue(opened.stream().allMatch(i -> i.closed));
  }

  @Test
  void mergingOneSourceIsThatSource() {
    List<ListIterator> one = iterators(newSources(1, true));
    assertEquals(one.getFirst(), MergingIterator.asOfVersion(one));
    assertEquals(EmptyIterator.INSTANCE, MergingIterator.allVersions(List.of()));
  }

  @Test
  void closesAllSourcesIfOneFailsToClose() {
    ListIterator broken = new ListIterator(List.of());
    ListIterator sound = new ListIterator(List.of());
    broken.failsToClose = true;
    InternalIterator merged = MergingIterator.asOfVersion(List.of(broken, sound));
    assertThrows(IllegalStateException.class, merged::close);
    assertTrue(sound.closed);
    assertFalse(merged.isValid());
  }

  private List<ListIterator> iterators(List<List<Entry>> sources) {
    sources.forEach(s -> opened.add(new ListIterator(s)));
    return List.copyOf(opened);
  }

  /** Sources, newest first; as of a version each holds a key once. */
  private List<List<Entry>> newSources(int count, boolean keyOnce) {
    List<List<Entry>> sources = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Entry> entries = new ArrayList<>();
      for (int n = random.nextInt(4) == 0 ? 0 : random.nextInt(60); n > 0; n--) {
        ValueKind kind = random.nextInt(4) == 0 ? ValueKind.DELETE : ValueKind.PUT;
        byte[] value = new byte[kind == ValueKind.PUT ? random.nextInt(5) : 0];
        random.nextBytes(value);
        long expiryMs = random.nextInt(3) == 0 ? 1 + random.nextInt(100) : 0;
        // Sources earlier in the list are mostly, not always, newer.
        long version = (count - i) * 1000L + random.nextInt(1500) * 10L + i;
        entries.add(new Entry(newKey(), version, kind, expiryMs, value));
      }
      List<Entry> sorted = sorted(entries);
      for (int e = sorted.size() - 1; e > 0; e--) {
        boolean sameKey = Arrays.equals(sorted.get(e).key(), sorted.get(e - 1).key());
        if (sameKey && (keyOnce || sorted.get(e).version() == sorted.get(e - 1).version())) {
          sorted.remove(e);
        }
      }
      sources.add(sorted);
    }
    return sources;
  }

  private byte[] newKey() {
    byte[] key = new byte[1 + random.nextInt(random.nextBoolean() ? 3 : 10)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(3) - 1);
    }
    return key;
  }

  private static List<Entry> sorted(List<Entry> entries) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Entry.ORDER);
    return sorted;
  }

  private static List<Entry> newestOfEachKey(List<List<Entry>> sources) {
    List<Entry> all = sorted(sources.stream().flatMap(List::stream).toList());
    List<Entry> newest = new ArrayList<>();
    for (Entry entry : all) {
      if (newest.isEmpty() || !Arrays.equals(newest.getLast().key(), entry.key())) {
        newest.add(entry);
      }
    }
    return newest;
  }

  private static List<Entry> from(List<Entry> entries, byte[] key) {
    return entries.stream().filter(e -> Arrays.compareUnsigned(e.key(), key) >= 0).toList();
  }

  private static List<Entry> before(List<Entry> entries, byte[] key) {
    return entries.stream()
        .filter(e -> Arrays.compareUnsigned(e.key(), key) < 0)
        .toList()
        .reversed();
  }

  private void checkBothWays(List<Entry> expected, InternalIterator iterator) {
    for (int turn = 0; turn < 4; turn++) {
      byte[] key = newKey();
      iterator.seek(key, key.length);
      checkForward(from(expected, key), iterator);
      iterator.seekBefore(key, key.length);
      checkBackward(before(expected, key), iterator);
      iterator.seekToFirst();
      checkForward(expected.subList(0, expected.size() / 2), expected, iterator);
      iterator.seekToLast();
      checkBackward(expected.reversed(), iterator);
      iterator.seekToFirst();
      checkForward(expected, iterator);
    }
  }

  private void checkForward(List<Entry> expected, InternalIterator iterator) {
    checkForward(expected, expected, iterator);
  }

  private void checkForward(List<Entry> walked, List<Entry> all, InternalIterator iterator) {
    for (Entry entry : walked) {
      checkEntry(entry, iterator);
      iterator.next();
    }
    assertEquals(walked.size() < all.size(), iterator.isValid(), this::seed);
  }

  private void checkBackward(List<Entry> expected, InternalIterator iterator) {
    for (Entry entry : expected) {
      checkEntry(entry, iterator);
      iterator.prev();
    }
    assertFalse(iterator.isValid(), this::seed);
  }

  private void checkEntry(Entry expected, InternalIterator iterator) {
    assertTrue(iterator.isValid(), () -> seed() + expected);
    assertArrayEquals(
        expected.key(), Arrays.copyOf(iterator.key(), iterator.keyLength()), this::seed);
    assertEquals(expected.version(), iterator.version(), () -> seed() + expected);
    assertEquals(expected.kind(), iterator.kind(), this::seed);
    assertEquals(expected.expiryMs(), iterator.expiryMs(), this::seed);
    assertEquals(expected.value().length, iterator.valueLength(), this::seed);
  }

  private String seed() {
    return "seed " + SEED + " ";
  }
}

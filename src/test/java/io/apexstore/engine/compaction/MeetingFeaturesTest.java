package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.version.TestStore;
import io.apexstore.engine.version.Version;
import io.apexstore.options.CompactionStrategy;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Ranges deleted, merges in parts, snapshots and a filter of the user's, all at once. Another seed:
 * -Dseed=…
 */
class MeetingFeaturesTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int KEYS = 1_500;

  private final Random random = new Random(SEED);
  private final AtomicInteger cutMerges = new AtomicInteger();

  /** Parts have no order; they run in any. */
  private void inAnyOrder(List<? extends Runnable> parts) {
    if (parts.size() > 1) {
      cutMerges.incrementAndGet();
    }
    List<Runnable> shuffled = new ArrayList<>(parts);
    Collections.shuffle(shuffled, random);
    shuffled.forEach(Runnable::run);
  }

  private static boolean isUnwanted(String value) {
    return value.hashCode() % 5 == 0;
  }

  private static boolean keeps(InternalIterator put) {
    byte[] value =
        put.valueSegment()
            .asSlice(put.valueOffset(), put.valueLength())
            .toArray(ValueLayout.JAVA_BYTE);
    return !isUnwanted(new String(value, StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @EnumSource
  void rangesArePartedWithTheMergesThatCarryThem(CompactionStrategy strategy) {
    TreeWorkload work = workload(strategy, null);
    List<Long> snapshots = new ArrayList<>();
    for (int round = 0; round < 30; round++) {
      write(work, strategy);
      if (random.nextInt(4) == 0) {
        snapshots.add(work.snapshots.register());
      }
      compactSome(work);
      Version now = work.store.current();
      assertEquals("", work.differences(now, work.published()), where(round));
      for (long snapshot : snapshots) {
        assertEquals("", work.differences(now, snapshot), where(round));
      }
      if (snapshots.size() > 3) {
        work.snapshots.release(snapshots.remove(random.nextInt(snapshots.size())));
      }
      work.store.runCloser();
    }
    assertTrue(strategy == CompactionStrategy.FIFO || cutMerges.get() > 0, "seed " + SEED);
    work.store.close();
  }

  /** What the filter takes away is gone; nothing that was older comes back in its place. */
  @ParameterizedTest
  @EnumSource
  void whatAFilterTakesAwayUncoversNothing(CompactionStrategy strategy) {
    TreeWorkload work = workload(strategy, MeetingFeaturesTest::keeps);
    long snapshot = -1;
    Map<String, @Nullable String> seen = new HashMap<>();
    int taken = 0;
    for (int round = 0; round < 30; round++) {
      write(work, strategy);
      if (round % 10 == 4) {
        snapshot = work.snapshots.register();
        seen.clear();
        for (String key : work.keys()) {
          seen.put(key, TestStore.get(work.store.current(), key, snapshot));
        }
      }
      compactSome(work);
      Version now = work.store.current();
      taken += check(work, now, work.published(), round);
      if (snapshot >= 0) {
        for (Map.Entry<String, @Nullable String> entry : seen.entrySet()) {
          assertEquals(
              entry.getValue(), TestStore.get(now, entry.getKey(), snapshot), where(round));
        }
        if (round % 10 == 7) {
          work.snapshots.release(snapshot);
          snapshot = -1;
        }
      }
      work.store.runCloser();
    }
    assertTrue(taken > 0, "seed " + SEED);
    work.compactAll();
    check(work, work.store.current(), work.published(), 30);
    work.store.close();
  }

  private static int check(TreeWorkload work, Version tree, long version, int round) {
    int taken = 0;
    Map<String, String> scanned = new HashMap<>();
    for (String line : TestStore.scan(tree, version, null, null)) {
      int equals = line.indexOf('=');
      scanned.put(line.substring(0, equals), line.substring(equals + 1, line.lastIndexOf('@')));
    }
    for (String key : work.keys()) {
      String expected = work.expected(key, version);
      String found = TestStore.get(tree, key, version);
      assertEquals(found, scanned.get(key), where(round) + " " + key);
      if (found == null && expected != null && isUnwanted(expected)) {
        taken++;
      } else {
        assertEquals(expected, found, where(round) + " " + key);
      }
    }
    return taken;
  }

  private static String where(int round) {
    return "seed " + SEED + " round " + round;
  }

  private TreeWorkload workload(CompactionStrategy strategy, @Nullable UserFilter filter) {
    CompactionJob.Help help = new CompactionJob.Help(4, this::inAnyOrder, filter);
    return new TreeWorkload(new MemoryStorage(), SEED, KEYS, strategy, help);
  }

  private void write(TreeWorkload work, CompactionStrategy strategy) {
    // First in, first out, only small tables are merged.
    int much = strategy == CompactionStrategy.FIFO ? 60 : 300;
    for (int i = random.nextInt(4); i > 0; i--) {
      work.write(random.nextInt(much));
      work.deleteRange();
    }
    work.write(much);
    work.flush();
  }

  private void compactSome(TreeWorkload work) {
    for (int i = random.nextInt(6); i > 0 && work.compactOnce(); i--) {}
    if (random.nextInt(30) == 0) {
      work.compactAll();
    }
  }
}

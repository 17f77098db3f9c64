package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.version.TestVersionSet;
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
 * Range tombstones, subcompactions, snapshots and a user's filter, all at once. Another seed:
 * -Dseed=…
 */
class CombinedFeaturesTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int KEYS = 1_500;

  private final Random random = new Random(SEED);
  private final AtomicInteger splitMerges = new AtomicInteger();

  /** Runs subcompactions in a random order: they must not depend on it. */
  private void inAnyOrder(List<? extends Runnable> subcompactions) {
    if (subcompactions.size() > 1) {
      splitMerges.incrementAndGet();
    }
    List<Runnable> shuffled = new ArrayList<>(subcompactions);
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
  void rangeTombstonesAreSplitWithTheirMerges(CompactionStrategy strategy) {
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
    assertTrue(strategy == CompactionStrategy.FIFO || splitMerges.get() > 0, "seed " + SEED);
    work.store.close();
  }

  /** Values that the filter rejects are gone, and no older value becomes visible instead. */
  @ParameterizedTest
  @EnumSource
  void aRejectedValueUncoversNoOlderOne(CompactionStrategy strategy) {
    TreeWorkload work = workload(strategy, CombinedFeaturesTest::keeps);
    long snapshot = -1;
    Map<String, @Nullable String> seen = new HashMap<>();
    int rejected = 0;
    for (int round = 0; round < 30; round++) {
      write(work, strategy);
      if (round % 10 == 4) {
        snapshot = work.snapshots.register();
        seen.clear();
        for (String key : work.keys()) {
          seen.put(key, TestVersionSet.get(work.store.current(), key, snapshot));
        }
      }
      compactSome(work);
      Version now = work.store.current();
      rejected += check(work, now, work.published(), round);
      if (snapshot >= 0) {
        for (Map.Entry<String, @Nullable String> entry : seen.entrySet()) {
          assertEquals(
              entry.getValue(), TestVersionSet.get(now, entry.getKey(), snapshot), where(round));
        }
        if (round % 10 == 7) {
          work.snapshots.release(snapshot);
          snapshot = -1;
        }
      }
      work.store.runCloser();
    }
    assertTrue(rejected > 0, "seed " + SEED);
    work.compactAll();
    check(work, work.store.current(), work.published(), 30);
    work.store.close();
  }

  private static int check(TreeWorkload work, Version tree, long version, int round) {
    int rejected = 0;
    Map<String, String> scanned = new HashMap<>();
    for (String line : TestVersionSet.scan(tree, version, null, null)) {
      int equals = line.indexOf('=');
      scanned.put(line.substring(0, equals), line.substring(equals + 1, line.lastIndexOf('@')));
    }
    for (String key : work.keys()) {
      String expected = work.expected(key, version);
      String found = TestVersionSet.get(tree, key, version);
      assertEquals(found, scanned.get(key), where(round) + " " + key);
      if (found == null && expected != null && isUnwanted(expected)) {
        rejected++;
      } else {
        assertEquals(expected, found, where(round) + " " + key);
      }
    }
    return rejected;
  }

  private static String where(int round) {
    return "seed " + SEED + " round " + round;
  }

  private TreeWorkload workload(CompactionStrategy strategy, @Nullable UserFilter filter) {
    return new TreeWorkload(new MemoryStorage(), SEED, KEYS, strategy, 4, this::inAnyOrder, filter);
  }

  private void write(TreeWorkload work, CompactionStrategy strategy) {
    // FIFO merges only small tables.
    int count = strategy == CompactionStrategy.FIFO ? 60 : 300;
    for (int i = random.nextInt(4); i > 0; i--) {
      work.write(random.nextInt(count));
      work.deleteRange();
    }
    work.write(count);
    work.flush();
  }

  private void compactSome(TreeWorkload work) {
    for (int i = random.nextInt(6); i > 0 && work.compactOnce(); i--) {}
    if (random.nextInt(30) == 0) {
      work.compactAll();
    }
  }
}

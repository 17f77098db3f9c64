package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.Entry;
import io.apexstore.engine.version.EntryIterator;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.TestVersionSet;
import io.apexstore.engine.version.Version;
import io.apexstore.options.CompactionStrategy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Random puts, deletions and range deletions, flushed and compacted by the real jobs, and a model
 * of sorted maps that holds what a reader at each version must see.
 */
final class TreeWorkload {
  /** Options of a tree that is deep with few entries. */
  static final CompactionOptions OPTIONS = options(2_000);

  // With larger tables, since FIFO merges only tables that are smaller.
  private static final CompactionOptions FIFO_OPTIONS = options(40_000);

  private static CompactionOptions options(long tableBytesTarget) {
    return new CompactionOptions(
        /* level0Threshold= */ 3,
        /* sizeRatio= */ 3,
        /* maxLevels= */ 5,
        /* baseLevelBytes= */ 6_000,
        tableBytesTarget,
        /* tombstoneShare= */ 0.5);
  }

  private final Random random;
  private final int keys;
  private final CompactionPolicy policy;
  private final CompactionJob.Settings settings;
  private final List<Entry> memtable = new ArrayList<>();
  private final List<RangeTombstones> memtableTombstones = new ArrayList<>();
  private final List<RangeDelete> rangeDeletes = new ArrayList<>();
  private final TreeMap<String, TreeMap<Long, Entry>> model = new TreeMap<>();
  private long published;
  private boolean cancelled;
  private long pacedBytes;
  private long cancelAfterBytes = Long.MAX_VALUE;

  final SnapshotList snapshots = new SnapshotList(() -> published);
  final TestVersionSet store;
  final JobComponents components;

  TreeWorkload(Storage storage, long seed, int keys) {
    this(storage, seed, keys, CompactionStrategy.LEVELED);
  }

  TreeWorkload(Storage storage, long seed, int keys, CompactionStrategy strategy) {
    this(storage, seed, keys, strategy, 1, SubcompactionRunner.INLINE, null);
  }

  TreeWorkload(
      Storage storage,
      long seed,
      int keys,
      CompactionStrategy strategy,
      int subcompactionsMax,
      SubcompactionRunner runner,
      @Nullable UserFilter userFilter) {
    this.random = new Random(seed);
    this.keys = keys;
    CompactionOptions options = strategy == CompactionStrategy.FIFO ? FIFO_OPTIONS : OPTIONS;
    this.policy = CompactionPolicy.of(strategy, options);
    this.settings =
        new CompactionJob.Settings(
            options.tableBytesTarget(), subcompactionsMax, runner, userFilter);
    this.store = TestVersionSet.open(storage);
    this.components =
        new JobComponents(
            storage,
            store.versions(),
            snapshots,
            TestVersionSet.OPTIONS,
            FileCipherKeys.NONE,
            TimeSource.SYSTEM,
            bytes -> pacedBytes += bytes,
            () -> cancelled || pacedBytes >= cancelAfterBytes);
  }

  /** A deletion of all keys from {@code from} up to {@code to}, exclusive. */
  private record RangeDelete(String from, String to, long version) {
    boolean covers(String key) {
      return from.compareTo(key) <= 0 && to.compareTo(key) > 0;
    }
  }

  long published() {
    return published;
  }

  /** Cancels compactions. */
  void cancel() {
    cancelled = true;
  }

  /** Cancels compactions once they have processed this many more bytes. */
  void cancelAfter(long bytes) {
    cancelAfterBytes = pacedBytes + bytes;
  }

  /** Bytes that compactions have acquired from the rate limiter. */
  long pacedBytes() {
    return pacedBytes;
  }

  /** Commits puts and deletions, each with a version of its own. */
  void write(int count) {
    for (int i = 0; i < count; i++) {
      published += 1 + random.nextInt(2);
      String key = key(random.nextInt(keys));
      boolean deletes = random.nextInt(10) < 3;
      String value = "v" + published + "-" + "x".repeat(random.nextInt(40));
      Entry entry = new Entry(key, published, deletes ? null : value);
      memtable.add(entry);
      model.computeIfAbsent(key, k -> new TreeMap<>()).put(published, entry);
    }
  }

  /** Commits a range deletion of random bounds. */
  void deleteRange() {
    int from = random.nextInt(keys);
    int length = 1 + random.nextInt(random.nextBoolean() ? keys : 10);
    deleteRange(key(from), key(from + length));
  }

  /** Commits a deletion of all keys from {@code from} up to {@code to}, exclusive. */
  void deleteRange(String from, String to) {
    published += 1 + random.nextInt(2);
    memtableTombstones.add(
        new RangeTombstones.Builder().add(bytes(from), bytes(to), new long[] {published}).build());
    rangeDeletes.add(new RangeDelete(from, to, published));
  }

  static String key(int number) {
    return String.format("key-%05d", number);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Flushes the entries that were written since the last flush. */
  JobStats flush() {
    try (EntryIterator source = new EntryIterator(memtable)) {
      JobStats stats =
          new FlushJob(
                  components,
                  List.of(
                      new FlushJob.Source(
                          TestVersionSet.KEYSPACE,
                          source,
                          RangeTombstones.merge(memtableTombstones),
                          published)),
                  SubcompactionRunner.INLINE,
                  VersionEdit.builder().build())
              .run(() -> {});
      memtable.clear();
      memtableTombstones.clear();
      return stats;
    }
  }

  /** Carries out one compaction that is due; false if none is. */
  boolean compactOnce() {
    return carryOut(policy.pick(state()));
  }

  /** Compacts everything. */
  void compactAll() {
    CompactionChoice choice;
    do {
      choice = policy.pickManual(state(), CompactionRequest.ofAllKeys(published));
    } while (carryOut(choice));
  }

  /** The state that the next compaction is picked from. */
  TreeState state() {
    return new TreeState(
        store.current().shape(), Set.of(), snapshots.oldestVisible(), Long.MAX_VALUE);
  }

  boolean carryOut(CompactionChoice choice) {
    switch (choice) {
      case CompactionChoice.None none -> {
        return false;
      }
      case CompactionChoice.Move move -> CompactionJob.move(components, move, () -> {});
      case CompactionChoice.Drop drop -> CompactionJob.drop(components, drop, () -> {});
      case CompactionChoice.Merge merge -> merge(merge);
    }
    return true;
  }

  JobStats merge(CompactionChoice.Merge merge) {
    return merge(merge, () -> {});
  }

  JobStats merge(CompactionChoice.Merge merge, Runnable installed) {
    return new CompactionJob(components, TestVersionSet.KEYSPACE, merge, settings).run(installed);
  }

  /** All keys that were ever written. */
  Set<String> keys() {
    return model.keySet();
  }

  /** The value that a reader at a version must see, null for none. */
  @Nullable String expected(String key, long version) {
    Entry newest = newest(key, version);
    return newest == null ? null : newest.value();
  }

  private @Nullable Entry newest(String key, long version) {
    TreeMap<Long, Entry> versions = model.get(key);
    Map.Entry<Long, Entry> newest = versions == null ? null : versions.floorEntry(version);
    if (newest == null) {
      return null;
    }
    for (RangeDelete range : rangeDeletes) {
      if (range.version > newest.getKey() && range.version <= version && range.covers(key)) {
        return null;
      }
    }
    return newest.getValue();
  }

  /** What a scan at a version must see. */
  List<String> expectedScan(long version) {
    List<String> expected = new ArrayList<>();
    for (String key : keys()) {
      Entry newest = newest(key, version);
      if (newest != null && newest.value() != null) {
        expected.add(key + "=" + newest.value() + "@" + newest.version());
      }
    }
    return expected;
  }

  /** The differences between what a reader at a version sees, by key and by scan, and the model. */
  String differences(Version tree, long version) {
    StringBuilder text = new StringBuilder();
    for (String key : keys()) {
      String expected = expected(key, version);
      String found = TestVersionSet.get(tree, key, version);
      if (!Objects.equals(expected, found)) {
        text.append(key).append('@').append(version).append(": expected ").append(expected);
        text.append(", found ").append(found).append('\n');
      }
    }
    List<String> scanned = TestVersionSet.scan(tree, version, null, null);
    List<String> expected = expectedScan(version);
    if (!expected.equals(scanned)) {
      List<String> missing = new ArrayList<>(expected);
      missing.removeAll(scanned);
      scanned.removeAll(expected);
      text.append("scan at ").append(version).append(": missing ").append(missing);
      text.append(", too many ").append(scanned).append('\n');
    }
    return text.toString();
  }
}

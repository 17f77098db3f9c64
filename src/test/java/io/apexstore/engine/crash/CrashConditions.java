package io.apexstore.engine.crash;

import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.crash.SimulatedProcess.Found;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.read.EngineSnapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Draws conditions of commits as transactions have them: from reads a moment ago, or some commits
 * ago, so that some of them fail.
 */
final class CrashConditions {
  private static final int READS_MAX = 12;

  /** A key that was read. */
  private record KeyRead(String keyspace, String key, @Nullable Found found) {}

  /** A range that was read at a version. */
  private record RangeRead(
      String keyspace, String from, String to, NavigableMap<String, Entry> entries, long version) {}

  /** Conditions for the engine, and the same ones for the history. */
  record Planned(Conditions conditions, Precondition precondition) {}

  private final SplittableRandom random;
  private final CrashWorkload workload;
  private final ArrayDeque<KeyRead> keyReads = new ArrayDeque<>();
  private final ArrayDeque<RangeRead> rangeReads = new ArrayDeque<>();

  CrashConditions(SplittableRandom random, CrashWorkload workload) {
    this.random = random;
    this.workload = workload;
  }

  /** Forgets all reads: those of an ended process may be of lost commits. */
  void forget() {
    keyReads.clear();
    rangeReads.clear();
  }

  /**
   * Draws the conditions of a commit.
   *
   * @param known the current content of the store, or null if it is uncertain
   * @param names the names of the keyspaces
   */
  Planned plan(SimulatedProcess process, @Nullable StoreContent known, List<String> names) {
    Planned planned = new Planned(new Conditions(), new Precondition());
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      if (random.nextInt(4) == 0) {
        addRange(planned, process, known, workload.losingNothing(names));
      } else {
        addKey(planned, process, workload.losingNothing(names));
      }
    }
    return planned;
  }

  private void addKey(Planned planned, SimulatedProcess process, String keyspace) {
    String key = workload.key();
    Found newest = process.find(process.engine.keyspace(keyspace), key, Long.MAX_VALUE);
    KeyRead read = remember(keyReads, new KeyRead(keyspace, key, newest));
    int keyspaceId = process.engine.keyspace(read.keyspace).id();
    byte[] bytes = CrashWorkload.bytes(read.key);
    Found found = read.found;
    // Sometimes the opposite of the read, which mostly fails.
    boolean wrong = random.nextInt(12) == 0;
    boolean isVisible = found != null && found.entry().isVisibleAt(process.engine.nowMs());
    if (found == null || isVisible == wrong) {
      planned.conditions.absent(keyspaceId, bytes);
      planned.precondition.absent(read.keyspace, read.key);
    } else if (random.nextInt(4) == 0) {
      planned.conditions.present(keyspaceId, bytes);
      planned.precondition.present(read.keyspace, read.key);
    } else {
      planned.conditions.version(keyspaceId, bytes, found.version());
      planned.precondition.exactly(read.keyspace, read.key, found.entry());
    }
  }

  private void addRange(
      Planned planned, SimulatedProcess process, @Nullable StoreContent known, String keyspace) {
    if (known != null) {
      String from = workload.key();
      String to = from + "~";
      try (EngineSnapshot now = process.engine.openSnapshot()) {
        NavigableMap<String, Entry> entries = new TreeMap<>(known.range(keyspace, from, to));
        rangeReads.add(new RangeRead(keyspace, from, to, entries, now.version()));
      }
    }
    if (rangeReads.isEmpty()) {
      return;
    }
    RangeRead read = remember(rangeReads, null);
    planned.conditions.unchanged(
        process.engine.keyspace(read.keyspace).id(),
        CrashWorkload.bytes(read.from),
        CrashWorkload.bytes(read.to),
        read.version);
    planned.precondition.unchanged(read.keyspace, read.from, read.to, read.entries);
  }

  /** Adds a read, if there is one; returns it or an older one. */
  private <T> T remember(ArrayDeque<T> reads, @Nullable T newest) {
    if (newest != null) {
      reads.add(newest);
    }
    if (reads.size() > READS_MAX) {
      reads.removeFirst();
    }
    return random.nextInt(3) > 0
        ? reads.getLast()
        : new ArrayList<>(reads).get(random.nextInt(reads.size()));
  }
}

package io.apexstore.bench;

import static io.apexstore.bench.store.StoreKind.CONDITIONAL;
import static io.apexstore.bench.store.StoreKind.EXPIRING;
import static io.apexstore.bench.store.StoreKind.LAZY_LEVELING;
import static io.apexstore.bench.store.StoreKind.LMDB;
import static io.apexstore.bench.store.StoreKind.MVSTORE;
import static io.apexstore.bench.store.StoreKind.ROCKSDB;
import static io.apexstore.bench.store.StoreKind.TIERED;

import io.apexstore.bench.job.BenchJobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All workloads, in the order in which they run. */
final class Workloads {
  private static final String THOUSAND_PER_SECOND = "k/s";
  private static final long MIB = 1 << 20;

  private Workloads() {}

  static List<Workload> all() {
    List<Workload> all = new ArrayList<>();
    addFills(all);
    addDurablePuts(all);
    addReads(all);
    addScans(all);
    addYcsb(all);
    addStarts(all);
    addFeeds(all);
    addAmplification(all);
    addStrategies(all);
    addTails(all);
    addFeatures(all);
    addEncrypted(all);
    return all;
  }

  /** Returns the workload of that name. */
  static Workload named(String name) {
    return all().stream()
        .filter(workload -> workload.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no workload " + name));
  }

  private static void addFills(List<Workload> all) {
    all.add(fill(500_000).inQuickRuns());
    all.add(fill(10_000).against(LMDB));
    all.add(fill(100_000).against(LMDB));
    all.add(fill(1_000_000).against(LMDB));
    all.add(fill(10_000_000).timed(1, 3));
  }

  private static Workload fill(long keys) {
    return Workload.of(
            "fillrandom-" + count(keys),
            "Fill with " + count(keys) + " keys in random order, no sync",
            "Writes",
            THOUSAND_PER_SECOND,
            context -> BenchJobs.fill(context, keys))
        .against(ROCKSDB, Goal.ratioAtLeast(3));
  }

  private static void addDurablePuts(List<Workload> all) {
    all.add(durable(1).against(ROCKSDB, Goal.ratioAtLeast(1.2)).against(LMDB).inQuickRuns());
    all.add(durable(16).against(ROCKSDB).inQuickRuns());
    all.add(durable(64).against(ROCKSDB, Goal.ratioAtLeast(3)).against(LMDB).inQuickRuns());
    all.add(
        Workload.of(
                "durable-puts-64-in-flight",
                "Durable puts, 64 in flight from one thread; the peer uses 64 threads",
                "Writes",
                THOUSAND_PER_SECOND,
                context -> BenchJobs.durablePutsInFlight(context, 64))
            .against(ROCKSDB));
  }

  private static Workload durable(int threads) {
    return Workload.of(
        "durable-puts-" + threads,
        "Durable puts, " + threads + (threads == 1 ? " thread" : " threads"),
        "Writes",
        THOUSAND_PER_SECOND,
        context -> BenchJobs.durablePuts(context, threads));
  }

  private static void addReads(List<Workload> all) {
    for (int threads = 1; threads <= 2; threads++) {
      all.add(
          read(10_000, threads)
              .against(ROCKSDB, Goal.ratioAtLeast(7))
              .against(LMDB, Goal.ratioAtLeast(1))
              .against(MVSTORE, Goal.ratioAtLeast(1)));
      all.add(
          read(100_000, threads)
              .against(ROCKSDB, Goal.ratioAtLeast(4))
              .against(LMDB, Goal.ratioAtLeast(1))
              .against(MVSTORE));
      Workload million =
          read(1_000_000, threads)
              .against(ROCKSDB, Goal.ratioAtLeast(3))
              .against(LMDB, Goal.ratioAtLeast(1))
              .against(MVSTORE);
      all.add(threads == 1 ? million.inQuickRuns() : million);
      all.add(
          read(10_000_000, threads)
              .against(ROCKSDB, Goal.ratioAtLeast(3))
              .against(LMDB, Goal.ratioAtLeast(1)));
    }
    all.add(
        Workload.of(
                "readmissing-1m",
                "Read keys that are absent from a million",
                "Reads",
                THOUSAND_PER_SECOND,
                context -> BenchJobs.readMissing(context, 1_000_000))
            .against(ROCKSDB, Goal.ratioAtLeast(1))
            .against(LMDB)
            .also(
                new Workload.Derived(
                    "-filtered",
                    "Absent keys that the filters reject",
                    "filtered",
                    "%",
                    Optional.of(Goal.oursAtLeast(99.2))))
            .inQuickRuns());
  }

  private static Workload read(long keys, int threads) {
    return Workload.of(
        "readrandom-" + count(keys) + "-" + threads + "t",
        "Read keys of "
            + count(keys)
            + " at random, "
            + threads
            + (threads == 1 ? " thread" : " threads"),
        "Reads",
        THOUSAND_PER_SECOND,
        context -> BenchJobs.read(context, keys, threads));
  }

  private static void addScans(List<Workload> all) {
    all.add(scan(10_000, false).against(LMDB, Goal.ratioAtLeast(1)).against(MVSTORE));
    all.add(scan(100_000, false).against(LMDB, Goal.ratioAtLeast(1)).against(MVSTORE));
    all.add(
        scan(1_000_000, false)
            .against(LMDB, Goal.ratioAtLeast(1))
            .against(MVSTORE, Goal.ratioAtLeast(1))
            .inQuickRuns());
    all.add(scan(10_000_000, false).against(LMDB, Goal.ratioAtLeast(1)));
    all.add(scan(1_000_000, true).against(LMDB).against(MVSTORE));
    all.add(
        Workload.of(
                "scan-deleted-1m",
                "Scan from the first key over 1 m keys that one range tombstone deletes",
                "Scans",
                "ms",
                context -> BenchJobs.scanDeleted(context, 1_000_000))
            .less()
            .against(ROCKSDB, Goal.oursAtMost(10)));
  }

  private static Workload scan(long keys, boolean reverse) {
    return Workload.of(
            (reverse ? "reverse-scan100-" : "scan100-") + count(keys),
            "Scan 100 entries" + (reverse ? " backwards" : "") + " of " + count(keys),
            "Scans",
            THOUSAND_PER_SECOND,
            context -> BenchJobs.scan(context, keys, reverse))
        .against(ROCKSDB, Goal.ratioAtLeast(6));
  }

  private static void addYcsb(List<Workload> all) {
    for (long records : new long[] {100_000, 1_000_000}) {
      for (char letter : "ABCDEF".toCharArray()) {
        all.add(ycsb(letter, records));
      }
    }
  }

  private static Workload ycsb(char letter, long records) {
    return Workload.of(
            "ycsb-" + Character.toLowerCase(letter) + "-" + count(records),
            "YCSB " + letter + ", " + count(records) + " records, 2 threads",
            "YCSB",
            THOUSAND_PER_SECOND,
            context -> BenchJobs.ycsb(context, letter, records))
        .against(ROCKSDB, Goal.ratioAtLeast(3));
  }

  private static void addStarts(List<Workload> all) {
    all.add(open(100, Goal.oursAtMost(20)));
    all.add(open(100_000, Goal.oursAtMost(100)));
    all.add(open(1_000_000, Goal.oursAtMost(100)));
    all.add(open(10_000_000, Goal.oursAtMost(100)));
    all.add(replay());
  }

  private static Workload replay() {
    return Workload.of(
            "replay-64mb",
            "Open after the process ended with 64 MB in its log",
            "Start",
            "ms",
            context -> BenchJobs.replay(context, 64 * MIB))
        .less()
        .against(ROCKSDB, Goal.ratioAtMost(1));
  }

  private static Workload open(long keys, Goal goal) {
    return Workload.of(
            "open-" + count(keys),
            "Open a closed store of " + count(keys) + " keys and read one",
            "Start",
            "ms",
            context -> BenchJobs.open(context, keys))
        .less()
        .against(ROCKSDB, goal);
  }

  private static void addFeeds(List<Workload> all) {
    all.add(
        Workload.of(
                "feed-replay",
                "Read a million changes from the log",
                "Changes",
                THOUSAND_PER_SECOND,
                context -> BenchJobs.replayChanges(context, 1_000_000))
            .against(ROCKSDB));
    all.add(
        Workload.of(
                "feed-tail",
                "Put without sync while another thread reads all changes",
                "Changes",
                THOUSAND_PER_SECOND,
                BenchJobs::followChanges)
            .against(ROCKSDB));
  }

  private static void addAmplification(List<Workload> all) {
    all.add(
        Workload.of(
                "write-amplification",
                "Bytes written to tables for each byte put: 5 m keys, overwritten five times",
                "Amplification",
                "×",
                context -> BenchJobs.amplification(context, 5_000_000))
            .less()
            .against(ROCKSDB, Goal.ratioAtMost(1))
            .timed(1, 1)
            .also(
                new Workload.Derived(
                    "-with-log",
                    "The same including the log, as the system counts bytes written",
                    "with_log",
                    "×",
                    Optional.empty()))
            .also(
                new Workload.Derived(
                    "-space",
                    "Bytes of tables afterwards for each byte of a fully compacted store",
                    "space",
                    "×",
                    Optional.of(Goal.oursAtMost(1.15))))
            .also(
                new Workload.Derived(
                    "-space-with-log",
                    "The same including everything else in the directory",
                    "space_with_log",
                    "×",
                    Optional.empty())));
  }

  /** The same with less data, for each compaction strategy. */
  private static void addStrategies(List<Workload> all) {
    Workload leveled =
        Workload.of(
                "write-amplification",
                "Bytes written to tables for each byte put: 1 m keys, overwritten five times, write"
                    + " buffers of 8 MiB",
                "Amplification",
                "×",
                context -> BenchJobs.amplification(context, 1_000_000, 8 * MIB))
            .less()
            .timed(1, 1)
            .also(
                new Workload.Derived(
                    "-space",
                    "Bytes of tables afterwards for each byte of a fully compacted store",
                    "space",
                    "×",
                    Optional.empty()));
    all.add(leveled.compacted(TIERED));
    all.add(leveled.compacted(LAZY_LEVELING));
  }

  private static void addTails(List<Workload> all) {
    all.add(
        Workload.of(
                "tail-read",
                "Reads during compaction: p99.9 divided by that of an idle store, at half the highest rate",
                "Latency",
                "×",
                context -> BenchJobs.readTail(context, 2_000_000))
            .less()
            .against(ROCKSDB, Goal.oursAtMost(2))
            .also(longestPause())
            .timed(5, 5));
    all.add(
        Workload.of(
                "tail-put",
                "Puts for ten minutes: p99.9 at half the highest rate, no sync",
                "Latency",
                "µs",
                context -> BenchJobs.putTail(context, context.seconds()))
            .less()
            .against(ROCKSDB, Goal.oursAtMost(1000))
            .also(longestPause())
            .timed(120, 5));
  }

  private static Workload.Derived longestPause() {
    return new Workload.Derived(
        "-pause",
        "The longest pause that the machine did not cause",
        "own_pause_ms_max",
        "ms",
        Optional.of(Goal.oursAtMost(50)),
        true);
  }

  /** The cost of expiry and of conditions for writers. */
  private static void addFeatures(List<Workload> all) {
    all.add(
        Workload.of(
                "puts-beside-expiry",
                "Puts without sync while a million other keys expire, compared with no expiry",
                "Features",
                THOUSAND_PER_SECOND,
                BenchJobs::putsBesideExpiry)
            .doneBy(EXPIRING, Goal.ratioAtLeast(0.9))
            .timed(8, 5));
    all.add(
        Workload.of(
                "replace-100k",
                "Read a value and replace it if it is unchanged, compared with no condition",
                "Features",
                THOUSAND_PER_SECOND,
                context -> BenchJobs.replace(context, 100_000))
            .doneBy(CONDITIONAL));
  }

  /** The cost of encryption, in each kind of workload. */
  private static void addEncrypted(List<Workload> all) {
    Goal most = Goal.ratioAtLeast(0.8);
    all.add(fill(500_000).encrypted(most));
    all.add(durable(1).encrypted(most));
    all.add(durable(64).encrypted(most));
    all.add(read(100_000, 1).encrypted(most));
    all.add(read(1_000_000, 1).encrypted(most));
    all.add(read(10_000_000, 1).encrypted(most));
    all.add(scan(1_000_000, false).encrypted(most));
    all.add(scan(10_000_000, false).encrypted(most));
    all.add(ycsb('A', 1_000_000).encrypted(most));
    all.add(ycsb('E', 1_000_000).encrypted(most));
    all.add(open(1_000_000, Goal.oursAtMost(100)).encrypted(Goal.ratioAtMost(1.25)));
    all.add(replay().encrypted(Goal.ratioAtMost(1.25)));
  }

  private static String count(long keys) {
    if (keys % 1_000_000 == 0) {
      return keys / 1_000_000 + "m";
    }
    return keys % 1000 == 0 ? keys / 1000 + "k" : Long.toString(keys);
  }
}

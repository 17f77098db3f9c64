package io.apexstore.bench;

import io.apexstore.bench.job.Job;
import io.apexstore.bench.job.JobContext;
import io.apexstore.bench.store.StoreKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A workload that is measured on this store and on its peers.
 *
 * @param name its name in commands and files
 * @param title a title for people
 * @param group the group of workloads that it belongs to
 * @param unit the unit of its figure
 * @param lowerIsBetter whether less is better
 * @param ours the store that is measured, unless the command line names another
 * @param peers the stores to compare with, the most important first, each with its goal if it has
 *     one
 * @param derived additional figures that the same rounds yield
 * @param quick whether a quick run includes it
 * @param seconds the length of a timed round; a quick one lasts {@link #quickSeconds}
 * @param rounds the number of rounds
 * @param factory creates the job
 */
record Workload(
    String name,
    String title,
    String group,
    String unit,
    boolean lowerIsBetter,
    StoreKind ours,
    Map<StoreKind, Optional<Goal>> peers,
    List<Derived> derived,
    boolean quick,
    double seconds,
    int rounds,
    Factory factory) {

  /** Creates the job of a workload for one store. */
  @FunctionalInterface
  interface Factory {
    /** Creates the job. */
    Job create(JobContext context);
  }

  /**
   * An additional figure that the same rounds yield.
   *
   * @param suffix the suffix of the workload's name
   * @param title a title for people
   * @param detail the name of the detail of the measurement
   * @param unit the unit of the figure
   * @param goal the goal, if any
   * @param worst whether the figure is the maximum of all rounds instead of their median
   */
  record Derived(
      String suffix, String title, String detail, String unit, Optional<Goal> goal, boolean worst) {
    Derived(String suffix, String title, String detail, String unit, Optional<Goal> goal) {
      this(suffix, title, detail, unit, goal, false);
    }
  }

  private static final double SECONDS = 3;
  private static final int ROUNDS = 5;

  /** The length of a timed round in a quick run. */
  double quickSeconds() {
    return Math.min(seconds, 1.2);
  }

  static Workload of(String name, String title, String group, String unit, Factory factory) {
    return new Workload(
        name,
        title,
        group,
        unit,
        false,
        StoreKind.APEXSTORE,
        Map.of(),
        List.of(),
        false,
        SECONDS,
        ROUNDS,
        factory);
  }

  /** Returns this workload with encryption, compared with this store without it. */
  Workload encrypted(Goal goal) {
    return new Workload(
        name + "-encrypted",
        title + "; encrypted, compared with not encrypted",
        "Encryption",
        unit,
        lowerIsBetter,
        StoreKind.ENCRYPTED,
        Map.of(StoreKind.APEXSTORE, Optional.of(goal)),
        List.of(),
        quick,
        seconds,
        rounds,
        factory);
  }

  /** Returns this workload on a variant of this store, compared with this store. */
  Workload doneBy(StoreKind variant) {
    return doneBy(variant, Optional.empty());
  }

  /** Returns this workload on a variant of this store, compared with this store. */
  Workload doneBy(StoreKind variant, Goal goal) {
    return doneBy(variant, Optional.of(goal));
  }

  private Workload doneBy(StoreKind variant, Optional<Goal> goal) {
    return new Workload(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        variant,
        Map.of(StoreKind.APEXSTORE, goal),
        derived,
        quick,
        seconds,
        rounds,
        factory);
  }

  /** Returns this workload with another compaction strategy, compared with leveled compaction. */
  Workload compacted(StoreKind strategy) {
    return new Workload(
        name + "-" + strategy.id(),
        title + "; " + strategy.id() + ", compared with leveled",
        "Amplification",
        unit,
        lowerIsBetter,
        strategy,
        Map.of(StoreKind.APEXSTORE, Optional.empty()),
        derived,
        quick,
        seconds,
        rounds,
        factory);
  }

  Workload against(StoreKind peer) {
    return with(peer, Optional.empty());
  }

  Workload against(StoreKind peer, Goal goal) {
    return with(peer, Optional.of(goal));
  }

  private Workload with(StoreKind peer, Optional<Goal> goal) {
    Map<StoreKind, Optional<Goal>> more = new LinkedHashMap<>(peers);
    more.put(peer, goal);
    return new Workload(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        ours,
        more,
        derived,
        quick,
        seconds,
        rounds,
        factory);
  }

  Workload less() {
    return new Workload(
        name, title, group, unit, true, ours, peers, derived, quick, seconds, rounds, factory);
  }

  Workload inQuickRuns() {
    return new Workload(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        ours,
        peers,
        derived,
        true,
        seconds,
        rounds,
        factory);
  }

  Workload timed(double newSeconds, int newRounds) {
    return new Workload(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        ours,
        peers,
        derived,
        quick,
        newSeconds,
        newRounds,
        factory);
  }

  Workload also(Derived figure) {
    List<Derived> more = new ArrayList<>(derived);
    more.add(figure);
    return new Workload(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        ours,
        peers,
        more,
        quick,
        seconds,
        rounds,
        factory);
  }
}

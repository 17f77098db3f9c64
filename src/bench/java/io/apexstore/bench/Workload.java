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
 * Something that is measured on this store and on its peers.
 *
 * @param name its name in commands and files
 * @param title what it is, for people
 * @param group which workloads it belongs beside
 * @param unit unit of its figure
 * @param lowerIsBetter whether less is better
 * @param ours what is measured, unless the command says otherwise
 * @param peers the stores beside which it runs, the most important first, with the goal if any
 * @param derived figures that come out beside the main one
 * @param quick whether it is part of a quick run
 * @param seconds how long a timed round takes; a quick one takes {@link #quickSeconds}
 * @param rounds how many rounds there are
 * @param factory makes the job
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

  /** Makes a workload's job for one store. */
  @FunctionalInterface
  interface Factory {
    /** Makes it. */
    Job make(JobContext context);
  }

  /**
   * A figure that comes out beside the main one.
   *
   * @param suffix what follows the workload's name
   * @param title what it is, for people
   * @param detail the detail of the measurement that it is
   * @param unit its unit
   * @param goal its goal, if any
   * @param worst whether the largest of all rounds counts in place of their median
   */
  record Derived(
      String suffix, String title, String detail, String unit, Optional<Goal> goal, boolean worst) {
    Derived(String suffix, String title, String detail, String unit, Optional<Goal> goal) {
      this(suffix, title, detail, unit, goal, false);
    }
  }

  private static final double SECONDS = 3;
  private static final int ROUNDS = 5;

  /** How long a timed round of a quick run takes. */
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

  /** Returns the same work with encryption on, beside this store with it off. */
  Workload encrypted(Goal goal) {
    return new Workload(
        name + "-encrypted",
        title + "; encrypted, beside the same not encrypted",
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

  /** Returns the work as it is done by this store in another way, beside this store. */
  Workload doneBy(StoreKind variant) {
    return doneBy(variant, Optional.empty());
  }

  /** Returns the work as it is done by this store in another way, beside this store. */
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

  /** Returns the same work with another strategy of compaction, beside this store leveled. */
  Workload compacted(StoreKind strategy) {
    return new Workload(
        name + "-" + strategy.id(),
        title + "; " + strategy.id() + ", beside the same leveled",
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

  Workload beside(StoreKind peer) {
    return with(peer, Optional.empty());
  }

  Workload beside(StoreKind peer, Goal goal) {
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

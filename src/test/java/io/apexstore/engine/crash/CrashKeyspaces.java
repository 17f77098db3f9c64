package io.apexstore.engine.crash;

import io.apexstore.engine.LsmEngine;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/** The keyspaces of a run: when each was created, with its settings over time. */
final class CrashKeyspaces {
  private static final List<String> FROM_THE_START = List.of("default", "orders", "users");
  private static final int LATER_MAX = 4;
  // The strategies that delete nothing.
  private static final List<CompactionStrategy> STRATEGIES =
      List.of(
          CompactionStrategy.LEVELED, CompactionStrategy.TIERED, CompactionStrategy.LAZY_LEVELING);

  /** A change of options, with the steps at which it began and ended. */
  private static final class Change {
    final String keyspace;
    final KeyspaceOptions options;
    final int begunAt;
    int doneAt = Integer.MAX_VALUE;

    Change(String keyspace, KeyspaceOptions options, int begunAt) {
      this.keyspace = keyspace;
      this.options = options;
      this.begunAt = begunAt;
    }
  }

  private final SplittableRandom random;
  private final CompactionStrategy standard;
  private final IntSupplier steps;
  private final List<Change> changes = new ArrayList<>();

  /**
   * Creates the keyspaces of a new run: only the default one.
   *
   * @param standard the strategy of keyspaces that are created without one
   * @param steps returns the current step of the storage
   */
  CrashKeyspaces(SplittableRandom random, CompactionStrategy standard, IntSupplier steps) {
    this.random = random;
    this.standard = standard;
    this.steps = steps;
    changes.add(new Change(FROM_THE_START.getFirst(), with(standard), -1));
  }

  /** Returns the names of the keyspaces for commits; creates missing ones. */
  List<String> names(LsmEngine engine) {
    List<String> there = engine.keyspaceNames();
    for (String name : FROM_THE_START) {
      if (!there.contains(name)) {
        set(engine, name, with(standard));
      }
    }
    return engine.keyspaceNames();
  }

  private static KeyspaceOptions with(CompactionStrategy strategy) {
    return KeyspaceOptions.defaults().withCompaction(strategy);
  }

  /** Creates another keyspace, or changes the options of one. */
  void changeOne(LsmEngine engine) {
    int later = random.nextInt(2 * LATER_MAX);
    String name =
        switch (later) {
          case 0, 1 -> StoreContent.FIRST_IN_FIRST_OUT;
          case 2, 3, 4, 5 -> "later-" + later;
          default -> FROM_THE_START.get(random.nextInt(FROM_THE_START.size()));
        };
    set(engine, name, CrashWorkload.losesNothing(name) ? options() : firstInFirstOut());
  }

  private KeyspaceOptions options() {
    CompactionStrategy strategy = STRATEGIES.get(random.nextInt(STRATEGIES.size()));
    long ttlMs = random.nextInt(3) == 0 ? random.nextInt(1, 1_000_000) : 0;
    return with(strategy)
        .withTtl(Duration.ofMillis(ttlMs))
        .withLogPreviousValues(random.nextInt(4) == 0);
  }

  private KeyspaceOptions firstInFirstOut() {
    long bytesMax = random.nextInt(2_000, 20_000);
    long ageMs = random.nextInt(50, 2_000);
    int limits = random.nextInt(3);
    return with(CompactionStrategy.FIFO)
        .withFifoBytesMax(limits == 1 ? 0 : bytesMax)
        .withFifoAgeMax(Duration.ofMillis(limits == 0 ? 0 : ageMs))
        .withLogPreviousValues(random.nextBoolean());
  }

  private void set(LsmEngine engine, String name, KeyspaceOptions options) {
    Change change = new Change(name, options, steps.getAsInt());
    changes.add(change);
    engine.keyspace(name, options);
    change.doneAt = steps.getAsInt();
  }

  /** Checks that a store has the keyspaces, and their options, of a step. */
  void check(LsmEngine engine, int step) {
    Set<String> required = new TreeSet<>();
    Map<String, Set<KeyspaceOptions>> possible = new TreeMap<>();
    for (Change change : changes) {
      if (change.begunAt > step) {
        break;
      }
      Set<KeyspaceOptions> known =
          possible.computeIfAbsent(change.keyspace, name -> new HashSet<>());
      if (change.doneAt <= step) {
        required.add(change.keyspace);
        known.clear();
      }
      known.add(change.options);
    }
    List<String> names = engine.keyspaceNames();
    if (!names.containsAll(required) || !possible.keySet().containsAll(names)) {
      throw new AssertionError("keyspaces are " + names + ", expected " + required);
    }
    for (String name : names) {
      KeyspaceOptions found = engine.keyspace(name).options();
      if (!possible.getOrDefault(name, Set.of()).contains(found)) {
        throw new AssertionError(
            "keyspace " + name + " has " + found + ", expected " + possible.get(name));
      }
    }
  }

  int count() {
    return changes.size();
  }
}

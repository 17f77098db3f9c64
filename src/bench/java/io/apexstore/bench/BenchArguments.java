package io.apexstore.bench;

import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.StoreKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The arguments of the command line.
 *
 * @param quick whether to run fewer workloads, shorter rounds and one peer
 * @param list whether to list the workloads only
 * @param only names of workloads, or prefixes that end with a star; empty: all
 * @param peers the stores to compare with
 * @param ours the store that is measured in place of ApexStore; another one serves to test the
 *     benchmark itself
 * @param shape the shape of the keys
 * @param rounds the number of rounds, if given
 * @param seconds the length of a timed round, if given
 * @param compare an earlier summary to compare with, if given
 * @param tolerance the share by which a ratio may shrink in that comparison
 * @param atLeast the lowest ratio to RocksDB that a workload may have, if given
 * @param goals whether a goal that is not met fails the run
 * @param folder the directory of the stores that are measured
 */
record BenchArguments(
    boolean quick,
    boolean list,
    List<String> only,
    Set<StoreKind> peers,
    StoreKind ours,
    KeyShape shape,
    OptionalInt rounds,
    OptionalDouble seconds,
    Optional<Path> compare,
    double tolerance,
    OptionalDouble atLeast,
    boolean goals,
    Path folder) {

  private static final int QUICK_ROUNDS = 3;
  private static final double TOLERANCE = 0.15;

  /** A command line with an error, which the message describes. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
      super(message);
    }
  }

  static BenchArguments parse(List<String> arguments, Path home) throws UsageException {
    Iterator<String> rest = arguments.iterator();
    boolean quick = false;
    boolean list = false;
    boolean goals = false;
    List<String> only = new ArrayList<>();
    Set<StoreKind> peers = EnumSet.noneOf(StoreKind.class);
    StoreKind ours = StoreKind.APEXSTORE;
    KeyShape shape = KeyShape.BINARY;
    OptionalInt rounds = OptionalInt.empty();
    OptionalDouble seconds = OptionalDouble.empty();
    Optional<Path> compare = Optional.empty();
    double tolerance = TOLERANCE;
    OptionalDouble atLeast = OptionalDouble.empty();
    Path folder = home.resolve("target/bench/work");
    while (rest.hasNext()) {
      String name = rest.next();
      try {
        switch (name) {
          case "--quick" -> quick = true;
          case "--list" -> list = true;
          case "--goals" -> goals = true;
          case "--only" -> only.addAll(List.of(value(name, rest).split(",", -1)));
          case "--peers" -> {
            for (String peer : value(name, rest).split(",", -1)) {
              peers.add(StoreKind.ofId(peer));
            }
          }
          case "--ours" -> ours = StoreKind.ofId(value(name, rest));
          case "--keys" -> shape = KeyShape.valueOf(value(name, rest).toUpperCase(Locale.ROOT));
          case "--rounds" -> rounds = OptionalInt.of(Integer.parseInt(value(name, rest)));
          case "--seconds" -> seconds = OptionalDouble.of(Double.parseDouble(value(name, rest)));
          case "--compare" -> compare = Optional.of(Path.of(value(name, rest)));
          case "--tolerance" -> tolerance = Double.parseDouble(value(name, rest));
          case "--at-least" -> atLeast = OptionalDouble.of(Double.parseDouble(value(name, rest)));
          case "--dir" -> folder = Path.of(value(name, rest)).resolve("apexstore-bench");
          default -> throw new UsageException("unknown argument " + name);
        }
      } catch (IllegalArgumentException e) {
        throw new UsageException(name + ": " + e.getMessage());
      }
    }
    if (peers.isEmpty()) {
      peers.addAll(quick ? EnumSet.of(StoreKind.ROCKSDB) : EnumSet.allOf(StoreKind.class));
    }
    return new BenchArguments(
        quick, list, only, peers, ours, shape, rounds, seconds, compare, tolerance, atLeast, goals,
        folder);
  }

  private static String value(String name, Iterator<String> rest) throws UsageException {
    if (!rest.hasNext()) {
      throw new UsageException(name + " needs a value");
    }
    return rest.next();
  }

  /** Returns the requested workloads. */
  List<Workload> workloads() throws UsageException {
    List<Workload> chosen = new ArrayList<>();
    Set<String> unused = new HashSet<>(only);
    for (Workload workload : Workloads.all()) {
      boolean named = only.isEmpty() && (workload.quick() || !quick);
      for (String pattern : only) {
        if (matches(pattern, workload.name())) {
          unused.remove(pattern);
          named = true;
        }
      }
      if (named) {
        chosen.add(workload);
      }
    }
    if (!unused.isEmpty()) {
      throw new UsageException("there is no workload " + String.join(" or ", unused));
    }
    return chosen;
  }

  private static boolean matches(String pattern, String name) {
    return pattern.endsWith("*")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  int roundsOf(Workload workload) {
    return rounds.orElse(quick ? Math.min(QUICK_ROUNDS, workload.rounds()) : workload.rounds());
  }

  double secondsOf(Workload workload) {
    return seconds.orElse(quick ? workload.quickSeconds() : workload.seconds());
  }
}

package io.apexstore.bench;

import io.apexstore.bench.job.Measurement;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.report.ResultTable;
import io.apexstore.bench.store.StoreKind;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs one workload on this store and its peers. Each store has its own process. The order of the
 * stores rotates with each round, so that no store is always the first or the last.
 */
final class Comparison {
  private final Workload workload;
  private final BenchArguments arguments;
  private final List<StoreKind> kinds = new ArrayList<>();
  private final Map<StoreKind, List<Measurement>> rounds = new EnumMap<>(StoreKind.class);

  Comparison(Workload workload, BenchArguments arguments) {
    this.workload = workload;
    this.arguments = arguments;
    StoreKind ours = arguments.ours() == StoreKind.APEXSTORE ? workload.ours() : arguments.ours();
    kinds.add(ours);
    for (StoreKind peer : workload.peers().keySet()) {
      // The cost of a feature of this store is compared with this store only.
      boolean wanted = peer == StoreKind.APEXSTORE || arguments.peers().contains(peer);
      if (wanted && peer != ours) {
        kinds.add(peer);
      }
    }
  }

  /** Runs the workload; returns a result for each peer and for each derived figure. */
  List<Result> run(Path folder, Path log, PrintStream out) throws IOException {
    Map<StoreKind, WorkerProcess> workers = new LinkedHashMap<>();
    try {
      for (StoreKind kind : kinds) {
        Path own = Files.createDirectories(folder.resolve(kind.id()));
        WorkerProcess worker = WorkerProcess.start(workload, kind, own, arguments, log);
        workers.put(kind, worker);
        rounds.put(kind, new ArrayList<>());
        worker.prepare();
        worker.warmUp();
      }
      for (int round = 0; round < arguments.roundsOf(workload); round++) {
        for (int turn = 0; turn < kinds.size(); turn++) {
          StoreKind kind = kinds.get((round + turn) % kinds.size());
          for (WorkerProcess worker : workers.values()) {
            worker.awaitRest();
          }
          settleDisk();
          Measurement measurement = worker(workers, kind).round(round);
          rounds.computeIfAbsent(kind, absent -> new ArrayList<>()).add(measurement);
          out.print(" " + kind.id() + " " + ResultTable.number(measurement.value()));
          out.flush();
        }
        out.print(" |");
      }
      out.println();
    } finally {
      closeAll(workers.values());
    }
    return results();
  }

  private static WorkerProcess worker(Map<StoreKind, WorkerProcess> workers, StoreKind kind) {
    WorkerProcess worker = workers.get(kind);
    if (worker == null) {
      throw new IllegalStateException("no process for " + kind);
    }
    return worker;
  }

  private static void closeAll(Iterable<WorkerProcess> workers) {
    for (WorkerProcess worker : workers) {
      try {
        worker.close();
      } catch (IOException e) {
        System.err.println("bench: " + e.getMessage());
      }
    }
  }

  /**
   * Waits until the writes of one store are on the disk, so that the next store does not pay for
   * them.
   */
  private static void settleDisk() throws IOException {
    try {
      Process sync = new ProcessBuilder("sync").start();
      if (!sync.waitFor(2, TimeUnit.MINUTES)) {
        sync.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private List<Result> results() {
    List<Result> results = new ArrayList<>();
    for (int i = 1; i < kinds.size(); i++) {
      StoreKind peer = kinds.get(i);
      boolean first = peer == StoreKind.ROCKSDB || peer == StoreKind.APEXSTORE;
      String suffix = first ? "" : "/" + peer.id();
      results.add(
          result(
              workload.name() + suffix,
              workload.title(),
              workload.unit(),
              peer,
              values(kinds.getFirst(), null),
              values(peer, null),
              workload.peers().getOrDefault(peer, Optional.empty()),
              true));
      for (Workload.Derived derived : workload.derived()) {
        if (!details(peer).containsKey(derived.detail())) {
          continue; // The peer has no such figure.
        }
        results.add(
            result(
                workload.name() + derived.suffix() + suffix,
                derived.title(),
                derived.unit(),
                peer,
                derived(kinds.getFirst(), derived),
                derived(peer, derived),
                derived.goal(),
                false));
      }
    }
    return results;
  }

  private Result result(
      String name,
      String title,
      String unit,
      StoreKind peer,
      List<Double> ours,
      List<Double> peers,
      Optional<Goal> goal,
      boolean withDetails) {
    double oursMedian = Result.median(ours);
    double ratio = oursMedian / Result.median(peers);
    return new Result(
        name,
        title,
        workload.group(),
        unit,
        workload.lowerIsBetter(),
        peer.title(),
        peer.version(),
        ours,
        peers,
        goal.map(g -> g.text(unit)).orElse(""),
        goal.map(g -> g.isMet(oursMedian, ratio)).orElse(true),
        withDetails ? details(kinds.getFirst()) : Map.of(),
        withDetails ? details(peer) : Map.of(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private List<Double> derived(StoreKind kind, Workload.Derived derived) {
    List<Double> values = values(kind, derived.detail());
    return derived.worst() ? List.of(Collections.max(values)) : values;
  }

  private List<Double> values(StoreKind kind, @Nullable String detail) {
    return of(kind).stream()
        .map(m -> detail == null ? m.value() : m.details().getOrDefault(detail, Double.NaN))
        .toList();
  }

  private Map<String, Double> details(StoreKind kind) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String name : of(kind).getFirst().details().keySet()) {
      medians.put(name, Result.median(values(kind, name)));
    }
    return medians;
  }

  private List<Measurement> of(StoreKind kind) {
    return rounds.getOrDefault(kind, List.of());
  }
}

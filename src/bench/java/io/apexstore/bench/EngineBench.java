package io.apexstore.bench;

import io.apexstore.bench.job.Folders;
import io.apexstore.bench.report.RegressionGate;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.report.ResultTable;
import io.apexstore.bench.report.ResultsFolder;
import io.apexstore.bench.report.Summary;
import io.apexstore.bench.store.StoreKind;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures the embedded engine: runs the workloads, stores and prints the results. */
final class EngineBench {
  private final ResultsFolder kept;
  private final PrintStream out;

  EngineBench(ResultsFolder kept, PrintStream out) {
    this.kept = kept;
    this.out = out;
  }

  ExitCode run(BenchArguments arguments) throws Exception {
    List<Workload> workloads = arguments.workloads();
    if (arguments.list()) {
      for (Workload workload : workloads) {
        out.printf(
            "%-28s %s%s%n", workload.name(), workload.title(), workload.quick() ? " [quick]" : "");
      }
      return ExitCode.DONE;
    }
    // Read first: the file may be the one that this run writes.
    List<Result> earlier =
        arguments.compare().isPresent()
            ? Summary.read(arguments.compare().get()).results()
            : List.of();
    List<Result> measured = new ArrayList<>();
    List<String> failures = measure(arguments, workloads, measured);
    out.println();
    ResultTable.print(measured, out);
    failures.forEach(failure -> out.println("FAILED " + failure));
    out.println();
    out.println("results: " + kept.summaryFile());
    out.println("charts:  " + kept.pageFile());
    return verdict(arguments, earlier, measured, failures);
  }

  private List<String> measure(
      BenchArguments arguments, List<Workload> workloads, List<Result> measured)
      throws IOException {
    List<String> failures = new ArrayList<>();
    Path folder = arguments.folder();
    Path log = kept.logFile();
    Folders.delete(folder);
    Files.createDirectories(folder);
    Files.createDirectories(log.getParent());
    Files.deleteIfExists(log);
    Thread cleaner = new Thread(() -> deleteQuietly(folder));
    Runtime.getRuntime().addShutdownHook(cleaner);
    Summary summary = kept.open();
    long start = System.nanoTime();
    for (int i = 0; i < workloads.size(); i++) {
      Workload workload = workloads.get(i);
      out.printf(
          "[%d/%d, %d s] %s:",
          i + 1, workloads.size(), (System.nanoTime() - start) / 1_000_000_000, workload.name());
      out.flush();
      try {
        for (Result result : new Comparison(workload, arguments).run(folder, log, out)) {
          measured.add(result);
          summary.add(result);
        }
        kept.write(summary); // After each workload, so that an interrupted run keeps its results.
      } catch (IOException e) {
        out.println(" FAILED");
        failures.add(workload.name() + ": " + e.getMessage() + " (see " + log + ")");
      }
    }
    return failures;
  }

  private ExitCode verdict(
      BenchArguments arguments,
      List<Result> earlier,
      List<Result> measured,
      List<String> failures) {
    ExitCode code = failures.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    List<String> worse = RegressionGate.worse(earlier, measured, arguments.tolerance());
    worse.forEach(line -> out.println("WORSE " + line));
    List<String> low = new ArrayList<>();
    for (Result result : measured) {
      boolean rocks = result.peerName().equals(StoreKind.ROCKSDB.title());
      if (rocks && result.advantage() < arguments.atLeast().orElse(0)) {
        low.add(result.name() + ": " + ResultTable.number(result.advantage()) + " × of RocksDB");
      }
      if (arguments.goals() && !result.met()) {
        low.add(result.name() + ": the goal " + result.goal() + " is not met");
      }
    }
    low.forEach(line -> out.println("LOW " + line));
    if (code != ExitCode.DONE) {
      return code;
    }
    if (!worse.isEmpty()) {
      return ExitCode.WORSE;
    }
    return low.isEmpty() ? ExitCode.DONE : ExitCode.GOAL_NOT_MET;
  }

  ExitCode report(boolean markdown) throws IOException {
    if (!Files.exists(kept.summaryFile())) {
      System.err.println("bench: no results yet: " + kept.summaryFile());
      return ExitCode.FAILED;
    }
    Summary summary = Summary.read(kept.summaryFile());
    kept.write(summary);
    if (markdown) {
      ResultTable.printMarkdown(summary, out);
      return ExitCode.DONE;
    }
    ResultTable.print(summary.results(), out);
    out.println("charts: " + kept.pageFile());
    return ExitCode.DONE;
  }

  private static void deleteQuietly(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      System.err.println("bench: cannot delete " + folder + ": " + e.getMessage());
    }
  }
}

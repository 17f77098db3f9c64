package io.apexstore.bench.http;

import io.apexstore.bench.job.Folders;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.report.ResultTable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Measures starts of the server after the first one, as a whole process, on a store with data: from
 * the execution of {@code scripts/apexstore} to the first 200 of {@code /health/ready}. It compares
 * them with starts without the ahead-of-time cache; both take turns.
 */
public final class StartBench {
  private static final double GOAL_MS = 600;
  private static final int WARM_UP_ROUNDS = 2;
  private static final int KEYS = 1_000;
  private static final Map<String, String> WITHOUT_CACHE = Map.of("APEXSTORE_AOT", "off");

  private final int rounds;
  private final Path program;
  private final Path folder;
  private final PrintStream out;

  /**
   * Creates a benchmark.
   *
   * @param rounds the number of measured starts of each side
   * @param home the directory of the repository
   * @param folder the directory of the store
   */
  public StartBench(int rounds, Path home, Path folder, PrintStream out) {
    this.rounds = rounds;
    this.program = home.resolve("scripts/apexstore").toAbsolutePath();
    this.folder = folder;
    this.out = out;
  }

  /**
   * Runs it.
   *
   * @throws IOException if the server does not start
   */
  public Result run() throws IOException, InterruptedException {
    Folders.delete(folder);
    Files.createDirectories(folder);
    try {
      try (StartedServer first = start(Map.of())) { // Builds the program if needed.
        first.put(KEYS);
      }
      List<Double> ours = new ArrayList<>();
      List<Double> without = new ArrayList<>();
      out.print("start-server (ms; with the cache, without):");
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        boolean counts = round >= 0;
        boolean oursFirst = (round & 1) == 0;
        for (boolean cache : new boolean[] {oursFirst, !oursFirst}) {
          double ms = startAndStop(cache ? Map.of() : WITHOUT_CACHE);
          if (counts) {
            (cache ? ours : without).add(ms);
          }
        }
        if (counts) {
          out.print(
              " "
                  + ResultTable.number(ours.getLast())
                  + " "
                  + ResultTable.number(without.getLast()));
          out.print(" |");
          out.flush();
        }
      }
      out.println();
      printSpread("with the cache", ours);
      printSpread("without", without);
      return result(ours, without);
    } finally {
      Folders.delete(folder);
    }
  }

  private void printSpread(String side, List<Double> ms) {
    out.printf(
        "%s: median %s ms, %s to %s ms%n",
        side,
        ResultTable.number(Result.median(ms)),
        ResultTable.number(ms.stream().min(Double::compare).orElseThrow()),
        ResultTable.number(ms.stream().max(Double::compare).orElseThrow()));
  }

  private StartedServer start(Map<String, String> environment)
      throws IOException, InterruptedException {
    return StartedServer.start(program, folder, environment);
  }

  private double startAndStop(Map<String, String> environment)
      throws IOException, InterruptedException {
    try (StartedServer server = start(environment)) {
      return server.readyMs();
    }
  }

  private static Result result(List<Double> ours, List<Double> without) {
    return new Result(
        "start-server",
        "Start of the server, whole process",
        "Server",
        "ms",
        true,
        "without the AOT cache",
        "",
        ours,
        without,
        "ours ≤ " + ResultTable.number(GOAL_MS) + " ms",
        Result.median(ours) <= GOAL_MS,
        Map.of(),
        Map.of(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }
}

package io.apexstore.bench;

import io.apexstore.bench.http.BareServer;
import io.apexstore.bench.http.HttpBench;
import io.apexstore.bench.http.HttpOptions;
import io.apexstore.bench.http.StartBench;
import io.apexstore.bench.http.StartOptions;
import io.apexstore.bench.job.ReplayJob;
import io.apexstore.bench.load.LargeBench;
import io.apexstore.bench.load.LargeOptions;
import io.apexstore.bench.load.LargeRun;
import io.apexstore.bench.load.LoadBench;
import io.apexstore.bench.load.LoadOptions;
import io.apexstore.bench.load.LoadRun;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.report.ResultTable;
import io.apexstore.bench.report.ResultsFolder;
import io.apexstore.bench.store.StoreKind;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The main class of the benchmarks. For exit codes, see {@link ExitCode}. */
public final class BenchMain {
  private static final String USAGE =
      """
      usage: scripts/bench [options]            runs all workloads; 1.5 hours
             scripts/bench --quick              the most important ones next to RocksDB; 3 minutes
             scripts/bench --only NAME[,NAME]   some workloads; a name may end with a star
             scripts/bench http [options]       the server next to a bare Vert.x server
             scripts/bench start [options]      how long the server takes to start
             scripts/bench load10m              loads 10 m keys with -Xmx256m, reads them in order
             scripts/bench load [options]       the same with other numbers
             scripts/bench large [options]      10 GB with a heap of 128 MiB and 256 MiB outside it
             scripts/bench micro [JMH options]  single methods under JMH
             scripts/bench report [--markdown]  prints the last results again

        --list             lists the workloads
        --peers A,B        compares with these only: rocksdb, lmdb, mvstore
        --rounds N         rounds of each store (default 5, quick 3)
        --seconds S        length of a timed round
        --keys SHAPE       binary (as in db_bench; default), decimal or hashed
        --dir FOLDER       directory of the stores (default target/bench/work)
        --compare FILE     exits with 3 if a ratio is worse than in this summary.json
        --tolerance SHARE  share by which a ratio may shrink (default 0.15)
        --at-least RATIO   exits with 4 if a ratio to RocksDB is lower
        --goals            exits with 4 if a goal is not met

        http: --rounds N, --seconds S, --connections N, --only get,put,large, --at-least RATIO
        start: --rounds N (default 9), --goals
        load: --keys N, --batch N, --heap SIZE, --stall-ms-max MS, --dir FOLDER
        large: --gb N, --heap SIZE, --budget MIB, --dir FOLDER

      Results: target/bench/summary.json, target/bench/index.html.
      Exit codes: 0 done, 1 failure, 2 usage, 3 worse than before, 4 a goal is not met.
      """;

  private BenchMain() {}

  /** Runs the benchmark that the arguments name. */
  public static void main(String[] args) {
    List<String> arguments = Arrays.asList(args);
    ExitCode code;
    try {
      code = run(arguments);
    } catch (BenchArguments.UsageException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(USAGE);
      code = ExitCode.USAGE;
    } catch (Exception e) {
      e.printStackTrace();
      code = ExitCode.FAILED;
    }
    System.exit(code.number());
  }

  private static ExitCode run(List<String> arguments) throws Exception {
    Path home = Path.of(System.getProperty("apexstore.home", "."));
    String first = arguments.isEmpty() ? "" : arguments.getFirst();
    List<String> rest = arguments.isEmpty() ? arguments : arguments.subList(1, arguments.size());
    ResultsFolder kept = ResultsFolder.of(home);
    return switch (first) {
      case "--help", "-h", "help" -> help();
      case "http" -> http(rest, home, kept);
      case "start" -> start(rest, home, kept);
      case "load", "load10m" -> load(first, rest, home, kept);
      case "large" -> large(rest, home, kept);
      case "report" -> new EngineBench(kept, System.out).report(rest.contains("--markdown"));
      case "worker", "fill-and-halt", "load-run", "large-run", "bare-server" -> child(first, rest);
      default -> {
        BenchArguments parsed = BenchArguments.parse(arguments, home);
        boolean trial = parsed.ours() != StoreKind.APEXSTORE;
        ResultsFolder folder = trial ? ResultsFolder.ofTrials(home) : kept;
        yield new EngineBench(folder, System.out).run(parsed);
      }
    };
  }

  /** Runs a role in a child process of this program. */
  private static ExitCode child(String role, List<String> arguments) throws Exception {
    switch (role) {
      case "worker" -> WorkerMain.run(arguments);
      case "fill-and-halt" -> ReplayJob.fillAndHalt(arguments);
      case "bare-server" -> BareServer.serve(arguments);
      case "large-run" -> {
        boolean right = new LargeRun(LargeOptions.parse(arguments), System.out).run();
        return right ? ExitCode.DONE : ExitCode.FAILED;
      }
      default -> {
        boolean right = new LoadRun(LoadOptions.parse(arguments), System.out).run();
        return right ? ExitCode.DONE : ExitCode.FAILED;
      }
    }
    return ExitCode.DONE;
  }

  private static ExitCode http(List<String> arguments, Path home, ResultsFolder kept)
      throws IOException, InterruptedException, BenchArguments.UsageException {
    HttpOptions options;
    try {
      options = HttpOptions.parse(arguments);
    } catch (IllegalArgumentException e) {
      throw new BenchArguments.UsageException("http: " + e.getMessage());
    }
    List<Result> results;
    try {
      Path folder = home.resolve("target/bench/work-http");
      results = new HttpBench(options, folder, System.out).run();
    } catch (IOException e) {
      System.err.println("bench: http: " + e.getMessage());
      return ExitCode.FAILED;
    }
    kept.keep(results);
    System.out.println();
    ResultTable.print(results, System.out);
    System.out.println();
    System.out.println("results: " + kept.summaryFile());
    for (Result result : results) {
      if (result.name().equals("http-get") && result.ratio() < options.atLeast()) {
        System.out.println(
            "LOW http-get: " + ResultTable.number(result.ratio()) + " × of bare Vert.x");
        return ExitCode.GOAL_NOT_MET;
      }
    }
    return ExitCode.DONE;
  }

  private static ExitCode start(List<String> arguments, Path home, ResultsFolder kept)
      throws IOException, InterruptedException, BenchArguments.UsageException {
    StartOptions options;
    try {
      options = StartOptions.parse(arguments);
    } catch (IllegalArgumentException e) {
      throw new BenchArguments.UsageException("start: " + e.getMessage());
    }
    Result result;
    try {
      Path folder = home.resolve("target/bench/work-start");
      result = new StartBench(options.rounds(), home, folder, System.out).run();
    } catch (IOException e) {
      System.err.println("bench: start: " + e.getMessage());
      return ExitCode.FAILED;
    }
    kept.keep(List.of(result));
    System.out.println();
    ResultTable.print(List.of(result), System.out);
    System.out.println();
    System.out.println("results: " + kept.summaryFile());
    if (options.goals() && !result.met()) {
      System.out.println("LOW " + result.name() + ": the goal " + result.goal() + " is not met");
      return ExitCode.GOAL_NOT_MET;
    }
    return ExitCode.DONE;
  }

  private static ExitCode load(String name, List<String> arguments, Path home, ResultsFolder kept)
      throws IOException, InterruptedException, BenchArguments.UsageException {
    LoadOptions options;
    try {
      options = LoadOptions.parse(arguments);
    } catch (IllegalArgumentException e) {
      throw new BenchArguments.UsageException(name + ": " + e.getMessage());
    }
    Optional<JsonObject> figures = LoadBench.run(options, home, System.out);
    if (figures.isEmpty()) {
      return ExitCode.FAILED;
    }
    kept.keepRun("load of " + options.keys() + " keys, heap " + options.heap(), figures.get());
    System.out.println("load: OK, the scan returned every key once, in order, with its value");
    System.out.println("results: " + kept.summaryFile());
    return ExitCode.DONE;
  }

  private static ExitCode large(List<String> arguments, Path home, ResultsFolder kept)
      throws IOException, InterruptedException, BenchArguments.UsageException {
    LargeOptions options;
    try {
      options = LargeOptions.parse(arguments);
    } catch (IllegalArgumentException e) {
      throw new BenchArguments.UsageException("large: " + e.getMessage());
    }
    Optional<JsonObject> figures = LargeBench.run(options, home, System.out);
    if (figures.isEmpty()) {
      return ExitCode.FAILED;
    }
    kept.keepRun(
        "%s GB, heap %s, %d MiB outside it"
            .formatted(options.gigabytes(), options.heap(), options.budgetMib()),
        figures.get());
    System.out.println("large: OK, every answer was right, within the memory limit");
    System.out.println("results: " + kept.summaryFile());
    return ExitCode.DONE;
  }

  private static ExitCode help() {
    System.out.print(USAGE);
    return ExitCode.DONE;
  }
}

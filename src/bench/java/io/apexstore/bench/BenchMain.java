package io.apexstore.bench;

import io.apexstore.bench.job.ReplayJob;
import io.apexstore.bench.store.StoreKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Entry of the bench. Exit codes stand in {@link ExitCode}. */
public final class BenchMain {
  private static final String USAGE =
      """
      usage: scripts/bench [options]            all workloads; hours
             scripts/bench --quick              the most telling ones beside RocksDB; 3 minutes
             scripts/bench --only NAME[,NAME]   some; a name may end with a star
             scripts/bench http [options]       the server beside a bare Vert.x server
             scripts/bench load10m              10 m keys into -Xmx256m, read back in order
             scripts/bench load [options]       the same with other numbers
             scripts/bench report               the page and the table of the last results again

        --list             say what workloads there are
        --peers A,B        only beside these: rocksdb, lmdb, mvstore
        --rounds N         rounds of each store (default 5, quick 3)
        --seconds S        length of a timed round
        --keys SHAPE       binary (as db_bench makes them; default), decimal or hashed
        --dir FOLDER       where stores are made (default target/bench/work)
        --compare FILE     exit with 3 where a ratio is worse than in this summary.json
        --tolerance SHARE  by how much it may shrink (default 0.15)
        --at-least RATIO   exit with 4 where a ratio to RocksDB is lower
        --goals            exit with 4 where a goal is not met

        http: --rounds N, --seconds S, --connections N, --only get,put, --at-least RATIO
        load: --keys N, --batch N, --heap SIZE, --stall-ms-max MS, --dir FOLDER

      Results: target/bench/summary.json, target/bench/index.html.
      Exit codes: 0 done, 1 something failed, 2 usage, 3 worse than before, 4 a goal is not met.
      """;

  private BenchMain() {}

  /** Runs what the arguments ask for. */
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
    return switch (first) {
      case "--help", "-h", "help" -> help();
      case "worker" -> WorkerMain.run(rest);
      case "fill-and-halt" -> {
        ReplayJob.fillAndHalt(rest);
        yield ExitCode.DONE;
      }
      case "report" -> new EngineBench(home, StoreKind.APEXSTORE, System.out).report();
      default -> {
        BenchArguments parsed = BenchArguments.parse(arguments, home);
        yield new EngineBench(home, parsed.ours(), System.out).run(parsed);
      }
    };
  }

  private static ExitCode help() {
    System.out.print(USAGE);
    return ExitCode.DONE;
  }
}

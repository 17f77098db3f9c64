package io.apexstore.bench;

import io.apexstore.bench.job.Job;
import io.apexstore.bench.job.JobContext;
import io.apexstore.bench.job.Measurement;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.StoreKind;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The process in which one workload runs on one store. It reads commands, one per line, and answers
 * each with a line that begins with {@link #MARK}. Other output comes from libraries.
 */
final class WorkerMain {
  /** The start of each line that is an answer. */
  static final String MARK = "@bench ";

  private WorkerMain() {}

  /** Runs until the input ends. Arguments: workload, store, directory, shape of keys, seconds. */
  static void run(List<String> arguments) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err); // For the output of libraries.
    Workload workload = Workloads.named(arguments.get(0));
    JobContext context =
        new JobContext(
            StoreKind.ofId(arguments.get(1)),
            Path.of(arguments.get(2)),
            KeyShape.valueOf(arguments.get(3)),
            Double.parseDouble(arguments.get(4)));
    Job job = workload.factory().create(context);
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String command = commands.readLine();
    while (command != null) {
      answers.println(MARK + answer(job, context, command).encode());
      answers.flush();
      command = commands.readLine();
    }
    // Threads of a library must not keep the process alive.
    Runtime.getRuntime().halt(0);
  }

  private static JsonObject answer(Job job, JobContext context, String command) {
    try {
      JsonObject answer = new JsonObject();
      switch (command) {
        case "prepare" -> job.prepare();
        case "warm-up" -> job.warmUp();
        case "close" -> job.close();
        default -> {
          System.gc();
          Measurement measurement = job.round(Integer.parseInt(command));
          JsonObject details = new JsonObject();
          measurement.details().forEach(details::put);
          details.put("disk_mib", context.diskBytes() / (double) (1 << 20));
          details.put("memory_mib", memoryMaxMib());
          answer.put("value", measurement.value()).put("details", details);
        }
      }
      return answer;
    } catch (Throwable e) {
      e.printStackTrace();
      return new JsonObject().put("error", e.toString());
    }
  }

  /** Peak resident memory of the process, as Linux counts it. */
  private static double memoryMaxMib() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
        }
      }
    }
    return Double.NaN;
  }
}

package io.apexstore.bench;

import io.apexstore.bench.job.ChildJvm;
import io.apexstore.bench.job.Measurement;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.store.StoreKind;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The parent's side of a process that runs one workload on one store. With one process per store,
 * the JIT profile, the heap and the caches of one store do not affect another.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class WorkerProcess implements AutoCloseable {
  /** The flags of every store's process. The opened packages are for lmdbjava's fastest proxy. */
  private static final List<String> FLAGS =
      List.of(
          "-Xms2g",
          "-Xmx2g",
          "-XX:+UseParallelGC",
          "-Dlmdbjava.disable.checks=true",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

  private static final long ANSWER_MINUTES_MAX = 20;
  private static final long END_SECONDS_MAX = 30;
  // A process is at rest if it uses at most REST_CPU_NANOS of a core in REST_LOOK_MS.
  private static final long REST_LOOK_MS = 300;
  private static final long REST_CPU_NANOS = 20_000_000;
  private static final long REST_SECONDS_MAX = 60;

  private final StoreKind kind;
  private final Process process;
  private final BufferedReader answers;
  private final Writer commands;

  private WorkerProcess(StoreKind kind, Process process) {
    this.kind = kind;
    this.process = process;
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /** Starts the process; its other output goes to the log. */
  static WorkerProcess start(
      Workload workload, StoreKind kind, Path folder, BenchArguments arguments, Path log)
      throws IOException {
    List<String> command = ChildJvm.command(FLAGS);
    command.add(BenchMain.class.getName());
    command.add("worker");
    command.addAll(
        List.of(
            workload.name(),
            kind.id(),
            folder.toString(),
            arguments.shape().name(),
            Double.toString(arguments.secondsOf(workload))));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new WorkerProcess(kind, process);
  }

  /** Prepares the store. */
  void prepare() throws IOException {
    ask("prepare");
  }

  /** Runs a round whose result is discarded. */
  void warmUp() throws IOException {
    ask("warm-up");
  }

  /** Runs a round. */
  Measurement round(int number) throws IOException {
    JsonObject answer = ask(Integer.toString(number));
    return new Measurement(
        answer.getDouble("value"), Result.numbers(answer.getJsonObject("details")));
  }

  /**
   * Waits, for a limited time, until the process is nearly idle, so that its flushes, compactions
   * and collections do not take the cores from the next round.
   */
  void awaitRest() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(REST_SECONDS_MAX);
    long before = cpuNanos();
    long now = Long.MAX_VALUE;
    while (now - before > REST_CPU_NANOS && System.nanoTime() < end) {
      before = now == Long.MAX_VALUE ? before : now;
      try {
        TimeUnit.MILLISECONDS.sleep(REST_LOOK_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      now = cpuNanos();
    }
  }

  private long cpuNanos() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  private JsonObject ask(String command) throws IOException {
    commands.write(command + "\n");
    commands.flush();
    JsonObject answer = await(command);
    String error = answer.getString("error");
    if (error != null) {
      throw new IOException(kind.title() + ": " + error);
    }
    return answer;
  }

  private JsonObject await(String command) throws IOException {
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answer.complete(readAnswer());
              } catch (IOException e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(ANSWER_MINUTES_MAX, TimeUnit.MINUTES);
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IOException(
          kind.title() + ": no answer to " + command + " in " + ANSWER_MINUTES_MAX + " minutes", e);
    } catch (ExecutionException e) {
      throw new IOException(kind.title() + ": the process ended in " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private JsonObject readAnswer() throws IOException {
    String line = answers.readLine();
    while (line != null && !line.startsWith(WorkerMain.MARK)) {
      line = answers.readLine();
    }
    if (line == null) {
      throw new IOException("no more output");
    }
    return new JsonObject(line.substring(WorkerMain.MARK.length()));
  }

  /** Closes the store and ends the process. */
  @Override
  public void close() throws IOException {
    try {
      if (process.isAlive()) {
        ask("close");
      }
    } finally {
      try {
        commands.close();
      } catch (IOException e) {
        process.destroyForcibly(); // It has ended, or no longer reads commands.
      }
      try {
        if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}

package io.apexstore.bench.http;

import io.apexstore.bench.job.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in its own process, on a free port of the loopback interface. It is ended by its process
 * id.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class BenchServer implements AutoCloseable {
  private static final Pattern LISTENS =
      Pattern.compile("listens on (http://127\\.0\\.0\\.1:\\d+)");
  private static final long START_SECONDS_MAX = 60;
  private static final long STOP_SECONDS_MAX = 30;
  private static final long POLL_MS = 50;

  private final String name;
  private final Process process;
  private final Path log;
  private final Thread ender;

  private BenchServer(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.ender = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ender);
  }

  /** Starts a main class with the class path and the flags of this JVM. */
  static BenchServer startJava(
      String name, String mainClass, List<String> arguments, Map<String, String> env, Path folder)
      throws IOException {
    List<String> command = ChildJvm.command(List.of());
    command.add(mainClass);
    command.addAll(arguments);
    return start(name, command, env, folder);
  }

  /** Starts a program in a directory; its output goes to a file there. */
  static BenchServer start(String name, List<String> command, Map<String, String> env, Path folder)
      throws IOException {
    Path log = folder.resolve(name + ".log");
    Files.deleteIfExists(log);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(env);
    return new BenchServer(name, builder.start(), log);
  }

  /** Waits until the server prints its URL; returns it. */
  String url() throws IOException, InterruptedException {
    return await(LISTENS);
  }

  /** Waits until its output matches; returns the first group. */
  String await(Pattern pattern) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    while (System.nanoTime() < end) {
      boolean ended = !process.isAlive();
      Matcher matcher = pattern.matcher(Files.exists(log) ? Files.readString(log) : "");
      if (matcher.find()) {
        return matcher.group(1);
      }
      if (ended) {
        throw new IOException(name + " ended with code " + process.exitValue() + ":\n" + output());
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
    throw new IOException(name + " did not start in " + START_SECONDS_MAX + " s:\n" + output());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Returns its output so far. */
  String output() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(ender);
  }
}

package io.apexstore.bench.load;

import io.apexstore.bench.job.ChildJvm;
import io.apexstore.bench.job.Folders;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A run in its own JVM, in a directory that is empty before and deleted afterwards. */
final class ChildRun {
  /** The start of the line with the figures of the run. */
  static final String MARK = "@figures ";

  private ChildRun() {}

  /**
   * Starts the run, prints its output, and returns its figures, or nothing if it failed.
   *
   * @param name the start of the lines about it
   * @param flags the flags of the JVM
   * @param arguments the arguments of the main class of the benchmarks
   * @param folder the directory; emptied before the run and deleted afterwards
   */
  static Optional<JsonObject> run(
      String name, List<String> flags, List<String> arguments, Path folder, PrintStream out)
      throws IOException, InterruptedException {
    Folders.delete(folder);
    Files.createDirectories(folder);
    List<String> command = ChildJvm.command(flags);
    command.add("io.apexstore.bench.BenchMain");
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread ender = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ender);
    try {
      JsonObject figures = pass(process, out);
      int code = process.waitFor();
      if (code != 0 || figures == null) {
        out.println(name + ": FAILED, the process ended with code " + code);
        return Optional.empty();
      }
      return Optional.of(figures);
    } finally {
      process.destroyForcibly().waitFor();
      Folders.delete(folder);
    }
  }

  private static @Nullable JsonObject pass(Process process, PrintStream out) throws IOException {
    JsonObject figures = null;
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    while (line != null) {
      if (line.startsWith(MARK)) {
        figures = new JsonObject(line.substring(MARK.length()));
      } else {
        out.println(line);
      }
      line = lines.readLine();
    }
    return figures;
  }
}

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

/** Runs {@link LoadRun} in a JVM with the heap that was asked for. */
public final class LoadBench {
  /** What the line begins with that has the run's figures. */
  static final String MARK = "@load ";

  private LoadBench() {}

  /** Runs it, passes on what it prints, and returns its figures, or nothing if it failed. */
  public static Optional<JsonObject> run(LoadOptions options, Path home, PrintStream out)
      throws IOException, InterruptedException {
    Path folder =
        options.folder().isEmpty()
            ? home.resolve("target/bench/work-load")
            : Path.of(options.folder()).resolve("apexstore-load");
    Folders.delete(folder);
    Files.createDirectories(folder);
    LoadOptions placed =
        new LoadOptions(
            options.keys(),
            options.batch(),
            options.heap(),
            options.stallMsMax(),
            folder.toString());
    List<String> command = ChildJvm.command(List.of("-Xmx" + options.heap()));
    command.add("io.apexstore.bench.BenchMain");
    command.add("load-run");
    command.addAll(placed.arguments());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread ender = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ender);
    try {
      JsonObject figures = pass(process, out);
      int code = process.waitFor();
      if (code != 0 || figures == null) {
        out.println("load: FAILED, the process ended with code " + code);
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

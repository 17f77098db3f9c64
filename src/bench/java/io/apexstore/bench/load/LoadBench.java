package io.apexstore.bench.load;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs {@link LoadRun} in a JVM with the requested heap. */
public final class LoadBench {
  private LoadBench() {}

  /** Starts the run, prints its output, and returns its figures, or nothing if it failed. */
  public static Optional<JsonObject> run(LoadOptions options, Path home, PrintStream out)
      throws IOException, InterruptedException {
    Path folder =
        options.folder().isEmpty()
            ? home.resolve("target/bench/work-load")
            : Path.of(options.folder()).resolve("apexstore-load");
    LoadOptions placed =
        new LoadOptions(
            options.keys(),
            options.batch(),
            options.heap(),
            options.stallMsMax(),
            folder.toString());
    List<String> arguments = new ArrayList<>(List.of("load-run"));
    arguments.addAll(placed.arguments());
    return ChildRun.run("load", List.of("-Xmx" + options.heap()), arguments, folder, out);
  }
}

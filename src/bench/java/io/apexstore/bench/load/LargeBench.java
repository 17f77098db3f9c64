package io.apexstore.bench.load;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs {@link LargeRun} in a JVM with the requested heap. */
public final class LargeBench {
  private LargeBench() {}

  /** Starts the run, prints its output, and returns its figures, or nothing if it failed. */
  public static Optional<JsonObject> run(LargeOptions options, Path home, PrintStream out)
      throws IOException, InterruptedException {
    Path folder =
        options.folder().isEmpty()
            ? home.resolve("target/bench/work-large")
            : Path.of(options.folder()).resolve("apexstore-large");
    List<String> arguments = new ArrayList<>(List.of("large-run"));
    arguments.addAll(options.in(folder.toString()).arguments());
    List<String> flags = List.of("-Xmx" + options.heap(), "-XX:+ExitOnOutOfMemoryError");
    return ChildRun.run("large", flags, arguments, folder, out);
  }
}

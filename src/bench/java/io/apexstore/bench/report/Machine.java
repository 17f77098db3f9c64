package io.apexstore.bench.report;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The machine of a run: processor, memory, system, disk, JDK; and the commit. */
public final class Machine {
  private Machine() {}

  /** Describes this machine; omits what is unknown. */
  public static JsonObject describe(Path folder) {
    JsonObject machine =
        new JsonObject()
            .put("processor", cpuModel())
            .put("cores", Runtime.getRuntime().availableProcessors())
            .put("memory_mib", memoryMib())
            .put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"))
            .put(
                "jdk",
                System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version"));
    try {
      machine.put("disk", Files.getFileStore(folder).type());
    } catch (IOException e) {
      machine.put("disk", "unknown");
    }
    return machine;
  }

  /**
   * Returns the commit that is checked out, with {@code +changes} and a hash if files differ from
   * it.
   */
  public static String commit(Path home) {
    String commit = run(home, List.of("git", "rev-parse", "--short=12", "HEAD"));
    if (commit.isEmpty()) {
      return "unknown";
    }
    String changes =
        run(
            home,
            List.of("git", "status", "--porcelain", "--", "src/main", "src/bench", "pom.xml"));
    String difference =
        run(home, List.of("git", "diff", "HEAD", "--", "src/main", "src/bench", "pom.xml"));
    // Two states of changed files are two programs, and their figures must not be mixed.
    String mark = Integer.toHexString((changes + difference).hashCode());
    return changes.isEmpty() ? commit : commit + "+changes-" + mark;
  }

  private static String cpuModel() {
    return fieldOf(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch"));
  }

  private static long memoryMib() {
    String kib = fieldOf(Path.of("/proc/meminfo"), "MemTotal", "0").replace("kB", "").strip();
    return Long.parseLong(kib) / 1024;
  }

  private static String fieldOf(Path file, String field, String otherwise) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(field)) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      return otherwise; // Not Linux.
    }
    return otherwise;
  }

  private static String run(Path home, List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return "";
      }
      return output.strip();
    } catch (IOException e) {
      return ""; // git is not installed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}

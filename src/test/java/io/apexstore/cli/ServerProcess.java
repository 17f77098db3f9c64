package io.apexstore.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code apexstore serve} as a process of its own, with its data in a directory of the test. */
public final class ServerProcess {
  private final Process process;
  private final Path folder;
  private final BufferedReader out;
  private final List<String> lines = new ArrayList<>();
  private int port;

  private ServerProcess(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts a server with its data in {@code folder/data} and on a free port, unless the arguments
   * say otherwise. The caller must end the process.
   */
  public static ServerProcess launch(Path folder, String... more) throws IOException {
    return launchWithHeap(256, folder, more);
  }

  /** Starts a server as {@link #launch(Path, String...)} does, with a heap of this many MiB. */
  public static ServerProcess launchWithHeap(int heapMib, Path folder, String... more)
      throws IOException {
    List<String> flags =
        List.of(
            "-Xmx" + heapMib + "m",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    return launch(folder, 0, flags, System.getProperty("java.class.path"), more);
  }

  /**
   * Starts a server as {@link #launch(Path, String...)} does, with other flags and another class
   * path of the JVM.
   *
   * @param openFilesMax the process's limit of file descriptors, or 0 for that of this process
   */
  public static ServerProcess launch(
      Path folder, int openFilesMax, List<String> jvmFlags, String classPath, String... more)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (openFilesMax > 0) {
      command.addAll(List.of("bash", "-c", "ulimit -n " + openFilesMax + "; exec \"$@\"", "--"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", classPath, "io.apexstore.cli.Main", "serve"));
    List<String> given = List.of(more);
    if (!given.contains("--data-dir")) {
      command.addAll(List.of("--data-dir", folder.resolve("data").toString()));
    }
    if (!given.contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    command.addAll(given);
    return new ServerProcess(
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start(),
        folder);
  }

  /** Returns the process. */
  public Process process() {
    return process;
  }

  /** Returns the lines printed so far, without those of SLF4J. */
  public List<String> lines() {
    return lines;
  }

  /** Returns the port, after the line that contains it was printed. */
  public int port() {
    return port;
  }

  /** Returns the first token of a server with its data in {@code folder/data}. */
  public String token() throws IOException {
    return Files.readString(folder.resolve("data/admin.token")).strip();
  }

  /** Returns the lines that are still to come, until the process ends. */
  public Stream<String> remainingLines() {
    return out.lines();
  }

  /** Waits for a line that contains this text. */
  public void awaitLine(String part) throws IOException {
    for (String line; (line = out.readLine()) != null; ) {
      if (!line.startsWith(
          "SLF4J")) { // the class path of the tests has its API without an implementation
        lines.add(line);
      }
      if (line.contains("listens on")) {
        port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      }
      if (line.contains(part)) {
        return;
      }
    }
    throw new AssertionError("the process ended without \"" + part + "\": " + lines);
  }
}

package io.apexstore.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code apexstore serve} as a process of its own, with its data in a folder of the test's. */
public final class ServerProcess {
  private final Process process;
  private final Path folder;
  private final BufferedReader out;
  private final List<String> said = new ArrayList<>();
  private int port;

  private ServerProcess(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts one with its data in {@code folder/data} and on any port, unless the arguments say
   * otherwise. Whoever starts it must end it.
   */
  public static ServerProcess launch(Path folder, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.apexstore.cli.Main",
                "serve"));
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

  /** The process. */
  public Process process() {
    return process;
  }

  /** What it said so far, without the lines of a log that only tests have. */
  public List<String> said() {
    return said;
  }

  /** Where it listens, once it has said so. */
  public int port() {
    return port;
  }

  /** The first token of a server with its data in the default place. */
  public String token() throws IOException {
    return Files.readString(folder.resolve("data/admin.token")).strip();
  }

  /** Waits until it has said a line with this text. */
  public void awaitLine(String part) throws IOException {
    for (String line; (line = out.readLine()) != null; ) {
      if (!line.startsWith("SLF4J")) { // the tests' class path has its API without a log
        said.add(line);
      }
      if (line.contains("listens on")) {
        port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      }
      if (line.contains(part)) {
        return;
      }
    }
    throw new AssertionError("the process ended without \"" + part + "\": " + said);
  }
}

package io.apexstore.bench.http;

import io.apexstore.bench.job.Measurement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The load generator wrk: finds it, runs it, parses its output. */
final class Wrk {
  private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern REFUSED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
  private static final Pattern BROKEN = Pattern.compile("Socket errors: (.*)");
  private static final Pattern LATENCY =
      Pattern.compile("(?m)^\\s+(50|90|99)%\\s+([0-9.]+)(us|ms|s)$");

  private Wrk() {}

  /** Whether wrk is installed; installs the package of Debian if possible. */
  static boolean find() throws IOException, InterruptedException {
    if (onPath("wrk")) {
      return true;
    }
    if (onPath("apt-get") && "root".equals(System.getProperty("user.name"))) {
      System.err.println("bench: installing wrk ...");
      run(List.of("apt-get", "update", "-qq"));
      run(List.of("apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"));
    }
    return onPath("wrk");
  }

  /** Whether a program of this name is on the path. */
  static boolean onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Runs wrk for the length of a round.
   *
   * @return thousands of requests per second, with latency percentiles in µs
   * @throws IOException if it failed, or if the response to a request was not a success
   */
  static Measurement run(HttpOptions options, String url, List<String> headers, Path... script)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("wrk", "-t1", "-c" + options.connections(), "-d" + options.seconds() + "s"));
    command.addAll(List.of("--latency", "--timeout", "30s"));
    for (String header : headers) {
      command.add("-H");
      command.add(header);
    }
    for (Path file : script) {
      command.add("-s");
      command.add(file.toString());
    }
    command.add(url);
    String output = run(command);
    Matcher rate = RATE.matcher(output);
    if (!rate.find()) {
      throw new IOException("wrk printed no rate:\n" + output);
    }
    for (Pattern wrong : List.of(REFUSED, BROKEN)) {
      Matcher matcher = wrong.matcher(output);
      if (matcher.find()) {
        throw new IOException(url + ": " + matcher.group());
      }
    }
    Measurement result = Measurement.of(Double.parseDouble(rate.group(1)) / 1000);
    Matcher latency = LATENCY.matcher(output);
    while (latency.find()) {
      result = result.with("p" + latency.group(1), micros(latency.group(2), latency.group(3)));
    }
    return result;
  }

  private static double micros(String number, String unit) {
    double factor =
        switch (unit) {
          case "us" -> 1;
          case "ms" -> 1e3;
          default -> 1e6;
        };
    return Double.parseDouble(number) * factor;
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(command.getFirst() + " failed:\n" + output);
    }
    return output;
  }
}

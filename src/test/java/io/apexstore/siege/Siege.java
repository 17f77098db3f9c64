package io.apexstore.siege;

import io.apexstore.cli.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

/**
 * One siege: a server with a small heap, attackers, and steady clients beside them.
 *
 * <p>What must hold: the server lives; the steady clients' p99 is under a second, and they are
 * refused nothing unless the disk is full; the stop, in the middle of the attack, keeps its
 * deadline; and every write that was acknowledged is there after the next start.
 */
final class Siege {
  private static final int STEADY_CLIENTS = 4;
  private static final int SHUTDOWN_SECONDS = 10;

  /** What a stop may take after the requests' time for closing the store. */
  private static final int CLOSE_SECONDS = 20;

  /** The server's budgets of memory outside the heap with its defaults, in MiB. */
  private static final Map<String, Integer> MEMORY_MIB_MAX =
      Map.of("memtable", 4 * 32, "cache", 64, "large_read", 160);

  /** Memory of the JVM itself: classes, compiled code, threads, the collector. */
  private static final int JVM_MIB = 224;

  private static final long P99_NANOS_MAX = 1_000_000_000;

  /** The share of the steady clients' requests that may be refused while the disk has room. */
  private static final double REFUSED_SHARE_MAX = 0.001;

  /** Lines that the server may print for each minute of the attack. */
  private static final int LINES_PER_MINUTE_MAX = 2_000;

  private final SiegePlan plan;
  private final Path folder;
  private final List<String> findings = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
  private final HttpClient http = HttpClient.newHttpClient();

  Siege(SiegePlan plan, Path folder) {
    this.plan = plan;
    this.folder = folder;
  }

  /** Runs it, and returns what was wrong; an empty list if the server withstood. */
  List<String> run() throws IOException, InterruptedException {
    print("siege: " + plan);
    if (plan.diskMib() == 0) {
      Files.createDirectories(folder.resolve("server"));
      attack(null);
    } else {
      try (Ballast ballast = Ballast.mount(folder.resolve("server"), plan.diskMib(), plan.seed())) {
        attack(ballast);
      }
    }
    return findings;
  }

  private void attack(@Nullable Ballast ballast) throws IOException, InterruptedException {
    Path server = folder.resolve("server");
    ServerProcess process = launch(server);
    List<SteadyClient> steady = new ArrayList<>();
    try {
      process.awaitLine("listens on");
      Thread printed = collectLines(process);
      String token = process.token();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < STEADY_CLIENTS; i++) {
        SteadyClient client = new SteadyClient(process.port(), token, i, plan.seed());
        steady.add(client);
        threads.add(Thread.ofPlatform().name("steady-" + i).start(client));
      }
      for (SteadyClient client : steady) {
        client.awaitService();
      }
      Thread filling = ballast == null ? null : Thread.ofPlatform().start(ballast);
      Attackers attackers = new Attackers(plan, process.port(), token);
      attackers.start();
      watch(process, attackers, token);
      if (ballast != null && filling != null) {
        ballast.stop();
        filling.join();
        print("siege: the disk was full " + ballast.timesFull() + " times");
        expect(ballast.timesFull() > 0, "the disk never was full");
      }
      steady.forEach(SteadyClient::stop);
      for (Thread thread : threads) {
        thread.join();
      }
      stopInTheMiddle(process);
      attackers.stop();
      printed.join();
      judge(steady, attackers, ballast != null);
      restart(server, steady, token);
    } finally {
      process.process().destroyForcibly();
    }
  }

  /** Waits for the end of the attack, and prints the state now and then. */
  private void watch(ServerProcess process, Attackers attackers, String token)
      throws InterruptedException {
    long end = System.nanoTime() + plan.duration().toNanos();
    long everyMs = Math.clamp(plan.duration().toMillis() / 10, 2_000, 30_000);
    while (System.nanoTime() < end) {
      if (process.process().waitFor(everyMs, TimeUnit.MILLISECONDS)) {
        findings.add("the server ended with exit code " + process.process().exitValue());
        return;
      }
      String memory = memory(process, token);
      long resident = residentMib(process);
      print("siege: %s; resident %d MiB; %s".formatted(attackers.summary(), resident, memory));
      checkMemory(memory, resident);
    }
  }

  private void stopInTheMiddle(ServerProcess process) throws InterruptedException {
    if (!process.process().isAlive()) {
      return;
    }
    long start = System.nanoTime();
    process.process().toHandle().destroy(); // SIGTERM
    boolean stopped =
        process.process().waitFor(SHUTDOWN_SECONDS + CLOSE_SECONDS + 30, TimeUnit.SECONDS);
    double seconds = (System.nanoTime() - start) / 1e9;
    print("siege: the stop took %.1f s".formatted(seconds));
    expect(stopped, "the server did not stop within %.0f s".formatted(seconds));
    expect(
        seconds <= SHUTDOWN_SECONDS + CLOSE_SECONDS,
        "the stop took %.1f s, the deadline is %d s and %d s for the store"
            .formatted(seconds, SHUTDOWN_SECONDS, CLOSE_SECONDS));
    if (stopped) {
      int exit = process.process().exitValue();
      expect(exit == 0, "the stop ended with exit code " + exit);
    }
  }

  private void judge(List<SteadyClient> steady, Attackers attackers, boolean disk) {
    long[] sorted =
        steady.stream()
            .map(SteadyClient::sortedNanos)
            .flatMapToLong(Arrays::stream)
            .sorted()
            .toArray();
    long refused = steady.stream().mapToLong(SteadyClient::refused).sum();
    long lost = steady.stream().mapToLong(SteadyClient::connectionsLost).sum();
    double unserved =
        steady.stream().mapToLong(SteadyClient::unservedNanosMax).max().orElse(0) / 1e9;
    print(
        ("siege: steady clients: %d served, p50 %.1f ms, p99 %.1f ms, longest %.0f ms; refused %d;"
                + " connections lost %d; longest time without service %.1f s")
            .formatted(
                sorted.length,
                percentile(sorted, 0.5) / 1e6,
                percentile(sorted, 0.99) / 1e6,
                percentile(sorted, 1) / 1e6,
                refused,
                lost,
                unserved));
    print("siege: half-closed requests answered " + attackers.answered());
    print("siege: the server printed " + lines.size() + " lines");
    expect(sorted.length > 0, "the steady clients were never served");
    expect(
        percentile(sorted, 0.99) <= P99_NANOS_MAX,
        "the steady clients' p99 is %.0f ms".formatted(percentile(sorted, 0.99) / 1e6));
    if (!disk) {
      expect(
          refused <= REFUSED_SHARE_MAX * sorted.length,
          "the steady clients were refused " + refused + " times of " + sorted.length);
    }
    steady.forEach(client -> findings.addAll(client.findings()));
    expect(
        attackers.unanswered() == 0,
        attackers.unanswered() + " half-closed requests were not answered");
    long linesMax = LINES_PER_MINUTE_MAX * (1 + plan.duration().toMinutes());
    expect(lines.size() <= linesMax, "the server printed " + lines.size() + " lines");
    for (String line : lines) {
      if (line.contains("OutOfMemoryError") || line.contains("IllegalState")) {
        findings.add("the server printed: " + line);
        break;
      }
    }
    if (!findings.isEmpty()) {
      lines.stream().skip(Math.max(0, lines.size() - 40)).forEach(line -> print("  | " + line));
    }
  }

  private static long percentile(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * (sorted.length - 1))];
  }

  private void restart(Path server, List<SteadyClient> steady, String token)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    ServerProcess process = launch(server);
    try {
      process.awaitLine("listens on");
      print("siege: the next start took %.1f s".formatted((System.nanoTime() - start) / 1e9));
      Thread printed = collectLines(process);
      for (SteadyClient client : steady) {
        int before = client.findings().size();
        client.verify(process.port());
        client.findings().stream().skip(before).forEach(what -> findings.add("restart: " + what));
      }
      int forbidden = status(process, token, "/keys/" + Attackers.FORBIDDEN_KEY);
      expect(forbidden == 404, "a request that must not be executed was; status " + forbidden);
      process.process().toHandle().destroy();
      expect(process.process().waitFor(60, TimeUnit.SECONDS), "the second stop did not end");
      printed.join();
    } catch (AssertionError e) {
      findings.add("the next start failed: " + e.getMessage());
    } finally {
      process.process().destroyForcibly();
    }
  }

  private int status(ServerProcess process, String token, String target)
      throws IOException, InterruptedException {
    return http.send(request(process, token, target), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static HttpRequest request(ServerProcess process, String token, String target) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + process.port() + target))
        .timeout(Duration.ofSeconds(20))
        .header("Authorization", "Bearer " + token)
        .build();
  }

  private ServerProcess launch(Path server) throws IOException {
    List<String> flags =
        List.of(
            "-Xmx" + plan.heapMib() + "m",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    return ServerProcess.launch(
        server,
        plan.openFiles(),
        flags,
        classPath(),
        "--server-shutdown-timeout",
        SHUTDOWN_SECONDS + "s",
        "--server-client-timeout",
        "10s");
  }

  /**
   * Returns the class path with a jar in place of each directory of classes, as a server is
   * installed: from a directory, each class is a file that must be opened when it is first used.
   */
  private String classPath() throws IOException {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry).toAbsolutePath();
      entries.add((Files.isDirectory(path) ? jar(path) : path).toString());
    }
    return String.join(File.pathSeparator, entries);
  }

  private Path jar(Path classes) throws IOException {
    Path jar = folder.resolve(Integer.toHexString(classes.hashCode()) + ".jar");
    if (!Files.exists(jar)) {
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
          Stream<Path> files = Files.walk(classes)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
          Files.copy(file, out);
        }
      }
    }
    return jar;
  }

  private Thread collectLines(ServerProcess process) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try (Stream<String> printed = process.remainingLines()) {
                printed.forEach(lines::add);
              }
            });
  }

  private String memory(ServerProcess process, String token) {
    try {
      HttpResponse<String> answer =
          http.send(request(process, token, "/stats/all"), HttpResponse.BodyHandlers.ofString());
      Matcher memory = Pattern.compile("\"memory\":(\\{[^}]*})").matcher(answer.body());
      return memory.find() ? memory.group(1) : "statistics: " + answer.statusCode();
    } catch (IOException e) {
      return "no statistics: " + e.getMessage();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void checkMemory(String memory, long residentMib) {
    Matcher parts = Pattern.compile("\"(\\w+)_bytes\":(\\d+)").matcher(memory);
    while (parts.find()) {
      Integer mib = MEMORY_MIB_MAX.get(parts.group(1));
      expect(
          mib == null || Long.parseLong(parts.group(2)) <= (long) mib << 20,
          parts.group(1) + " holds " + parts.group(2) + " bytes, its budget is " + mib + " MiB");
    }
    // The buffers of the network may take as much as the heap.
    int budget = 2 * plan.heapMib() + JVM_MIB;
    for (int mib : MEMORY_MIB_MAX.values()) {
      budget += mib;
    }
    expect(
        residentMib <= budget,
        "the process has " + residentMib + " MiB, all budgets together are " + budget + " MiB");
  }

  private static long residentMib(ServerProcess process) {
    try {
      Path status = Path.of("/proc", Long.toString(process.process().pid()), "status");
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
        }
      }
    } catch (IOException e) {
      return -1; // not Linux, or the process has ended
    }
    return -1;
  }

  private void expect(boolean holds, String finding) {
    if (!holds) {
      findings.add(finding);
    }
  }

  private static void print(String line) {
    System.out.println(line);
  }
}

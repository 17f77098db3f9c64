package io.apexstore.bench.http;

import io.apexstore.bench.job.Folders;
import io.apexstore.bench.job.Measurement;
import io.apexstore.bench.report.Result;
import io.apexstore.bench.report.ResultTable;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares the server, under wrk, with a bare Vert.x server that answers a constant of the same
 * size, and durable puts with etcd if that is installed. Authentication and metrics are on. The
 * servers take turns: one at a time has work.
 */
public final class HttpBench {
  private static final int WARM_UP_ROUNDS = 2;
  private static final double GET_GOAL = 0.9;
  private static final int LARGE_BYTES = 50_000_000;
  private static final int LARGE_CONNECTIONS = 2;
  private static final double PUT_GOAL_BARE = 0.6;
  private static final double PUT_GOAL_ETCD = 8;

  private final HttpOptions options;
  private final Path folder;
  private final PrintStream out;
  private final List<Result> results = new ArrayList<>();

  /** Creates a benchmark whose servers keep their data below the directory. */
  public HttpBench(HttpOptions options, Path folder, PrintStream out) {
    this.options = options;
    this.folder = folder;
    this.out = out;
  }

  /** One server of a comparison. */
  private record Side(String name, String url, List<String> headers, Path... script) {}

  /**
   * Runs it. * * @throws IOException if wrk is missing, a server does not start, or a request fails
   */
  public List<Result> run() throws IOException, InterruptedException {
    if (!Wrk.find()) {
      throw new IOException("wrk is missing; install it (Debian and Ubuntu: apt-get install wrk)");
    }
    Folders.delete(folder);
    Files.createDirectories(folder);
    try (ApexServerProcess apex = ApexServerProcess.start(folder)) {
      if (options.only().contains("get")) {
        get(apex);
      }
      if (options.only().contains("put")) {
        put(apex);
      }
      if (options.only().contains("large")) {
        large(apex, "http-get-large-bytes", "application/octet-stream");
        large(apex, "http-get-large-json", "application/json");
      }
    } finally {
      Folders.delete(folder);
    }
    return results;
  }

  private void get(ApexServerProcess apex) throws IOException, InterruptedException {
    String url = apex.cachedKeyUrl();
    int length = apex.lengthOf(url);
    out.printf("http-get: answers of %d bytes, %d connections%n", length, options.connections());
    try (BenchServer bare = bare("bare-get", length)) {
      List<Side> sides =
          List.of(
              new Side("apexstore", url, List.of(apex.authorization())),
              new Side("bare", bare.url() + "/", List.of(apex.authorization())));
      Map<String, List<Measurement>> rounds = alternate("http-get", sides, options);
      results.add(
          result(
              "http-get",
              "GET of a cached key, " + options.connections() + " connections",
              "bare Vert.x",
              Vertx.class.getPackage().getImplementationVersion(),
              rounds,
              "bare",
              "≥ 0.90 ×",
              GET_GOAL));
    }
  }

  /** A large value beside a bare server that answers a constant of the same size. */
  private void large(ApexServerProcess apex, String name, String mediaType)
      throws IOException, InterruptedException {
    String url = apex.largeKeyUrl(LARGE_BYTES);
    int length = apex.lengthOf(url, "Accept", mediaType);
    out.printf("%s: answers of %d bytes, %d connections%n", name, length, LARGE_CONNECTIONS);
    try (BenchServer bare = bare("bare-large", length)) {
      List<String> headers = List.of(apex.authorization(), "Accept: " + mediaType);
      List<Side> sides =
          List.of(new Side("apexstore", url, headers), new Side("bare", bare.url() + "/", headers));
      results.add(
          result(
              name,
              "GET of a value of " + LARGE_BYTES + " bytes as " + mediaType,
              "bare Vert.x",
              Vertx.class.getPackage().getImplementationVersion(),
              alternate(name, sides, options.withConnections(LARGE_CONNECTIONS)),
              "bare",
              "shown",
              0));
    }
  }

  private void put(ApexServerProcess apex) throws IOException, InterruptedException {
    int length = apex.lengthOfPutAnswer();
    Path script = WrkScripts.write(folder.resolve("put.lua"), WrkScripts.PUT);
    Path post = WrkScripts.write(folder.resolve("post.lua"), WrkScripts.POST);
    Path etcdPut = WrkScripts.write(folder.resolve("etcd.lua"), WrkScripts.ETCD);
    boolean withEtcd = Wrk.onPath("etcd");
    if (!withEtcd) {
      out.println("http-put: etcd is not installed (Debian: apt-get install etcd-server); skipped");
    }
    try (BenchServer bare = bare("bare-put", length);
        EtcdServer etcd = withEtcd ? EtcdServer.start(folder) : EtcdServer.none()) {
      List<Side> sides = new ArrayList<>();
      sides.add(new Side("apexstore", apex.url(), List.of(apex.authorization()), script));
      sides.add(new Side("bare", bare.url(), List.of(apex.authorization()), post));
      if (withEtcd) {
        sides.add(new Side("etcd", etcd.url(), List.of(), etcdPut));
      }
      Map<String, List<Measurement>> rounds = alternate("http-put", sides, options);
      String title = "Durable PUT, " + options.connections() + " connections";
      results.add(
          result(
              "http-put",
              title,
              "bare Vert.x",
              Vertx.class.getPackage().getImplementationVersion(),
              rounds,
              "bare",
              "≥ 0.60 ×",
              PUT_GOAL_BARE));
      if (withEtcd) {
        results.add(
            result(
                "http-put/etcd",
                title,
                "etcd",
                EtcdServer.version(),
                rounds,
                "etcd",
                "≥ 8 ×",
                PUT_GOAL_ETCD));
        acceptTheSmaller();
      }
    }
  }

  /** The goal of durable puts is the easier of the two: if one is met, both count as met. */
  private void acceptTheSmaller() {
    List<Result> puts =
        results.stream().filter(result -> result.name().startsWith("http-put")).toList();
    if (puts.stream().anyMatch(Result::met)) {
      results.replaceAll(result -> puts.contains(result) ? result.withMet(true) : result);
    }
  }

  private BenchServer bare(String name, int length) throws IOException {
    return BenchServer.startJava(
        name,
        "io.apexstore.bench.BenchMain",
        List.of("bare-server", Integer.toString(length)),
        Map.of(),
        folder);
  }

  private Map<String, List<Measurement>> alternate(String name, List<Side> sides, HttpOptions load)
      throws IOException, InterruptedException {
    Map<String, List<Measurement>> rounds = new LinkedHashMap<>();
    out.print(name + " (thousand requests per second):");
    for (Side side : sides) {
      rounds.put(side.name(), new ArrayList<>());
      Measurement warm = Measurement.of(0);
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        warm = Wrk.run(load, side.url(), side.headers(), side.script());
      }
      out.print(" (" + side.name() + " " + ResultTable.number(warm.value()) + ")");
      out.flush();
    }
    for (int round = 0; round < load.rounds(); round++) {
      for (int turn = 0; turn < sides.size(); turn++) {
        Side side = sides.get((round + turn) % sides.size());
        Measurement measured = Wrk.run(load, side.url(), side.headers(), side.script());
        rounds.computeIfAbsent(side.name(), absent -> new ArrayList<>()).add(measured);
        out.print(" " + side.name() + " " + ResultTable.number(measured.value()));
        out.flush();
      }
      out.print(" |");
    }
    out.println();
    return rounds;
  }

  private static Result result(
      String name,
      String title,
      String peerName,
      @Nullable String peerVersion,
      Map<String, List<Measurement>> rounds,
      String peer,
      String goal,
      double bound) {
    List<Measurement> ours = rounds.getOrDefault("apexstore", List.of());
    List<Measurement> theirs = rounds.getOrDefault(peer, List.of());
    Result result =
        new Result(
            name,
            title,
            "Server",
            "k/s",
            false,
            peerName,
            peerVersion == null ? "" : peerVersion,
            ours.stream().map(Measurement::value).toList(),
            theirs.stream().map(Measurement::value).toList(),
            goal,
            false,
            medians(ours),
            medians(theirs),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return result.withMet(result.ratio() >= bound);
  }

  private static Map<String, Double> medians(List<Measurement> rounds) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String detail : rounds.getFirst().details().keySet()) {
      medians.put(
          detail,
          Result.median(
              rounds.stream().map(m -> m.details().getOrDefault(detail, Double.NaN)).toList()));
    }
    return medians;
  }
}

package io.apexstore.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {
  private static final JsonObject MACHINE =
      new JsonObject()
          .put("processor", "p")
          .put("cores", 2)
          .put("memory_mib", 1024)
          .put("system", "s")
          .put("disk", "d")
          .put("jdk", "j");

  @TempDir Path folder;

  @Test
  void resultsOfTheSameCommitAreKeptAndReplacedByName() throws IOException {
    Path file = folder.resolve("summary.json");
    Summary first = new Summary("abc", MACHINE);
    first.add(result("fill", 2, 1));
    first.add(result("read", 3, 1));
    first.write(file);
    Summary second = new Summary("abc", MACHINE);
    second.merge(file);
    second.add(result("read", 5, 1));
    second.write(file);
    List<Result> results = Summary.read(file).results();
    assertEquals(List.of("fill", "read"), results.stream().map(Result::name).toList());
    assertEquals(5, results.get(1).ratio());
  }

  @Test
  void resultsOfAnotherCommitAreDropped() throws IOException {
    Path file = folder.resolve("summary.json");
    Summary first = new Summary("abc", MACHINE);
    first.add(result("fill", 2, 1));
    first.write(file);
    Summary second = new Summary("def", MACHINE);
    second.merge(file);
    assertTrue(second.results().isEmpty());
  }

  @Test
  void thePageShowsEveryResultAndLinksToNoOtherHost() throws IOException {
    Summary summary = new Summary("abc", MACHINE);
    summary.add(result("fillrandom-10k", 2, 1));
    summary.add(result("fillrandom-1m", 4, 1));
    Path page = folder.resolve("index.html");
    HtmlReport.write(summary, page);
    String html = Files.readString(page);
    assertTrue(html.contains("fillrandom-10k") && html.contains("fillrandom-1m"), html);
    assertFalse(html.contains("http://") || html.contains("https://"), "a link to another host");
  }

  @Test
  void theRatioIsThatOfMediansAndTheSpreadThatOfRounds() {
    Result result = result("x", List.of(2.0, 9.0, 4.0), List.of(1.0, 3.0, 4.0));
    assertEquals(4.0 / 3.0, result.ratio());
    assertEquals(1, result.ratioMin());
    assertEquals(3, result.ratioMax());
  }

  @Test
  void aPeerWithoutPausesYieldsAFileThatCanBeRead() throws IOException {
    Path file = folder.resolve("summary.json");
    Summary summary = new Summary("abc", MACHINE);
    summary.add(result("tail-put-pause", 12, 0));
    summary.write(file);
    Result read = Summary.read(file).results().getFirst();
    assertEquals(12, read.oursMedian());
    assertTrue(Double.isInfinite(read.ratio()));
  }

  @Test
  void onlyALossBeyondTheSpreadIsWorse() {
    List<Result> before = List.of(result("x", 4, 1));
    Result slower = result("x", List.of(3.0, 3.1, 3.2), List.of(1.0, 1.0, 1.0));
    Result scattered = result("x", List.of(3.0, 3.1, 4.2), List.of(1.0, 1.0, 1.0));
    Result alike = result("x", List.of(3.7, 3.8, 3.9), List.of(1.0, 1.0, 1.0));
    assertEquals(1, RegressionGate.worse(before, List.of(slower), 0.15).size());
    assertEquals(List.of(), RegressionGate.worse(before, List.of(scattered), 0.15));
    assertEquals(List.of(), RegressionGate.worse(before, List.of(alike), 0.15));
    assertEquals(List.of(), RegressionGate.worse(List.of(), List.of(slower), 0.15));
  }

  private static Result result(String name, double ours, double peer) {
    return result(name, List.of(ours), List.of(peer));
  }

  private static Result result(String name, List<Double> ours, List<Double> peer) {
    return new Result(
        name,
        "title of " + name,
        "Group",
        "k/s",
        false,
        "RocksDB JNI",
        "1",
        ours,
        peer,
        "≥ 3 ×",
        true,
        Map.of("p50", 1.0, "p99.9", 2.0),
        Map.of("p50", 2.0, "p99.9", 4.0),
        "2025-01-01");
  }
}

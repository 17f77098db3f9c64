package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.Snapshot;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.metrics.ExpositionCheck;
import io.apexstore.stats.StoreStats;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Health, statistics and administration. */
@Tag("server")
class OperationsTest {
  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder, "log_retention_bytes", "1MiB");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void healthReportsTheState() {
    assertEquals("{\"status\":\"healthy\"}", server.call("GET", "/health").text());
    assertEquals(
        "{\"status\":\"up\"}", server.callAs("", "GET", "/health/live", "", new byte[0]).text());
    assertEquals(
        "{\"status\":\"ready\"}",
        server.callAs("", "GET", "/health/ready", "", new byte[0]).text());
    String check = server.call("GET", "/health/check").text();
    for (String part : new String[] {"\"uptime_ms\":", "\"mode\":\"group\"", "\"memtable\":{"}) {
      assertTrue(check.contains(part), check);
    }
  }

  @Test
  void onlyAdministratorsSeeWhereSnapshotsWereOpened() {
    try (Snapshot open = server.server().host().store().snapshot()) {
      assertTrue(open.version() >= 0);
      assertFalse(server.call("GET", "/stats").text().contains("oldest_opened"));
      assertTrue(server.call("GET", "/stats").text().contains("\"oldest_version\""));
      assertTrue(server.call("GET", "/stats/all").text().contains("\"oldest_opened\""));
    }
  }

  @Test
  void anIncrementIsAsDurableAsPreferred(@TempDir Path other) {
    String[] options = {"wal_sync_mode", "interval", "wal_sync_interval", "3600000"};
    try (RunningServer slow = RunningServer.start(other, options)) {
      slow.call("POST", "/keys/n/increment");
      Answer before = slow.call("GET", "/stats");
      assertTrue(before.number("version") > before.number("durable_version"), before.text());
      Answer counted =
          slow.call("POST", "/keys/n/increment", "", new byte[0], "Prefer", "durability=group");
      assertEquals(2, counted.number("value"));
      Answer after = slow.call("GET", "/stats");
      assertTrue(after.number("durable_version") > before.number("version"), after.text());
      Answer wrong =
          slow.call("POST", "/keys/n/increment", "", new byte[0], "Prefer", "durability=much");
      assertEquals("malformed-request", wrong.problem());
    }
  }

  @Test
  void everyPreferenceOfEveryLineCounts(@TempDir Path other) {
    String[] options = {"wal_sync_mode", "interval", "wal_sync_interval", "3600000"};
    try (RunningServer slow = RunningServer.start(other, options)) {
      for (String[] headers :
          new String[][] {
            {"Prefer", "respond-async", "Prefer", "durability=group"},
            {"Prefer", "respond-async, durability=group"},
            {"Prefer", "handling=\"lenient, durability=async\", durability = \"group\"; x=1"},
            {"Prefer", "durability=group", "Prefer", "durability=async"},
          }) {
        slow.call("PUT", "/keys/a", "", new byte[1]);
        long version = slow.call("PUT", "/keys/a", "", new byte[1], headers).number("version");
        Answer stats = slow.call("GET", "/stats");
        assertTrue(stats.number("durable_version") >= version, String.join(" ", headers));
      }
      Answer wrong =
          slow.call(
              "PUT",
              "/keys/a",
              "",
              new byte[1],
              "Prefer",
              "respond-async",
              "Prefer",
              "durability=much");
      assertEquals("malformed-request", wrong.problem());
    }
  }

  @Test
  void flushMovesTheMemtableToATable() {
    server.call("PUT", "/keys/flushed", "", "v".getBytes(StandardCharsets.UTF_8));
    Answer flushed = server.call("POST", "/admin/flush");
    assertEquals(200, flushed.status());
    assertTrue(flushed.number("durable_version") > 0);
    Answer stats = server.call("GET", "/stats");
    assertEquals(0, stats.number("active_entries"));
    assertTrue(stats.number("tables") >= 1, stats.text());
    assertTrue(server.call("GET", "/keys/flushed").text().contains("\"v\""));
  }

  @Test
  void aCompactionIsAJobThatCanBeLookedUp() throws InterruptedException {
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 20; i++) {
        server.call("PUT", "/keys/c" + i, "", ("r" + round).getBytes(StandardCharsets.UTF_8));
      }
      server.call("POST", "/admin/flush");
    }
    Answer begun = server.call("POST", "/admin/compact");
    assertEquals(202, begun.status(), begun.text());
    String job = begun.header("location");
    assertEquals("/admin/jobs/" + begun.number("id"), job);
    Answer state = server.call("GET", job);
    for (int i = 0; i < 1_000 && state.text().contains("\"running\""); i++) {
      Thread.sleep(10); // A job does not call back.
      state = server.call("GET", job);
    }
    assertTrue(state.text().contains("\"state\":\"done\""), state.text());
    assertTrue(state.number("ended_ms") >= state.number("started_ms"));
    assertTrue(server.call("GET", "/keys/c7").text().contains("\"r2\""));
  }

  @Test
  void theCompactionStatusShowsEveryTree() {
    String made =
        server
            .call(
                "PUT",
                "/keyspaces/runs",
                "application/json",
                "{\"compaction\": \"tiered\"}".getBytes(StandardCharsets.UTF_8))
            .text();
    assertTrue(made.contains("\"compaction\":\"tiered\""), made);
    String status = server.call("GET", "/admin/compaction/status").text();
    assertTrue(status.startsWith("{\"running\":["), status);
    assertTrue(
        status.contains("{\"name\":\"runs\",\"compaction\":\"tiered\",\"pending_bytes\":0,"),
        status);
    assertTrue(status.contains("\"name\":\"default\",\"compaction\":\"leveled\""), status);
    assertTrue(status.contains("\"table_write_amplification\":"), status);
  }

  @Test
  void aKeyspaceHasTheOptionsOfItsLastPutWithABody() {
    String path = "/keyspaces/events";
    String options = "{\"compaction\":\"fifo\",\"fifo_max_bytes\":1000000,\"ttl\":60}";
    Answer made =
        server.call("PUT", path, "application/json", options.getBytes(StandardCharsets.UTF_8));
    assertEquals(200, made.status(), made.text());
    String expected =
        "{\"name\":\"events\",\"compaction\":\"fifo\",\"fifo_max_bytes\":1000000,"
            + "\"fifo_max_age\":0,\"ttl\":60,\"log_previous_values\":false}";
    assertEquals(expected, made.text());
    assertEquals(expected, server.call("PUT", path).text());
    assertEquals(expected, server.call("GET", path).text());
    assertTrue(server.call("GET", "/keyspaces").text().contains(expected));
    server.call("PUT", path + "/keys/a", "", "v".getBytes(StandardCharsets.UTF_8));
    assertTrue(server.call("GET", path + "/keys/a").text().contains("\"expires_at_ms\":"));
    Answer back = server.json("PUT", path, "{\"compaction\":\"leveled\"}");
    assertTrue(back.text().contains("\"ttl\":0"), back.text());
  }

  @Test
  void aBodyReplacesAllOptionsOfAKeyspace() {
    String path = "/keyspaces/replaced";
    String fifo = "{\"compaction\":\"fifo\",\"fifo_max_bytes\":1000000}";
    for (String[] given : new String[][] {{"{\"ttl\":1}", "\"ttl\":1,"}, {"{}", "\"ttl\":0,"}}) {
      assertEquals(200, server.json("PUT", path, fifo).status());
      Answer answer = server.json("PUT", path, given[0]);
      assertEquals(200, answer.status(), answer.text());
      assertTrue(answer.text().contains("\"compaction\":\"leveled\""), answer.text());
      assertTrue(answer.text().contains("\"fifo_max_bytes\":0,"), answer.text());
      assertTrue(answer.text().contains(given[1]), answer.text());
    }
    assertEquals(200, server.json("PUT", path, fifo).status());
    Answer refused = server.json("PUT", path, "{\"fifo_max_bytes\":5}");
    assertEquals("malformed-request", refused.problem());
    assertTrue(server.call("GET", path).text().contains("\"fifo_max_bytes\":1000000,"));
  }

  @Test
  void aKeyspaceOrARangeIsCompactedByItself() throws InterruptedException {
    for (String name : new String[] {"left", "right"}) {
      server.json("PUT", "/keyspaces/" + name, "{\"compaction\":\"leveled\"}");
      for (int round = 0; round < 3; round++) {
        server.call("PUT", "/keyspaces/" + name + "/keys/a", "", new byte[100]);
        server.call("POST", "/admin/flush");
      }
    }
    int before = tables("right");
    assertTrue(before > 1, "tables " + before);
    compacted("{\"keyspace\": \"left\", \"prefix_base64\": \"YQ==\"}");
    assertEquals(1, tables("left"));
    assertEquals(before, tables("right"));
    compacted("{\"keyspace\": \"right\"}");
    assertEquals(1, tables("right"));
    compacted("{}");
  }

  private static int tables(String keyspace) {
    return server.server().host().store().stats().keyspaces().stream()
        .filter(stats -> stats.name().equals(keyspace))
        .mapToInt(stats -> stats.levels().stream().mapToInt(StoreStats.LevelStats::tables).sum())
        .sum();
  }

  private static void compacted(String body) throws InterruptedException {
    Answer begun = server.json("POST", "/admin/compact", body);
    assertEquals(202, begun.status(), begun.text());
    String job = begun.header("location");
    Answer state = server.call("GET", job);
    for (int i = 0; i < 1_000 && state.text().contains("\"running\""); i++) {
      Thread.sleep(10); // A job does not call back.
      state = server.call("GET", job);
    }
    assertTrue(state.text().contains("\"state\":\"done\""), state.text());
  }

  @Test
  void encryptionKeysAreRotatedByAJobAndTheStatisticsShowIt() throws InterruptedException {
    server.call("PUT", "/keys/rotated", "", "v".getBytes(StandardCharsets.UTF_8));
    server.call("POST", "/admin/flush");
    String before = server.call("GET", "/stats/all").text();
    assertTrue(
        before.contains("\"encryption\":{\"enabled\":true,\"epochs\":[{\"epoch\":1,"), before);
    Answer begun = server.call("POST", "/admin/keys/rotate");
    assertEquals(202, begun.status(), begun.text());
    assertTrue(begun.text().contains("\"kind\":\"rotate_encryption_keys\""), begun.text());
    String job = begun.header("location");
    Answer state = server.call("GET", job);
    for (int i = 0; i < 1_000 && state.text().contains("\"running\""); i++) {
      Thread.sleep(10); // A job does not call back.
      state = server.call("GET", job);
    }
    assertTrue(state.text().contains("\"state\":\"done\""), state.text());
    String after = server.call("GET", "/stats/all").text();
    assertTrue(after.contains("\"epoch\":2,"), after);
    assertTrue(server.call("GET", "/keys/rotated").text().contains("\"v\""));
  }

  @Test
  void statisticsCountWhatHappens() {
    Answer before = server.call("GET", "/stats");
    server.call("PUT", "/keys/counted", "", new byte[100]);
    server.call("GET", "/keys/counted");
    Answer after = server.call("GET", "/stats");
    assertTrue(after.number("commits") > before.number("commits"));
    assertTrue(after.number("gets") > before.number("gets"));
    assertTrue(after.number("user_bytes") >= before.number("user_bytes") + 100);
    assertFalse(after.text().contains("configuration"));
  }

  @Test
  void allStatisticsIncludeTheConfiguration() {
    String all = server.call("GET", "/stats/all").text();
    assertTrue(
        all.contains(
            "{\"name\":\"LOG_RETENTION_BYTES\",\"value\":\"1MiB\",\"source\":\"command line\"}"),
        all);
    assertTrue(all.contains("\"keyspaces\":[{\"name\":\"default\""), all);
    assertFalse(all.contains(server.adminToken().substring(21)));
  }

  @Test
  void prometheusReadsThePage() {
    server.call("PUT", "/keys/canary-key", "", "canary-value".getBytes(StandardCharsets.UTF_8));
    server.call("GET", "/keys/canary-key");
    Answer page = server.call("GET", "/metrics");
    assertEquals(200, page.status());
    assertTrue(page.header("content-type").startsWith("text/plain"));
    for (String line :
        new String[] {
          "apexstore_requests_total{operation=\"get\",outcome=\"succeeded\"} ",
          "apexstore_request_time_seconds_count{operation=\"put\"} ",
          "apexstore_request_recent_seconds{operation=\"put\",percentile=\"99\"} ",
          "apexstore_store_commits_total ",
          "apexstore_store_log_disk_bytes ",
          "apexstore_store_writable 1",
          "apexstore_connections "
        }) {
      assertTrue(page.text().contains("\n" + line), line + " is not in\n" + page.text());
    }
    for (String secret : new String[] {"canary", server.adminToken().substring(4, 20)}) {
      assertFalse(page.text().contains(secret), secret);
    }
    assertEquals(List.of(), ExpositionCheck.problemsOf(page.text()));
  }
}

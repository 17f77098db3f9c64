package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.StoreSeams;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.server.RunningServer.Answer;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An event loop never waits for the disk: if each read takes 200 ms, the blocked-thread checker of
 * Vert.x, with a limit of 50 ms, never finds an event loop in the storage.
 *
 * <p>On a busy machine a thread can also be late because it did not get a processor, so only
 * threads that are found inside the storage count.
 */
@Tag("server")
class EventLoopTest {
  private static final int KEYS = 6_000;

  /** Kept in a field, because a logger without references loses its level. */
  private static final Logger WATCH = Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker");

  @TempDir private Path folder;
  private final AtomicReference<FaultStorage> storage = new AtomicReference<>();
  private final Queue<String> blocked = new ConcurrentLinkedQueue<>();
  private final Queue<String> inJson = new ConcurrentLinkedQueue<>();
  private RunningServer server;

  @BeforeEach
  void start() {
    WATCH.setLevel(Level.OFF); // the start loads classes on event loops
    ApexServer.Settings plain = ApexServer.Settings.plain();
    VertxOptions strict =
        new VertxOptions(plain.vertx())
            .setBlockedThreadCheckInterval(10)
            .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
            .setMaxEventLoopExecuteTime(50)
            .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
    server =
        RunningServer.start(
            folder,
            new ApexServer.Settings(
                strict,
                builder ->
                    StoreSeams.open(
                        builder,
                        files -> {
                          storage.set(new FaultStorage(files));
                          return faults();
                        }),
                false),
            "block_cache_size_mb",
            "1",
            "compression",
            "none",
            "server_io_threads",
            "16");
    ((VertxInternal) server.server().vertx())
        .blockedThreadChecker()
        .setThreadBlockedHandler(event -> inspect(event.thread()));
    fill();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void inspect(Thread thread) {
    if (!thread.getName().contains("eventloop")) {
      return;
    }
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().startsWith("io.apexstore.engine.io.")) {
        blocked.add(thread.getName() + " in " + frame);
        return;
      }
      if (frame.getClassName().startsWith("io.apexstore.server.http.json.")) {
        inJson.add(thread.getName() + " in " + frame);
        return;
      }
    }
  }

  /** Writes tables that are several times larger than the cache. */
  private void fill() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < KEYS; i++) {
      lines.append("{\"key\":\"k").append(i).append("\",\"value\":\"");
      lines.append("x".repeat(700)).append("\"}\n");
    }
    byte[] body = lines.toString().getBytes(StandardCharsets.UTF_8);
    Answer filled = server.call("POST", "/keys/import", "application/x-ndjson", body);
    assertTrue(filled.text().contains("\"lines\":" + KEYS), filled.text());
    assertEquals(200, server.call("POST", "/admin/flush").status());
  }

  private FaultStorage faults() {
    return Objects.requireNonNull(storage.get());
  }

  private FaultStorage.Rule slowDown() {
    return faults()
        .before(
            FaultStorage.Kind.READ,
            (kind, name) -> LockSupport.parkNanos(Duration.ofMillis(200).toNanos()));
  }

  @Test
  void underLoadNoEventLoopIsInTheStorage() throws Exception {
    FaultStorage.Rule slow = slowDown();
    List<Future<Integer>> clients = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(12)) {
      for (int client = 0; client < 12; client++) {
        int seed = client;
        clients.add(pool.submit(() -> run(seed)));
      }
      for (Future<Integer> client : clients) {
        assertTrue(client.get(60, TimeUnit.SECONDS) > 0);
      }
    }
    assertTrue(slow.seen() > 50, "only " + slow.seen() + " reads reached the disk");
    assertEquals(List.of(), List.copyOf(blocked));
  }

  private int run(int seed) {
    Random random = new Random(seed);
    int answered = 0;
    for (int i = 0; i < 12; i++) {
      String key = "k" + random.nextInt(KEYS);
      int status =
          switch (random.nextInt(8)) {
            case 0 -> server.call("PUT", "/keys/" + key, "", new byte[] {1}).status();
            case 1 -> server.call("GET", "/keys?limit=3&from=" + key).status();
            case 2 ->
                server.json("POST", "/keys/get", "{\"keys\":[\"" + key + "\",\"k1\"]}").status();
            case 3 -> server.call("GET", "/stats").status();
            case 4 -> server.call("GET", "/keys/export?limit=5&from=" + key).status();
            default -> server.call("GET", "/keys/" + key).status();
          };
      assertEquals(200, status);
      answered++;
    }
    return answered;
  }

  /** Long JSON takes hundreds of ms, during which an event loop could serve no other client. */
  @Test
  void longJsonIsNotReadOrWrittenOnAnEventLoop() {
    inJson.clear(); // the import that filled the store came line by line
    String records =
        IntStream.range(0, 200_000)
            .mapToObj(i -> "{\"key\":\"b" + i + "\",\"value\":\"v\"}")
            .collect(Collectors.joining(",", "{\"records\":[", "]}"));
    String entry = "{\"key\":\"long\",\"value\":\"" + "\\n".repeat(8 << 20) + "\"}";
    for (int round = 0; round < 3; round++) {
      assertEquals(200, server.json("POST", "/keys/batch", records).status());
      assertEquals(200, server.json("POST", "/keys", entry).status());
      assertTrue(server.call("GET", "/keys/long").body().length > 16 << 20);
      byte[] line = (entry + "\n").getBytes(StandardCharsets.UTF_8);
      String type = "application/x-ndjson";
      assertEquals(200, server.call("POST", "/keys/import", type, line).status());
    }
    assertEquals(List.of(), List.copyOf(inJson));
  }

  @Test
  void aReadOnAnEventLoopIsDetected() throws Exception {
    FaultStorage.Rule slow = slowDown();
    CountDownLatch done = new CountDownLatch(1);
    server
        .server()
        .vertx()
        .runOnContext(
            ignored -> {
              for (int i = 0; i < KEYS && slow.seen() == 0; i += 50) {
                server.server().host().store().get(("k" + i).getBytes(StandardCharsets.UTF_8));
              }
              done.countDown();
            });
    assertTrue(done.await(60, TimeUnit.SECONDS));
    slow.stop();
    assertTrue(slow.seen() > 0, "no read reached the disk");
    assertTrue(!blocked.isEmpty(), "the read was not detected");
  }
}

package io.apexstore.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.cli.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients get, put, compare-and-set and delete the same few keys over HTTP while the server is
 * killed and started again: the history of each key is linearizable.
 *
 * <p>{@code -Dlinearizability.lives=N} sets the number of times that the server runs and is killed.
 * The seed determines the calls of the clients, not their interleaving.
 */
@Tag("process")
class HttpLinearizabilityTest {
  private static final int KEYS = 3;
  private static final int CLIENTS = 6;
  private static final int CALLS_A_LIFE = 300;
  private static final int LIVES = Integer.getInteger("linearizability.lives", 3);

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final List<List<RecordedCall>> histories = new ArrayList<>();

  @AfterEach
  void killRemainingProcesses() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void theHistoryOfEachKeyIsLinearizable() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    for (int key = 0; key < KEYS; key++) {
      histories.add(new ArrayList<>());
    }
    for (int life = 0; life < LIVES; life++) {
      live(new Random(seed + life), life);
    }
    for (int key = 0; key < KEYS; key++) {
      List<RecordedCall> history = histories.get(key);
      assertTrue(history.size() > CALLS_A_LIFE / KEYS / 2, history.size() + " calls");
      assertTrue(history.stream().anyMatch(call -> call.outcome() == RecordedCall.Outcome.DONE));
      assertTrue(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  // The clients call until the server is gone, which is killed in the middle.
  private void live(Random random, int life) throws Exception {
    ServerProcess server = ServerProcess.launch(folder);
    processes.add(server.process());
    server.awaitLine("listens on");
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch enough = new CountDownLatch(CALLS_A_LIFE);
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> ended = new ArrayList<>();
      for (int number = 0; number < CLIENTS; number++) {
        Client client =
            new Client(server, new Random(random.nextLong()), life + "-" + number, enough, calls);
        ended.add(threads.submit(client::run));
      }
      assertTrue(enough.await(120, TimeUnit.SECONDS), calls + " calls in two minutes");
      server.process().destroyForcibly();
      for (Future<?> client : ended) {
        client.get(60, TimeUnit.SECONDS);
      }
    }
    assertTrue(server.process().waitFor(60, TimeUnit.SECONDS));
  }

  private void record(int key, RecordedCall operation) {
    List<RecordedCall> history = histories.get(key);
    synchronized (history) {
      history.add(operation);
    }
  }

  /** A client with one call at a time and unique values. */
  private final class Client {
    private final HttpClient http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;
    private final String token;
    private final Random random;
    private final String name;
    private final CountDownLatch enough;
    private final AtomicInteger calls;
    private int written;

    // The results of the last get of each key.
    private final @Nullable String[] seenValues = new @Nullable String[KEYS];
    private final String[] seenTags = new String[KEYS];

    Client(
        ServerProcess server,
        Random random,
        String name,
        CountDownLatch enough,
        AtomicInteger calls)
        throws IOException {
      this.base = "http://127.0.0.1:" + server.port() + "/keys/key-";
      this.token = server.token();
      this.random = random;
      this.name = name;
      this.enough = enough;
      this.calls = calls;
      java.util.Arrays.fill(seenTags, "");
    }

    void run() {
      try (http) {
        while (call(random.nextInt(KEYS))) {
          calls.incrementAndGet();
          enough.countDown();
        }
      }
    }

    // Returns false when the server is gone.
    private boolean call(int key) {
      return switch (random.nextInt(8)) {
        case 0 -> put(key);
        case 1 -> write(key, RecordedCall.delete(0, 1), request(key).DELETE());
        case 2, 3 -> compareAndSet(key);
        default -> get(key);
      };
    }

    private boolean get(int key) {
      long from = System.nanoTime();
      HttpResponse<String> answer =
          send(request(key).header("Accept", "application/octet-stream").GET());
      if (answer == null) {
        return false; // A get without a response changed nothing.
      }
      String found = null;
      if (answer.statusCode() == 200) {
        found = answer.body();
        seenTags[key] = answer.headers().firstValue("ETag").orElseThrow();
      } else {
        assertEquals(404, answer.statusCode(), answer.body());
        seenTags[key] = "";
      }
      seenValues[key] = found;
      record(key, RecordedCall.get(found, from, System.nanoTime()));
      return true;
    }

    private boolean put(int key) {
      String value = newValue();
      return write(
          key,
          RecordedCall.put(value, 0, 1),
          request(key).PUT(HttpRequest.BodyPublishers.ofString(value)));
    }

    // Expects the value that this client saw last. Values are unique, so its version identifies it.
    private boolean compareAndSet(int key) {
      String value = newValue();
      HttpRequest.Builder request = request(key);
      if (seenTags[key].isEmpty()) {
        request.header("If-None-Match", "*");
      } else {
        request.header("If-Match", seenTags[key]);
      }
      return write(
          key,
          RecordedCall.compareAndSet(
              seenTags[key].isEmpty() ? null : seenValues[key], value, true, 0, 1),
          request.PUT(HttpRequest.BodyPublishers.ofString(value)));
    }

    private boolean write(int key, RecordedCall meant, HttpRequest.Builder request) {
      long from = System.nanoTime();
      HttpResponse<String> answer = send(request);
      long to = System.nanoTime();
      RecordedCall.Outcome outcome = outcome(meant, answer);
      record(
          key,
          new RecordedCall(
              meant.kind(),
              meant.expected(),
              meant.value(),
              outcome,
              from,
              outcome == RecordedCall.Outcome.UNKNOWN ? Long.MAX_VALUE : to));
      return answer != null;
    }

    private static RecordedCall.Outcome outcome(
        RecordedCall meant, @Nullable HttpResponse<String> answer) {
      if (answer == null) {
        return RecordedCall.Outcome.UNKNOWN;
      }
      if (answer.statusCode() == 412) {
        assertEquals(RecordedCall.Kind.COMPARE_AND_SET, meant.kind(), answer.body());
        return RecordedCall.Outcome.REFUSED;
      }
      assertEquals(2, answer.statusCode() / 100, answer.body());
      return RecordedCall.Outcome.DONE;
    }

    private HttpRequest.Builder request(int key) {
      return HttpRequest.newBuilder(URI.create(base + key))
          .timeout(Duration.ofSeconds(60))
          .header("Authorization", "Bearer " + token);
    }

    private @Nullable HttpResponse<String> send(HttpRequest.Builder request) {
      try {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        return null;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private String newValue() {
      return name + "-" + written++;
    }
  }
}

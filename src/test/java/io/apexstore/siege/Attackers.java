package io.apexstore.siege;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients that are hostile, careless or broken. Each attacker plays one random move after the other
 * until the end.
 *
 * <p><b>Threads:</b> each attacker has a virtual thread; the other methods, one thread.
 */
final class Attackers {
  /** The key that only requests which must not be executed write to. */
  static final String FORBIDDEN_KEY = "must-not-exist";

  private static final int LARGE_KEYS = 6;
  private static final int ADDRESSES = 200;

  /** The longest time that one move holds a connection. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  /** What an attacker can do. */
  enum Move {
    PUT_LARGE(6),
    PUT_CHUNKED(3),
    UPLOAD_THAT_DRIBBLES(4),
    UPLOAD_THAT_ENDS_EARLY(3),
    PUT_MEDIUM(8),
    READ_LARGE(10),
    PAGE(6),
    MULTI_GET(5),
    EXPORT(5),
    CHANGES(4),
    IMPORT(6),
    IMPORT_THAT_DRIBBLES(4),
    PIPELINE(4),
    BEHIND_CLOSE(3),
    MALFORMED(5),
    SLOW_HEAD(2),
    HALF_CLOSED_PUT(3),
    ADMIN(2),
    INCREMENT(3);

    private final int weight;

    Move(int weight) {
      this.weight = weight;
    }
  }

  private static final List<String> MALFORMED =
      List.of(
          "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
          "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
          "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeXX0\r\n\r\n",
          "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "Content-Length: 1\r\nHost: other\r\n\r\na",
          "Content-Length: 1\r\nExpect: a miracle\r\n\r\na");

  private final SiegePlan plan;
  private final int port;
  private final String token;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Map<Move, LongAdder> played = new EnumMap<>(Move.class);
  private final LongAdder connectionsRefused = new LongAdder();
  private final LongAdder connectionsEnded = new LongAdder();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger openFeeds = new AtomicInteger();
  private final LongAdder unanswered = new LongAdder();
  private final LongAdder answered = new LongAdder();

  Attackers(SiegePlan plan, int port, String token) {
    this.plan = plan;
    this.port = port;
    this.token = token;
    for (Move move : Move.values()) {
      played.put(move, new LongAdder());
    }
  }

  /** Starts all attackers and all feeds. */
  void start() {
    for (int i = 0; i < plan.attackers(); i++) {
      Random random = new Random(plan.seed() * 1_000 + i);
      Thread.ofVirtual().name("attacker-" + i).start(() -> attack(random));
    }
    for (int i = 0; i < plan.feeds(); i++) {
      int feed = i;
      Thread.ofVirtual().name("feed-" + i).start(() -> holdFeed(feed));
    }
  }

  /** Ends the attack, and waits until the last attacker has noticed it. */
  void stop() throws InterruptedException {
    end.countDown();
    while (running.get() > 0 && !pause(50)) {
      // An attacker's last read or write ends at its time-out at the latest.
    }
  }

  /** Returns in one line what was done so far. */
  String summary() {
    StringBuilder text = new StringBuilder();
    played.forEach(
        (move, count) ->
            text.append(move.name().toLowerCase(Locale.ROOT))
                .append(' ')
                .append(count.sum())
                .append(", "));
    return text
        + "connections refused or cut "
        + (connectionsRefused.sum() + connectionsEnded.sum())
        + ", open feeds "
        + openFeeds.get();
  }

  /** Returns how many half-closed requests got no answer. */
  long unanswered() {
    return unanswered.sum();
  }

  /** Returns how many half-closed requests got an answer. */
  long answered() {
    return answered.sum();
  }

  private boolean ended() {
    return end.getCount() == 0;
  }

  /** Waits, and returns true at once when the attack ends. */
  private boolean pause(long ms) {
    try {
      return end.await(ms, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void attack(Random random) {
    running.incrementAndGet();
    try {
      while (!ended()) {
        Move move = pick(random);
        played.computeIfAbsent(move, absent -> new LongAdder()).increment();
        try (AttackConnection connection = connect(random)) {
          play(move, connection, random);
        } catch (IOException e) {
          connectionsEnded.increment();
          pause(20);
        }
      }
    } finally {
      running.decrementAndGet();
    }
  }

  private AttackConnection connect(Random random) throws IOException {
    try {
      return new AttackConnection(port, token, 2 + random.nextInt(ADDRESSES));
    } catch (IOException e) {
      connectionsRefused.increment();
      throw e;
    }
  }

  private static Move pick(Random random) {
    int total = 0;
    for (Move move : Move.values()) {
      total += move.weight;
    }
    int at = random.nextInt(total);
    for (Move move : Move.values()) {
      at -= move.weight;
      if (at < 0) {
        return move;
      }
    }
    throw new AssertionError(at);
  }

  private void play(Move move, AttackConnection to, Random random) throws IOException {
    String large = "/keys/large-" + random.nextInt(LARGE_KEYS);
    switch (move) {
      case PUT_LARGE -> {
        long bytes = size(random);
        to.request("PUT " + large, "Content-Length: " + bytes);
        to.sendOnes(bytes);
        to.status();
      }
      case PUT_CHUNKED -> {
        to.request("PUT " + large, "Transfer-Encoding: chunked");
        for (long left = size(random); left > 0; left -= 1 << 20) {
          to.send("100000\r\n");
          to.sendOnes(1 << 20);
          to.send("\r\n");
        }
        to.send("0\r\n\r\n");
        to.status();
      }
      case UPLOAD_THAT_DRIBBLES -> {
        to.request("PUT " + large, "Content-Length: " + plan.valueBytesMax());
        dribble(to, 13, 100);
      }
      case UPLOAD_THAT_ENDS_EARLY -> {
        to.request("PUT " + large, "Content-Length: " + plan.valueBytesMax());
        to.sendOnes(random.nextLong(1, plan.valueBytesMax()));
        to.reset();
      }
      case PUT_MEDIUM -> {
        int bytes = 300_000;
        to.request("PUT /keys/medium-" + random.nextInt(500), "Content-Length: " + bytes);
        to.sendOnes(bytes);
        to.status();
      }
      case READ_LARGE -> {
        to.request("GET " + large, accept(random));
        read(to, random);
      }
      case PAGE -> {
        String[] pages = {
          "/keys?limit=1&from=large",
          "/keys?limit=10000",
          "/keys?prefix=large",
          "/scan?limit=100",
          "/keys?reverse=true&limit=1000"
        };
        to.request("GET " + pages[random.nextInt(pages.length)]);
        read(to, random);
      }
      case MULTI_GET -> {
        StringBuilder keys = new StringBuilder("{\"keys\":[\"large-0\"");
        for (int i = 0; i < 60; i++) {
          keys.append(",\"large-").append(random.nextInt(LARGE_KEYS)).append('"');
        }
        to.requestWithBody("POST /keys/get", "application/json", keys.append("]}").toString());
        read(to, random);
      }
      case EXPORT -> {
        to.request("GET /keys/export");
        read(to, random);
      }
      case CHANGES -> {
        String[] feeds = {
          "/changes?snapshot=true", "/changes?snapshot=true&limit=100", "/changes?since=0"
        };
        to.request("GET " + feeds[random.nextInt(feeds.length)], accept(random));
        read(to, random);
      }
      case IMPORT -> {
        String body = importLines(random);
        to.requestWithBody("POST /keys/import", "application/x-ndjson", body);
        read(to, random);
      }
      case IMPORT_THAT_DRIBBLES -> {
        to.request(
            "POST /keys/import", "Content-Type: application/x-ndjson", "Content-Length: 50000000");
        to.send("{\"key\":\"import-slow\",\"value\":\"");
        to.send("a".repeat(random.nextInt(1, 4 << 20)));
        dribble(to, 13, 100);
      }
      case PIPELINE -> {
        for (int i = 0; i < 200 && !ended(); i++) {
          to.request("GET " + (random.nextInt(10) == 0 ? large : "/keys/medium-1"));
        }
        read(to, random);
      }
      case BEHIND_CLOSE -> {
        to.send(to.head("PUT /keys/a%zz") + "Content-Length: 1\r\n\r\na");
        for (int i = 0; i < 50; i++) {
          to.request("POST /keys/" + FORBIDDEN_KEY + "/increment", "Content-Length: 0");
        }
        to.read(64 << 10);
      }
      case MALFORMED -> {
        to.send(
            to.head("PUT /keys/" + FORBIDDEN_KEY)
                + MALFORMED.get(random.nextInt(MALFORMED.size())));
        to.read(64 << 10);
      }
      case SLOW_HEAD -> {
        String head = to.head("GET /stats");
        for (int i = 0; i < head.length() && !pause(200); i++) {
          to.send(head.substring(i, i + 1));
        }
      }
      case HALF_CLOSED_PUT -> {
        to.request("PUT /keys/half-closed", "Content-Length: 4");
        to.send("half");
        to.halfClose();
        if (to.status() == 0 && !ended()) {
          unanswered.increment();
        } else {
          answered.increment();
        }
      }
      case ADMIN -> {
        String keyspace = "/keyspaces/siege-" + random.nextInt(3);
        String[] requests = {
          "POST /admin/flush",
          "POST /admin/compact",
          "PUT " + keyspace,
          "DELETE " + keyspace,
          "DELETE /keys?prefix=large-" + random.nextInt(LARGE_KEYS),
          "DELETE /keys?prefix=import"
        };
        to.request(requests[random.nextInt(requests.length)], "Content-Length: 0");
        to.status();
      }
      case INCREMENT -> {
        for (int i = 0; i < 20; i++) {
          to.request("POST /keys/counter/increment", "Content-Length: 0");
        }
        to.read(2_000);
      }
    }
  }

  /** Reads an answer whole, not at all, byte by byte, or partly and then resets the connection. */
  private void read(AttackConnection to, Random random) throws IOException {
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    switch (random.nextInt(5)) {
      case 0 -> pause(PATIENCE.toMillis());
      case 1 -> {
        while (System.nanoTime() < endNanos && to.read(1) == 1) {
          if (pause(500)) {
            return;
          }
        }
      }
      case 2 -> {
        to.read(random.nextInt(1, 1 << 20));
        to.reset();
      }
      case 3 -> {
        to.halfClose();
        drain(to, endNanos);
      }
      default -> drain(to, endNanos);
    }
  }

  private void drain(AttackConnection to, long endNanos) throws IOException {
    while (System.nanoTime() < endNanos && !ended()) {
      if (to.read(1 << 20) < 1 << 20) {
        return;
      }
    }
  }

  private void dribble(AttackConnection to, int bytes, long everyMs) throws IOException {
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < endNanos && !pause(everyMs)) {
      to.sendOnes(bytes);
    }
  }

  private long size(Random random) {
    return random.nextInt(3) == 0
        ? plan.valueBytesMax()
        : random.nextLong(1 << 20, Math.max(2 << 20, plan.valueBytesMax() / 4));
  }

  private static String accept(Random random) {
    String[] types = {
      "application/json", "application/octet-stream", "application/x-ndjson", "text/event-stream"
    };
    return "Accept: " + types[random.nextInt(types.length)];
  }

  private static String importLines(Random random) {
    int lines = random.nextInt(1, 2_000);
    int valueChars = random.nextInt(10) == 0 ? 100_000 : 100;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines && text.length() < 8 << 20; i++) {
      text.append("{\"key\":\"import-").append(random.nextInt(5_000)).append("\",\"value\":\"");
      text.repeat('v', valueChars).append("\"}\n");
    }
    return text.toString();
  }

  /** Keeps one feed open that is never read. */
  private void holdFeed(int feed) {
    running.incrementAndGet();
    try {
      while (!ended()) {
        try (AttackConnection connection =
            new AttackConnection(port, token, 2 + feed % ADDRESSES)) {
          connection.request("GET /changes?since=0", "Accept: text/event-stream");
          openFeeds.incrementAndGet();
          try {
            pause(60_000);
          } finally {
            openFeeds.decrementAndGet();
          }
        } catch (IOException e) {
          pause(1_000);
        }
      }
    } finally {
      running.decrementAndGet();
    }
  }
}

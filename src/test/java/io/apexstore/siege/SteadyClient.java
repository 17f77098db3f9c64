package io.apexstore.siege;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A well-behaved client: one connection, one request at a time, small keys and values. It remembers
 * what was acknowledged, and compares each read with it.
 *
 * <p><b>Threads:</b> {@link #run} has its own; {@link #stop} any; the rest after the end of it.
 */
final class SteadyClient implements Runnable {
  private static final int KEYS = 500;
  private static final int TIMEOUT_MS = 30_000;
  private static final long PAUSE_MS = 20;

  private final int port;
  private final String token;
  private final String name;
  private final Random random;
  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch firstServed = new CountDownLatch(1);
  private final long[] acknowledged = new long[KEYS];
  private final long[] submitted = new long[KEYS];
  private final List<String> findings = new ArrayList<>();

  private @Nullable Socket socket;
  private InputStream in = InputStream.nullInputStream();
  private long[] latencyNanos = new long[1 << 16];
  private int served;
  private int refused;
  private int connectionsRefused;
  private int connectionsEnded;
  private long unservedSinceNanos;
  private long unservedNanosMax;

  SteadyClient(int port, String token, int number, long seed) {
    this.port = port;
    this.token = token;
    this.name = "steady-" + number;
    this.random = new Random(seed + number);
  }

  /** Waits until a request was served, and so until this client has its connection. */
  void awaitService() throws InterruptedException {
    if (!firstServed.await(60, TimeUnit.SECONDS)) {
      findings.add(name + " was not served before the attack");
    }
  }

  /** Ends {@link #run} after the request in progress. */
  void stop() {
    end.countDown();
  }

  @Override
  public void run() {
    unservedSinceNanos = System.nanoTime();
    while (end.getCount() > 0) {
      int key = random.nextInt(KEYS);
      try {
        if (random.nextBoolean() ? put(key) : get(key)) {
          noteServed();
        } else {
          refused++;
          pause();
        }
      } catch (IOException e) {
        // After the end, the server may be gone.
        if (end.getCount() > 0) {
          connectionsEnded++;
          pause();
        }
        disconnect();
      }
    }
    disconnect();
  }

  /** Reads every key from a server on another port, and compares it with what was acknowledged. */
  void verify(int newPort) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), newPort);
    in = new BufferedInputStream(socket.getInputStream());
    for (int key = 0; key < KEYS; key++) {
      get(key);
    }
    disconnect();
  }

  /** Returns what is wrong: acknowledged writes that are gone, values that were never written. */
  List<String> findings() {
    return findings;
  }

  /** Returns the latency of each request that was served, in nanoseconds, sorted. */
  long[] sortedNanos() {
    long[] sorted = Arrays.copyOf(latencyNanos, served);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Returns the number of requests that were answered with an error. */
  int refused() {
    return refused;
  }

  /** Returns how many connections ended before an answer, or were not accepted. */
  int connectionsLost() {
    return connectionsEnded + connectionsRefused;
  }

  /** Returns the longest time in which no request was served, in nanoseconds. */
  long unservedNanosMax() {
    return unservedNanosMax;
  }

  private void noteServed() {
    firstServed.countDown();
    long now = System.nanoTime();
    unservedNanosMax = Math.max(unservedNanosMax, now - unservedSinceNanos);
    unservedSinceNanos = now;
  }

  private void pause() {
    try {
      end.await(PAUSE_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean put(int key) throws IOException {
    long value = ++submitted[key];
    boolean done = call("PUT", key, Long.toString(value)).status == 200;
    if (done) {
      acknowledged[key] = value;
    }
    return done;
  }

  private boolean get(int key) throws IOException {
    Answer answer = call("GET", key, "");
    if (answer.status == 200) {
      long found = Long.parseLong(answer.body);
      if (found < acknowledged[key] || found > submitted[key]) {
        find(key, "found " + found);
      }
    } else if (answer.status == 404 && acknowledged[key] > 0) {
      find(key, "not found");
    }
    return answer.status == 200 || answer.status == 404;
  }

  private void find(int key, String what) {
    findings.add(
        "%s-%d: acknowledged %d, submitted %d, %s"
            .formatted(name, key, acknowledged[key], submitted[key], what));
  }

  private record Answer(int status, String body) {}

  private Answer call(String method, int key, String body) throws IOException {
    Socket connection = connect();
    String request =
        method
            + " /keys/"
            + name
            + "-"
            + key
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            + token
            + "\r\nAccept: application/octet-stream\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    long start = System.nanoTime();
    connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    Answer answer = readAnswer();
    if (answer.status < 500) {
      if (served == latencyNanos.length) {
        latencyNanos = Arrays.copyOf(latencyNanos, 2 * served);
      }
      latencyNanos[served] = System.nanoTime() - start;
      served++;
    }
    return answer;
  }

  private Answer readAnswer() throws IOException {
    int status = Integer.parseInt(readLine().substring(9, 12));
    int length = 0;
    boolean close = false;
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring(15).strip());
      }
      close |= lower.equals("connection: close");
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the answer ends early");
    }
    if (close) {
      disconnect();
    }
    return new Answer(status, new String(body, StandardCharsets.US_ASCII));
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b; (b = in.read()) != '\n'; ) {
      if (b < 0) {
        throw new EOFException("the connection ended");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  private Socket connect() throws IOException {
    Socket open = socket;
    if (open == null) {
      open = new Socket();
      open.setTcpNoDelay(true);
      open.setSoTimeout(TIMEOUT_MS);
      try {
        open.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MS);
      } catch (IOException e) {
        connectionsRefused++;
        throw e;
      }
      in = new BufferedInputStream(open.getInputStream());
      socket = open;
    }
    return open;
  }

  private void disconnect() {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      connectionsEnded++;
    }
    socket = null;
  }
}

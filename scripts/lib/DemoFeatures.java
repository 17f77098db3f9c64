import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The part of scripts/demo about expiry, range deletes, conditions and the change feed. It needs
 * only a JDK.
 *
 * <pre>
 * act URL HEADER LINES WORK   runs the whole part
 * follow URL HEADER OUT       appends changes to a file, resuming after its last one; started by act
 * </pre>
 */
public final class DemoFeatures {
  private static final int CLIENTS = 16;
  private static final int COUNTERS = 4;
  private static final int INCREMENTS = 100;
  private static final int RANGE_KEYS = 20_000;
  private static final int TTL_SECONDS = 2;
  private static final int KILLS = 3;
  private static final long TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(3);
  private static final String LAST_KEY = "demo/last";

  private final String url;
  private final String header;
  private final String authorization;
  private final Path work;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Process follower;
  private int kills;

  private DemoFeatures(String url, String header, Path work) throws IOException {
    this.url = url;
    this.header = header;
    this.authorization = Files.readString(Path.of(header)).strip().replaceFirst("^\\S+ ", "");
    this.work = work;
  }

  public static void main(String[] args) throws Exception {
    try {
      if (args[0].equals("follow")) {
        new DemoFeatures(args[1], args[2], Path.of(".")).follow(Path.of(args[3]));
      } else {
        DemoFeatures demo = new DemoFeatures(args[1], args[2], Path.of(args[4]));
        try {
          demo.act(Path.of(args[3]));
        } finally {
          demo.killFollower();
        }
      }
    } catch (DemoClient.Mismatch e) {
      System.err.println("demo: " + e.getMessage());
      System.exit(1);
    }
    System.exit(0);
  }

  private static void say(String text) {
    System.out.println("demo: " + text);
  }

  // ---- following the changes -------------------------------------------------------------------

  /** Appends changes to the file. An incomplete last line, left by a kill, is removed first. */
  private void follow(Path out) throws Exception {
    String since = lastToken(out);
    String path = since == null ? "snapshot=true" : "since=" + since;
    HttpResponse<InputStream> answer =
        http.send(
            request("/changes?format=ndjson&" + path).build(), BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      throw new DemoClient.Mismatch("GET /changes answered " + answer.statusCode());
    }
    try (BufferedReader lines =
            new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        Writer to =
            Files.newBufferedWriter(out, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (String line; (line = lines.readLine()) != null; ) {
        to.write(line + "\n");
        if (!lines.ready()) {
          to.flush();
        }
      }
    }
  }

  private static String lastToken(Path out) throws IOException {
    if (!Files.exists(out)) {
      return null;
    }
    removeIncompleteLine(out);
    String last = null;
    try (BufferedReader lines = Files.newBufferedReader(out)) {
      for (String line; (line = lines.readLine()) != null; ) {
        String token = DemoClient.members(line).get("token");
        last = token == null ? last : token;
      }
    }
    return last;
  }

  private static void removeIncompleteLine(Path out) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(out.toFile(), "rw")) {
      long length = file.length();
      while (length > 0) {
        file.seek(length - 1);
        if (file.read() == '\n') {
          break;
        }
        length--;
      }
      file.setLength(length);
    }
  }

  private Path changes() {
    return work.resolve("changes.ndjson");
  }

  private void startFollower() throws IOException {
    follower =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                "DemoFeatures",
                "follow",
                url,
                header,
                changes().toString())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(work.resolve("follower.log").toFile()))
            .start();
  }

  private void killFollower() throws InterruptedException {
    if (follower != null) {
      follower.destroyForcibly().waitFor();
    }
  }

  private void restartFollower() throws Exception {
    killFollower();
    kills++;
    startFollower();
  }

  // ---- the parts --------------------------------------------------------------------------------

  private void act(Path linesFile) throws Exception {
    startFollower();
    awaitChanges("{", 1);
    List<String> lines = Files.readAllLines(linesFile, StandardCharsets.ISO_8859_1);
    int expiring = expire(lines);
    restartFollower();
    count();
    restartFollower();
    deleteRange();
    while (kills < KILLS) {
      restartFollower();
    }
    awaitChanges("\"type\":\"expired\"", expiring);
    put(LAST_KEY, "the end", null);
    awaitChanges("\"key\":\"" + LAST_KEY + "\"", 1);
    killFollower();
    removeIncompleteLine(changes());
    compare(expiring);
  }

  /** Gives a tenth of the keys a value that expires, and waits until all of them are gone. */
  private int expire(List<String> lines) throws Exception {
    StringBuilder json = new StringBuilder();
    int count = 0;
    for (int i = 0; i < lines.size(); i += 10) {
      byte[] key = lines.get(i).getBytes(StandardCharsets.ISO_8859_1);
      json.append("{\"key_base64\":\"")
          .append(java.util.Base64.getEncoder().encodeToString(key))
          .append("\",\"value\":\"soon gone\",\"ttl\":" + TTL_SECONDS + "}\n");
      count++;
    }
    require(200, send(request("/keys/import")
        .header("Content-Type", "application/x-ndjson")
        .POST(BodyPublishers.ofString(json.toString()))));
    long start = System.nanoTime();
    long left = count;
    while (left > 0) {
      left = scan().values().stream().filter(value -> value.equals("soon gone")).count();
      checkTimeout(start, left + " expired values are still visible");
    }
    say(count + " keys, a tenth of all, were given " + TTL_SECONDS + " s to live and have expired");
    return count;
  }

  /** Increments counters with compare-and-set from several clients at once. */
  private void count() throws Exception {
    long attempts = 0;
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<Long>> done = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int first = client;
        done.add(
            clients.submit(
                () -> {
                  long tried = 0;
                  for (int i = 0; i < INCREMENTS; i++) {
                    tried += increment("demo/counter" + (first + i) % COUNTERS);
                  }
                  return tried;
                }));
      }
      for (Future<Long> one : done) {
        attempts += one.get();
      }
    }
    long sum = 0;
    for (int i = 0; i < COUNTERS; i++) {
      sum += Long.parseLong(require(200, send(raw("demo/counter" + i).GET())).body());
    }
    if (sum != (long) CLIENTS * INCREMENTS) {
      throw new DemoClient.Mismatch("increments were lost: the counters are " + sum);
    }
    say(CLIENTS + " clients counted to " + sum + " with If-Match, in " + attempts + " attempts");
  }

  private long increment(String key) throws Exception {
    for (long attempts = 1; ; attempts++) {
      HttpResponse<String> found = send(raw(key).GET());
      String tag = found.headers().firstValue("ETag").orElse(null);
      long old = found.statusCode() == 404 ? 0 : Long.parseLong(require(200, found).body());
      HttpResponse<String> answer = put(key, Long.toString(old + 1), tag == null ? "*" : tag);
      if (answer.statusCode() != 412) {
        return attempts;
      }
    }
  }

  private void deleteRange() throws Exception {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < RANGE_KEYS; i++) {
      json.append("{\"key\":\"demo/range/" + i + "\",\"value\":\"v\"}\n");
    }
    require(200, send(request("/keys/import")
        .header("Content-Type", "application/x-ndjson")
        .POST(BodyPublishers.ofString(json.toString()))));
    long start = System.nanoTime();
    HttpResponse<String> answer = send(request("/keys?prefix=demo/range/").DELETE());
    double millis = (System.nanoTime() - start) / 1e6;
    if (answer.statusCode() / 100 != 2) {
      throw new DemoClient.Mismatch("the range delete answered " + answer.statusCode());
    }
    long left = scan().keySet().stream().filter(key -> text(key).startsWith("demo/range/")).count();
    if (left > 0) {
      throw new DemoClient.Mismatch(left + " keys of a deleted range are still visible");
    }
    say(String.format("%d keys deleted with one range delete, in %.1f ms", RANGE_KEYS, millis));
  }

  /** Checks that the recorded changes, without repeats, result in the contents of the store. */
  private void compare(int expiring) throws Exception {
    Set<String> tokens = new HashSet<>();
    Map<ByteBuffer, String> replica = new HashMap<>();
    int lines = 0;
    int repeats = 0;
    int expired = 0;
    int counted = 0;
    for (String line : Files.readAllLines(changes())) {
      Map<String, String> change = DemoClient.members(line);
      String type = change.getOrDefault("type", "");
      if (Set.of("heartbeat", "bookmark", "snapshot_end", "").contains(type)) {
        continue;
      }
      lines++;
      if (!tokens.add(change.get("token"))) {
        repeats++;
        continue;
      }
      switch (type) {
        case "snapshot", "put" ->
            replica.put(
                ByteBuffer.wrap(DemoClient.bytes(change, "key")),
                new String(DemoClient.bytes(change, "value"), StandardCharsets.UTF_8));
        case "delete", "expired" ->
            replica.remove(ByteBuffer.wrap(DemoClient.bytes(change, "key")));
        case "range_delete" -> {
          byte[] from = DemoClient.bytes(change, "from");
          byte[] to = DemoClient.bytes(change, "to");
          replica
              .keySet()
              .removeIf(
                  key ->
                      java.util.Arrays.compareUnsigned(key.array(), from) >= 0
                          && java.util.Arrays.compareUnsigned(key.array(), to) < 0);
        }
        default -> throw new DemoClient.Mismatch("a change of an unknown type: " + line);
      }
      expired += type.equals("expired") ? 1 : 0;
      boolean counter = change.getOrDefault("key", "").startsWith("demo/counter");
      counted += counter && type.equals("put") ? 1 : 0;
    }
    if (expired != expiring || counted != CLIENTS * INCREMENTS) {
      throw new DemoClient.Mismatch(
          "the feed reported " + expired + " expiries and " + counted + " increments");
    }
    Map<ByteBuffer, String> store = scan();
    if (!replica.equals(store)) {
      throw new DemoClient.Mismatch(
          "the changes result in " + replica.size() + " keys, the store has " + store.size());
    }
    say(
        lines
            + " changes recorded by a reader that was killed "
            + kills
            + " times, "
            + repeats
            + " repeated; they result in the "
            + store.size()
            + " keys of the store");
  }

  private void awaitChanges(String text, int count) throws Exception {
    long start = System.nanoTime();
    while (true) {
      Set<String> found = new HashSet<>();
      if (Files.exists(changes())) {
        try (BufferedReader lines = Files.newBufferedReader(changes())) {
          for (String line; (line = lines.readLine()) != null; ) {
            if (line.contains(text) && line.endsWith("}")) {
              found.add(line);
            }
          }
        }
      }
      if (found.size() >= count) {
        return;
      }
      checkTimeout(start, "the feed reported " + found.size() + " of " + count + " " + text);
      if (!follower.isAlive()) {
        throw new DemoClient.Mismatch(
            "the reader of the feed ended: " + Files.readString(work.resolve("follower.log")));
      }
      TimeUnit.MILLISECONDS.sleep(200); // polls a file that another process writes
    }
  }

  private static void checkTimeout(long start, String message) {
    if (System.nanoTime() - start > TIMEOUT_NANOS) {
      throw new DemoClient.Mismatch(message);
    }
  }

  // ---- HTTP ------------------------------------------------------------------------------------

  private Map<ByteBuffer, String> scan() throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            request("/scan").header("Accept", "application/x-ndjson").build(),
            BodyHandlers.ofInputStream());
    Map<ByteBuffer, String> entries = new HashMap<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        Map<String, String> members = DemoClient.members(line);
        entries.put(
            ByteBuffer.wrap(DemoClient.bytes(members, "key")),
            new String(DemoClient.bytes(members, "value"), StandardCharsets.UTF_8));
      }
    }
    return entries;
  }

  private HttpRequest.Builder raw(String key) {
    return request("/keys/" + DemoClient.percentEncoded(key.getBytes(StandardCharsets.UTF_8)))
        .header("Accept", "application/octet-stream");
  }

  private HttpResponse<String> put(String key, String value, String condition) throws Exception {
    HttpRequest.Builder request = raw(key).PUT(BodyPublishers.ofString(value));
    if (condition != null) {
      request.header(condition.equals("*") ? "If-None-Match" : "If-Match", condition);
    }
    HttpResponse<String> answer = send(request);
    if (answer.statusCode() / 100 != 2 && answer.statusCode() != 412) {
      throw new DemoClient.Mismatch("a put answered " + answer.statusCode());
    }
    return answer;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", authorization);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> require(int status, HttpResponse<String> answer) {
    if (answer.statusCode() != status) {
      throw new DemoClient.Mismatch(
          answer.request().uri() + " answered " + answer.statusCode() + ": " + answer.body());
    }
    return answer;
  }

  private static String text(ByteBuffer bytes) {
    return new String(bytes.array(), StandardCharsets.UTF_8);
  }
}

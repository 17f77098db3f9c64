import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The client of scripts/demo: converts lines to NDJSON, reads the entries from the server and
 * compares them. It needs only a JDK.
 *
 * <pre>
 * ndjson LINES old|new OUT           writes one line of JSON for each line
 * get URL HEADER LINES ACKNOWLEDGED  reads each key by itself
 * scan URL HEADER LINES ACKNOWLEDGED reads all keys in one stream
 * </pre>
 *
 * Lines up to the acknowledged one must have their new value. Lines after it must have their old or
 * their new value; if no line was acknowledged, their old value.
 */
public final class DemoClient {
  private static final int THREADS = 16;

  /** Names below /keys/ that are routes and not keys. */
  private static final Set<String> NOT_KEYS = Set.of("batch", "export", "get", "import", "search");

  private final List<byte[]> lines;
  private final int acknowledged;
  private final AtomicLong olds = new AtomicLong();
  private final AtomicLong news = new AtomicLong();

  private DemoClient(List<byte[]> lines, int acknowledged) {
    this.lines = lines;
    this.acknowledged = acknowledged;
  }

  public static void main(String[] args) throws Exception {
    try {
      if (args[0].equals("ndjson")) {
        writeJson(read(Path.of(args[1])), args[2], Path.of(args[3]));
        return;
      }
      DemoClient client = new DemoClient(read(Path.of(args[3])), Integer.parseInt(args[4]));
      String authorization = Files.readString(Path.of(args[2])).strip().replaceFirst("^\\S+ ", "");
      if (args[0].equals("get")) {
        client.getAll(args[1], authorization);
      } else {
        client.scanAll(args[1], authorization);
      }
    } catch (Mismatch e) {
      System.err.println("demo: " + e.getMessage());
      System.exit(1);
    }
  }

  static final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }

  // ---- lines and values
  // --------------------------------------------------------------------------

  private static List<byte[]> read(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < all.length; i++) {
      if (all[i] == '\n') {
        lines.add(Arrays.copyOfRange(all, start, i));
        start = i + 1;
      }
    }
    return lines;
  }

  private static byte[] value(String age, int number, byte[] line) {
    ByteArrayOutputStream value = new ByteArrayOutputStream(line.length + 32);
    value.writeBytes((age + " value of line " + number + ": ").getBytes(StandardCharsets.UTF_8));
    value.writeBytes(line);
    return value.toByteArray();
  }

  private static void writeJson(List<byte[]> lines, String age, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      ByteArrayOutputStream json = new ByteArrayOutputStream();
      for (int i = 0; i < lines.size(); i++) {
        json.write('{');
        member(json, "key", lines.get(i));
        json.write(',');
        member(json, "value", value(age, i + 1, lines.get(i)));
        json.writeBytes("}\n".getBytes(StandardCharsets.UTF_8));
        if (json.size() > 1 << 16 || i == lines.size() - 1) {
          json.writeTo(out);
          json.reset();
        }
      }
    }
  }

  private static void member(ByteArrayOutputStream json, String name, byte[] bytes) {
    String text = text(bytes);
    boolean utf8 = text != null;
    json.writeBytes(
        ("\"" + name + (utf8 ? "\":\"" : "_base64\":\"")).getBytes(StandardCharsets.UTF_8));
    json.writeBytes(utf8 ? escaped(text) : Base64.getEncoder().encode(bytes));
    json.write('"');
  }

  /** Decodes UTF-8; returns null if the bytes are not UTF-8. */
  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static byte[] escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        escaped.append('\\').append(c);
      } else if (c < ' ') {
        escaped.append(String.format("\\u%04x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString().getBytes(StandardCharsets.UTF_8);
  }

  // ---- reading back
  // ------------------------------------------------------------------------------

  private void check(int index, byte[] found) {
    byte[] line = lines.get(index);
    boolean isNew = Arrays.equals(found, value("new", index + 1, line));
    boolean isOld = !isNew && Arrays.equals(found, value("old", index + 1, line));
    boolean allowed = index < acknowledged ? isNew : isOld || (isNew && acknowledged > 0);
    if (!allowed) {
      throw new Mismatch(
          "line " + (index + 1) + " (" + shown(line) + ") has a wrong value: " + shown(found));
    }
    (isNew ? news : olds).incrementAndGet();
  }

  private static String shown(byte[] bytes) {
    return bytes == null ? "none" : new String(bytes, StandardCharsets.UTF_8);
  }

  private void report(String how, long startNanos) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    System.out.printf(
        "demo: %s: %d lines with the expected values (%d old, %d new), %.1f s%n",
        how, olds.get() + news.get(), olds.get(), news.get(), seconds);
  }

  private void getAll(String url, String authorization) throws Exception {
    long start = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        readers.add(
            threads.submit(
                () -> {
                  for (int at = next.getAndIncrement();
                      at < lines.size();
                      at = next.getAndIncrement()) {
                    check(at, get(http, url, authorization, lines.get(at)));
                  }
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        try {
          reader.get();
        } catch (java.util.concurrent.ExecutionException e) {
          next.set(lines.size());
          if (e.getCause() instanceof Mismatch mismatch) {
            throw mismatch;
          }
          throw e;
        }
      }
    }
    report("read each key", start);
  }

  private static byte[] get(HttpClient http, String url, String authorization, byte[] key)
      throws IOException, InterruptedException {
    if (NOT_KEYS.contains(new String(key, StandardCharsets.ISO_8859_1))) {
      return getByBody(http, url, authorization, key);
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/keys/" + percentEncoded(key)))
            .header("Authorization", authorization)
            .header("Accept", "application/octet-stream")
            .build();
    HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new Mismatch(
          "GET of "
              + shown(key)
              + " answered "
              + response.statusCode()
              + ": "
              + shown(response.body()));
    }
    return response.body();
  }

  private static byte[] getByBody(HttpClient http, String url, String authorization, byte[] key)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/keys/get"))
            .header("Authorization", authorization)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"keys\":[\"" + new String(key, StandardCharsets.UTF_8) + "\"]}"))
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    String body = response.body();
    int entry = body.indexOf("[{");
    if (response.statusCode() != 200 || entry < 0) {
      throw new Mismatch(
          "POST /keys/get of " + shown(key) + " answered " + response.statusCode() + ": " + body);
    }
    return bytes(members(body.substring(entry + 1)), "value");
  }

  static String percentEncoded(byte[] key) {
    StringBuilder encoded = new StringBuilder(key.length + 16);
    for (byte b : key) {
      char c = (char) (b & 0xFF);
      boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "-_~".indexOf(c) >= 0);
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append(String.format("%%%02X", (int) c));
      }
    }
    return encoded.toString();
  }

  private void scanAll(String url, String authorization) throws Exception {
    long start = System.nanoTime();
    Map<ByteBuffer, Integer> indexByKey = new HashMap<>(lines.size() * 2);
    for (int i = 0; i < lines.size(); i++) {
      indexByKey.put(ByteBuffer.wrap(lines.get(i)), i);
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/scan"))
            .header("Authorization", authorization)
            .header("Accept", "application/x-ndjson")
            .build();
    int seen = 0;
    byte[] previous = null;
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw new Mismatch("GET /scan answered " + response.statusCode());
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
      String line = reader.readLine();
      while (line != null) {
        Map<String, String> members = members(line);
        byte[] key = bytes(members, "key");
        if (previous != null && Arrays.compareUnsigned(previous, key) >= 0) {
          throw new Mismatch("the scan is not in key order at " + shown(key));
        }
        Integer index = indexByKey.get(ByteBuffer.wrap(key));
        if (index == null) {
          throw new Mismatch("the scan returned a key that was never written: " + shown(key));
        }
        check(index, bytes(members, "value"));
        previous = key;
        seen++;
        line = reader.readLine();
      }
    }
    if (seen != lines.size()) {
      throw new Mismatch("the scan returned " + seen + " of " + lines.size() + " keys");
    }
    report("read all keys with a scan", start);
  }

  // ---- JSON
  // --------------------------------------------------------------------------------------

  static byte[] bytes(Map<String, String> members, String name) {
    String text = members.get(name);
    if (text != null) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    String base64 = members.get(name + "_base64");
    if (base64 == null) {
      throw new Mismatch("an entry without " + name + ": " + members);
    }
    return Base64.getDecoder().decode(base64);
  }

  /**
   * Parses the flat object at the start of the text. Strings are unescaped; other values are
   * returned as they are written.
   */
  static Map<String, String> members(String json) {
    Map<String, String> members = new HashMap<>();
    int[] at = {0};
    if (json.isEmpty() || json.charAt(0) != '{') {
      throw new Mismatch("not an object: " + json);
    }
    while (json.charAt(at[0]) != '}') {
      at[0]++; // the brace or the comma
      String name = string(json, at);
      at[0]++; // the colon
      if (json.charAt(at[0]) == '"') {
        members.put(name, string(json, at));
      } else {
        int start = at[0];
        while (json.charAt(at[0]) != ',' && json.charAt(at[0]) != '}') {
          at[0]++;
        }
        members.put(name, json.substring(start, at[0]));
      }
    }
    return members;
  }

  private static String string(String json, int[] at) {
    StringBuilder text = new StringBuilder();
    int i = at[0] + 1;
    while (json.charAt(i) != '"') {
      char c = json.charAt(i++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = json.charAt(i++);
      switch (escape) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'u' -> {
          text.append((char) Integer.parseInt(json, i, i + 4, 16));
          i += 4;
        }
        default -> text.append(escape);
      }
    }
    at[0] = i + 1;
    return text.toString();
  }
}

package io.apexstore.bench.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The server of ApexStore in its own process, with its defaults: authentication, metrics and group
 * commits. Only the limits that would refuse a fast client are off.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class ApexServerProcess implements AutoCloseable {
  private static final Pattern TOKEN_FILE = Pattern.compile("token .*written to (\\S.*)");
  private static final String VALUE = "0123456789".repeat(10);

  private final BenchServer process;
  private final HttpClient http;
  private final String url;
  private final String authorization;

  private ApexServerProcess(BenchServer process, String url, String token) {
    this.process = process;
    this.http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    this.url = url;
    this.authorization = "Bearer " + token;
  }

  static ApexServerProcess start(Path folder) throws IOException, InterruptedException {
    BenchServer process =
        BenchServer.startJava(
            "apexstore",
            "io.apexstore.cli.Main",
            List.of("serve", "--port", "0"),
            Map.of(
                "HOST", "127.0.0.1",
                "DATA_DIR", folder.resolve("apexstore-data").toString(),
                "AUTH_ENABLED", "true",
                "RATE_LIMIT_ENABLED", "false",
                "ENCRYPTION_ENABLED", "false",
                "MAX_CONNECTIONS_PER_IP", "0"),
            folder);
    try {
      String url = process.url();
      Path tokenFile = Path.of(process.await(TOKEN_FILE).strip());
      return new ApexServerProcess(process, url, Files.readString(tokenFile).strip());
    } catch (IOException e) {
      process.close();
      throw e;
    }
  }

  String url() {
    return url;
  }

  /** The header that authenticates a client. */
  String authorization() {
    return "Authorization: " + authorization;
  }

  /**
   * Puts a key, flushes it to a table and reads it once, so that its block is cached; returns its
   * URL.
   */
  String cachedKeyUrl() throws IOException, InterruptedException {
    String key = url + "/keys/0000000000000001";
    expectSuccess(send("PUT", key, VALUE));
    expectSuccess(send("POST", url + "/admin/flush", ""));
    expectSuccess(send("GET", key, ""));
    return key;
  }

  /** Puts a value of control characters, of which JSON makes six each, and returns its URL. */
  String largeKeyUrl(int bytes) throws IOException, InterruptedException {
    String key = url + "/keys/large";
    expectSuccess(send("PUT", key, "\u0001".repeat(bytes)));
    expectSuccess(send("POST", url + "/admin/flush", ""));
    return key;
  }

  /** Returns the length of the body of the response to a GET. */
  int lengthOf(String target, String... headers) throws IOException, InterruptedException {
    return expectSuccess(send("GET", target, "", headers)).body().length;
  }

  /** Returns the length of the body of the response to a PUT. */
  int lengthOfPutAnswer() throws IOException, InterruptedException {
    return expectSuccess(send("PUT", url + "/keys/0000000000000001", VALUE)).body().length;
  }

  private HttpResponse<byte[]> send(String method, String target, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(target))
            .header("Authorization", authorization)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpResponse<byte[]> expectSuccess(HttpResponse<byte[]> response)
      throws IOException {
    if (response.statusCode() / 100 != 2) {
      throw new IOException(
          response.request().method()
              + " "
              + response.uri()
              + " answered "
              + response.statusCode());
    }
    return response;
  }

  @Override
  public void close() {
    http.close();
    process.close();
  }
}

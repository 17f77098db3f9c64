package io.apexstore.server;

import io.apexstore.server.auth.Role;
import io.apexstore.server.config.ConfigLoader;
import io.apexstore.server.config.ServerConfig;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** A server on a free port in this process, and methods to call it. */
public final class RunningServer implements AutoCloseable {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final ApexServer server;
  private final ServerConfig config;
  private final String adminToken;

  private RunningServer(ApexServer server, ServerConfig config) {
    this.server = server;
    this.config = config;
    try {
      this.adminToken =
          config.authEnabled() ? Files.readString(config.adminTokenFile()).strip() : "none";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An answer. */
  public record Answer(int status, Map<String, String> headers, byte[] body) {
    /** Returns the body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** Returns a header, by its name in lower case, or an empty string. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }

    /** Returns the last part of the type of a problem. */
    public String problem() {
      String text = text();
      String start = "\"type\":\"urn:apexstore:problem:";
      int from = text.indexOf(start);
      if (from < 0) {
        return "none: " + text;
      }
      from += start.length();
      return text.substring(from, text.indexOf('"', from));
    }

    /** Returns the value of a member that is a whole number. */
    public long number(String member) {
      String start = "\"" + member + "\":";
      int from = text().indexOf(start);
      if (from < 0) {
        throw new AssertionError("no " + member + " in " + text());
      }
      from += start.length();
      int to = from;
      while (to < text().length() && Character.isDigit(text().charAt(to))) {
        to++;
      }
      return Long.parseLong(text().substring(from, to));
    }
  }

  /** Starts a server with its data in a folder; options are names and values in turn. */
  public static RunningServer start(Path folder, String... options) {
    return start(folder, ApexServer.Settings.plain(), options);
  }

  /** Starts a server with its data in a folder; options are names and values in turn. */
  public static RunningServer start(Path folder, ApexServer.Settings settings, String... options) {
    Map<String, String> given = new HashMap<>();
    given.put("port", "0");
    given.put("data_dir", folder.resolve("data").toString());
    given.put("block_cache_size_mb", "8");
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], options[i + 1]);
    }
    ServerConfig config = configuration(folder, given);
    return new RunningServer(await(ApexServer.start(config, settings)), config);
  }

  /** Loads options as from the command line, and encryption keys as from the environment. */
  static ServerConfig configuration(Path folder, Map<String, String> given) {
    Map<String, String> flags = new HashMap<>(given);
    String key = flags.remove("encryption_key");
    Map<String, String> environment = key == null ? Map.of() : Map.of("ENCRYPTION_KEY", key);
    return ConfigLoader.load(
        new ConfigLoader.Sources(folder, folder, null, environment, flags), line -> {});
  }

  /** Waits up to 60 s for a future, and throws its failure. */
  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the server. */
  public ApexServer server() {
    return server;
  }

  /** Returns the configuration. */
  public ServerConfig config() {
    return config;
  }

  /** Returns the port. */
  public int port() {
    return server.port();
  }

  /** Returns the administrator's token. */
  public String adminToken() {
    return adminToken;
  }

  /** Creates a token that the server accepts. */
  public String newToken(Role role) {
    return server.tokens().create(role, 0);
  }

  /** Sends a request with the administrator's token and no body. */
  public Answer call(String method, String path) {
    return call(method, path, "", new byte[0]);
  }

  /** Sends a request with the administrator's token; headers are names and values in turn. */
  public Answer call(
      String method, String path, String contentType, byte[] body, String... headers) {
    return callAs(adminToken, method, path, contentType, body, headers);
  }

  /** Sends a request with a JSON body. */
  public Answer json(String method, String path, String body, String... headers) {
    return call(method, path, "application/json", body.getBytes(StandardCharsets.UTF_8), headers);
  }

  /** Sends a request with a token; an empty token means none. */
  public Answer callAs(
      String token,
      String method,
      String path,
      String contentType,
      byte[] body,
      String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    if (!contentType.isEmpty()) {
      request.header("Content-Type", contentType);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      HttpResponse<byte[]> response =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      Map<String, String> found = new HashMap<>();
      response.headers().map().forEach((name, values) -> found.put(name, values.getFirst()));
      return new Answer(response.statusCode(), found, response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends exactly these bytes and returns everything until the server closes the connection. */
  public String raw(String request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return readAll(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns everything until the server closes the connection. */
  public static String readAll(Socket socket) throws IOException {
    StringBuilder all = new StringBuilder();
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[8192];
    try {
      for (int count; (count = in.read(buffer)) >= 0; ) {
        all.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException e) {
      all.append("[reset]");
    }
    return all.toString();
  }

  /** Returns all entries of the keyspace {@code default} as lines of JSON. */
  public String everything() {
    return call("GET", "/keys/export").text();
  }

  /** Waits until all cursors are closed, which happens after the answer. */
  public void awaitNoCursor() {
    for (int i = 0; i < 1_000; i++) {
      if (server.host().store().stats().openCursors() == 0) {
        return;
      }
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos()); // there is no notification
    }
    throw new AssertionError("a cursor is still open");
  }

  @Override
  public void close() {
    await(server.stop());
  }
}

package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.limit.ConnectionLimit;
import io.apexstore.server.limit.SlowClients;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import io.vertx.core.http.impl.http1.VertxHttpResponseEncoder;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A connection that cannot be protected against slow clients is not served. */
@Tag("server")
class ConnectionGuardTest {
  private static final Logger LOG = Logger.getLogger(ConnectionGuard.class.getName());

  private final Queue<LogRecord> logged = new ConcurrentLinkedQueue<>();
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final ConnectionLimit limit = new ConnectionLimit(100, 0);
  private final ConnectionGuard guard =
      new ConnectionGuard(limit, new Http1ServerConfig(), new HeadRules(false, false));
  private final Queue<List<String>> handlers = new ConcurrentLinkedQueue<>();
  private Vertx vertx;

  @BeforeEach
  void start() {
    LOG.setUseParentHandlers(false);
    LOG.addHandler(listener);
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stop() {
    RunningServer.await(vertx.close());
    LOG.removeHandler(listener);
    LOG.setUseParentHandlers(true);
  }

  @Test
  void thePipelineOfThisVersionOfVertxIsProtected() throws IOException {
    assertTrue(request(serve(pipeline -> {})).startsWith("HTTP/1.1 200 "));
    assertEquals(List.of(), List.copyOf(logged));
    assertProtected();
  }

  @Test
  void theHandlersAreFoundWhateverTheirNames() throws IOException {
    int port =
        serve(
            pipeline -> {
              pipeline.replace(
                  "httpDecoder", "decoder", new VertxHttpRequestDecoder(new Http1ServerConfig()));
              pipeline.replace("httpEncoder", "encoder", new VertxHttpResponseEncoder());
            });
    assertTrue(request(port).startsWith("HTTP/1.1 200 "));
    assertProtected();
  }

  @Test
  void withAnUnknownDecoderConnectionsAreClosedAndOneErrorIsLogged() throws IOException {
    int port =
        serve(pipeline -> pipeline.replace("httpDecoder", "httpDecoder", new HttpRequestDecoder()));
    assertNotServed(port, "VertxHttpRequestDecoder");
  }

  @Test
  void withAnUnknownEncoderConnectionsAreClosedAndOneErrorIsLogged() throws IOException {
    int port =
        serve(
            pipeline -> pipeline.replace("httpEncoder", "httpEncoder", new HttpResponseEncoder()));
    assertNotServed(port, "VertxHttpResponseEncoder");
  }

  private void assertProtected() {
    List<String> names = Objects.requireNonNull(handlers.peek());
    assertTrue(names.contains("StrictRequestDecoder"), names.toString());
    assertTrue(names.contains("WriteListener"), names.toString());
  }

  private void assertNotServed(int port, String missing) throws IOException {
    for (int i = 0; i < 3; i++) {
      assertEquals("", request(port).replace("[reset]", ""));
    }
    assertEquals(1, logged.size(), "logged once, whatever the number of connections");
    LogRecord entry = Objects.requireNonNull(logged.peek());
    assertEquals(Level.SEVERE, entry.getLevel());
    String message = entry.getMessage() + " " + entry.getThrown();
    assertTrue(message.contains(missing), message);
  }

  /** Starts a server whose pipelines are changed before the guard sees them. */
  private int serve(Consumer<ChannelPipeline> change) {
    SlowClients slowClients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(60), Duration.ofSeconds(60));
    HttpServer server = vertx.createHttpServer();
    server.requestHandler(request -> request.response().end("served"));
    server.connectionHandler(
        connection -> {
          ChannelPipeline pipeline = channel(connection).pipeline();
          change.accept(pipeline);
          guard.admit(connection, slowClients);
          handlers.add(
              pipeline.toMap().values().stream()
                  .map(handler -> handler.getClass().getSimpleName())
                  .toList());
        });
    return RunningServer.await(server.listen(0, "127.0.0.1")).actualPort();
  }

  private static Channel channel(HttpConnection connection) {
    return assertInstanceOf(ConnectionBase.class, connection).channel();
  }

  private static String request(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return RunningServer.readAll(socket);
    } catch (SocketException e) {
      return "";
    }
  }
}

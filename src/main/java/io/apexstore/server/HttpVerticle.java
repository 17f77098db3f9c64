package io.apexstore.server;

import io.apexstore.server.dashboard.DashboardRoutes;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.ExchangeScope;
import io.apexstore.server.http.Problem;
import io.apexstore.server.limit.SlowClients;
import io.apexstore.server.metrics.LoopRecorder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Serves the connections of one event loop. There is one for each; Vert.x hands connections to them
 * in turn.
 *
 * <p><b>Threads:</b> confined to its event loop; {@link #port} any.
 */
final class HttpVerticle extends VerticleBase {
  private static final int REQUEST_LINE_BYTES_MAX = 4 << 10;
  private static final int HEADERS_BYTES_MAX = 8 << 10;
  private static final Duration HEAD_TIMEOUT_MAX = Duration.ofSeconds(8);
  private static final long TICK_MS = 1_000;

  /** Instances that ask for a free port under the same number get the same port. */
  private static final int FREE_PORT_ID = 1;

  private final ServerParts parts;
  private final boolean routerOnly;
  private final SlowClients slowClients;
  private @Nullable HttpServer server;
  private @Nullable RouterFactory routes;
  private volatile List<Endpoint> endpoints = List.of();
  private volatile int actualPort;

  /**
   * Makes a verticle.
   *
   * @param routerOnly whether the routes that are found by hand are left to the router too
   */
  HttpVerticle(ServerParts parts, boolean routerOnly) {
    this.parts = parts;
    this.routerOnly = routerOnly;
    Duration timeout = parts.config().clientTimeout();
    this.slowClients =
        new SlowClients(
            timeout.compareTo(HEAD_TIMEOUT_MAX) < 0 ? timeout : HEAD_TIMEOUT_MAX,
            parts.config().keepAlive());
  }

  @Override
  public Future<?> start() {
    LoopRecorder recorder = parts.metrics().newLoop();
    ExchangeScope scope =
        new ExchangeScope(vertx, parts.requestIds(), parts.bodies(), recorder::ended);
    Dispatcher dispatcher = new Dispatcher(scope, parts.authenticator(), slowClients);
    endpoints = makeEndpoints();
    RouterFactory factory = new RouterFactory(vertx, dispatcher, scope, endpoints);
    routes = factory;
    Router router = factory.create();
    HotRoutes hot = new HotRoutes(endpoints);
    HttpServer http = vertx.createHttpServer(options());
    server = http;
    http.requestHandler(
        request -> {
          Endpoint endpoint = routerOnly ? null : hot.find(request);
          if (endpoint != null) {
            dispatcher.serve(endpoint, request);
          } else {
            router.handle(request);
          }
        });
    http.invalidRequestHandler(this::refuse);
    http.connectionHandler(this::opened);
    vertx.setPeriodic(TICK_MS, tick -> slowClients.tick(System.nanoTime()));
    return http.listen(address()).onSuccess(listening -> actualPort = listening.actualPort());
  }

  private List<Endpoint> makeEndpoints() {
    List<Endpoint> all =
        new ArrayList<>(
            parts.rest().endpoints(vertx, parts.host(), parts.host().newGateway(context)));
    all.addAll(new DashboardRoutes(parts.webRoot()).endpoints());
    return List.copyOf(all);
  }

  private SocketAddress address() {
    String host = parts.config().host();
    int port = parts.config().port();
    return port == 0
        ? SocketAddress.sharedRandomPort(FREE_PORT_ID, host)
        : SocketAddress.inetSocketAddress(port, host);
  }

  private HttpServerOptions options() {
    return new HttpServerOptions()
        .setAcceptBacklog(parts.config().backlog())
        .setTcpNoDelay(true)
        .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
        .setMaxHeaderSize(HEADERS_BYTES_MAX)
        .setHttp2ClearTextEnabled(false)
        .setDecompressionSupported(false)
        .setCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false);
  }

  private void opened(HttpConnection connection) {
    SocketAddress remote = connection.remoteAddress();
    String address = remote == null ? "" : String.valueOf(remote.hostAddress());
    if (!parts.connections().tryOpen(address)) {
      connection.close();
      return;
    }
    connection.closeHandler(closed -> parts.connections().close(address));
    if (connection instanceof ConnectionBase http1) {
      Channel channel = http1.channel();
      ChannelPipeline pipeline = channel.pipeline();
      if (pipeline.get("httpDecoder") != null) {
        StrictRequestDecoder decoder =
            new StrictRequestDecoder(channel, options().getHttp1Config());
        pipeline.replace("httpDecoder", "httpDecoder", decoder);
        slowClients.watch(decoder, System.nanoTime());
        pipeline.addAfter("httpEncoder", "writeMark", decoder.writeMark());
      }
    }
  }

  /** Answers what could not be read as a request, and closes. */
  private void refuse(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    String kind = cause == null ? "" : cause.getClass().getSimpleName();
    request.response().putHeader("Connection", "close");
    Objects.requireNonNull(routes)
        .fail(
            request,
            switch (kind) {
              case "TooLongHttpLineException" -> Problem.Kind.URI_TOO_LONG;
              case "TooLongHttpHeaderException" -> Problem.Kind.HEADERS_TOO_LARGE;
              default -> Problem.Kind.MALFORMED_REQUEST;
            });
    request.connection().close();
  }

  /** Returns the port that is listened on. */
  int port() {
    return actualPort;
  }

  /** Returns the endpoints that are served. */
  List<Endpoint> endpoints() {
    return endpoints;
  }

  /** Takes no new connections and requests, and waits for those under way. */
  Future<Void> drain(Duration timeout) {
    HttpServer http = server;
    return http == null ? Future.succeededFuture() : http.shutdown(timeout);
  }
}

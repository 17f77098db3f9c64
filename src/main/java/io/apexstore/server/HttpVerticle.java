package io.apexstore.server;

import io.apexstore.server.dashboard.DashboardRoutes;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.ExchangeScope;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.limit.SlowClients;
import io.apexstore.server.metrics.LoopRecorder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server of one event loop. The server has one verticle for each event loop; Vert.x
 * distributes new connections among them in turn.
 *
 * <p><b>Threads:</b> confined to its event loop; {@link #port} and {@link #endpoints} any.
 */
final class HttpVerticle extends VerticleBase {
  private static final int REQUEST_LINE_BYTES_MAX = 4 << 10;
  private static final int HEADERS_BYTES_MAX = 8 << 10;
  private static final Duration HEAD_TIMEOUT_MAX = Duration.ofSeconds(8);
  private static final long TICK_MS = 1_000;

  /** All instances pass this id when they ask for a free port, and so get the same port. */
  private static final int FREE_PORT_ID = 1;

  private final ServerComponents components;
  private final boolean routerOnly;
  private final SlowClients slowClients;
  private @Nullable HttpServer server;
  private @Nullable RouterFactory routes;
  private volatile List<Endpoint> endpoints = List.of();
  private volatile int actualPort;

  /**
   * @param components what the event loops share
   * @param routerOnly whether {@link HotRoutes} are left out, so that the router finds every route
   */
  HttpVerticle(ServerComponents components, boolean routerOnly) {
    this.components = components;
    this.routerOnly = routerOnly;
    Duration timeout = components.config().clientTimeout();
    this.slowClients =
        new SlowClients(
            timeout.compareTo(HEAD_TIMEOUT_MAX) < 0 ? timeout : HEAD_TIMEOUT_MAX,
            components.config().keepAlive(),
            timeout);
  }

  @Override
  public Future<?> start() {
    LoopRecorder recorder = components.metrics().newLoop();
    ExchangeScope scope =
        new ExchangeScope(
            vertx,
            components.requestIds(),
            components.bodies(),
            components.answers(),
            recorder::ended);
    Dispatcher dispatcher = new Dispatcher(scope, components.authenticator(), slowClients);
    endpoints = createEndpoints();
    RouterFactory factory = new RouterFactory(vertx, dispatcher, scope, endpoints);
    routes = factory;
    Router router = factory.create();
    HotRoutes hot = new HotRoutes(endpoints);
    HttpServer http = vertx.createHttpServer(options(components.config().backlog()));
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
    http.invalidRequestHandler(this::rejectMalformed);
    http.connectionHandler(connection -> components.connections().admit(connection, slowClients));
    vertx.setPeriodic(TICK_MS, tick -> slowClients.tick(System.nanoTime()));
    return http.listen(address()).onSuccess(listening -> actualPort = listening.actualPort());
  }

  private List<Endpoint> createEndpoints() {
    List<Endpoint> all =
        new ArrayList<>(
            components
                .rest()
                .endpoints(vertx, components.host(), components.host().newGateway(context)));
    all.addAll(new DashboardRoutes(components.webRoot()).endpoints());
    return List.copyOf(all);
  }

  private SocketAddress address() {
    String host = components.config().host();
    int port = components.config().port();
    return port == 0
        ? SocketAddress.sharedRandomPort(FREE_PORT_ID, host)
        : SocketAddress.inetSocketAddress(port, host);
  }

  /** Returns the options of the HTTP server: HTTP/1 in clear text, without compression. */
  static HttpServerOptions options(int backlog) {
    return new HttpServerOptions()
        .setAcceptBacklog(backlog)
        .setTcpNoDelay(true)
        .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
        .setMaxHeaderSize(HEADERS_BYTES_MAX)
        .setHttp2ClearTextEnabled(false)
        .setDecompressionSupported(false)
        .setCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false);
  }

  /** Answers a request that could not be parsed, and closes the connection. */
  private void rejectMalformed(HttpServerRequest request) {
    request.response().putHeader("Connection", "close");
    Objects.requireNonNull(routes)
        .fail(
            request,
            switch (request.decoderResult().cause()) {
              case ProblemException refusal -> refusal.problem();
              case TooLongHttpLineException line -> Problem.of(Problem.Kind.URI_TOO_LONG);
              case TooLongHttpHeaderException header -> Problem.of(Problem.Kind.HEADERS_TOO_LARGE);
              case null, default -> Problem.of(Problem.Kind.MALFORMED_REQUEST);
            });
    request.connection().close();
  }

  /** Returns the port that the server listens on; 0 before it listens. */
  int port() {
    return actualPort;
  }

  /** Returns the endpoints that the server serves. */
  List<Endpoint> endpoints() {
    return endpoints;
  }

  /**
   * Stops accepting connections and requests, and waits for the requests in progress. Connections
   * that are still open after the timeout are reset, whatever their clients do or do not do.
   */
  Future<Void> drain(Duration timeout) {
    HttpServer http = server;
    if (http == null) {
      return Future.succeededFuture();
    }
    // Vert.x ends connections gently, and so would wait for a client that does not read.
    long cut = vertx.setTimer(Math.max(1, timeout.toMillis()), _ -> disconnectAll());
    return http.shutdown(timeout).onComplete(_ -> vertx.cancelTimer(cut));
  }

  private void disconnectAll() {
    context.runOnContext(_ -> slowClients.disconnectAll());
  }
}

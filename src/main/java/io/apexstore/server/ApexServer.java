package io.apexstore.server;

import io.apexstore.ApexStore;
import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.error.ApexException;
import io.apexstore.server.auth.Authenticator;
import io.apexstore.server.auth.FirstToken;
import io.apexstore.server.auth.TokenStore;
import io.apexstore.server.config.BindCheck;
import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.dashboard.WebRoot;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.RequestIds;
import io.apexstore.server.limit.ConnectionLimit;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.RestRoutes;
import io.apexstore.vertx.StoreHost;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running server: the store, its verticles, and an HTTP verticle for each event loop.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> requests are served only while the store is open: it
 * is opened before the first connection is accepted and closed after the last request has ended.
 */
public final class ApexServer {
  private final Vertx vertx;
  private final ServerConfig config;
  private final StoreHost host;
  private final TokenStore tokens;
  private final List<HttpVerticle> verticles = new CopyOnWriteArrayList<>();
  private final AtomicBoolean ready = new AtomicBoolean();
  private final BodyBudget bodies = new BodyBudget(Runtime.getRuntime().maxMemory() / 4);
  private final boolean firstTokenMade;
  private final String encryptionNotice;
  private volatile @Nullable Runnable endsFeeds;

  private ApexServer(
      Vertx vertx, ServerConfig config, StoreHost host, Opened opened, EncryptionKeySetup key) {
    this.vertx = vertx;
    this.config = config;
    this.host = host;
    this.tokens = opened.tokens;
    this.firstTokenMade = opened.firstTokenMade;
    this.encryptionNotice = key.notice();
  }

  /** What differs from a plain start; for tests and measurements. */
  public record Settings(VertxOptions vertx, StoreHost.Opener opener, boolean routerOnly) {
    /** Returns the settings of a plain start. */
    public static Settings plain() {
      return new Settings(
          new VertxOptions()
              .setPreferNativeTransport(true)
              .setFileSystemOptions(
                  new FileSystemOptions()
                      .setClassPathResolvingEnabled(false)
                      .setFileCachingEnabled(false)),
          ApexStore.Builder::open,
          false);
    }
  }

  /** Starts a server; the future completes once it answers. */
  public static Future<ApexServer> start(ServerConfig config) {
    return start(config, Settings.plain());
  }

  /**
   * Starts a server.
   *
   * @throws io.apexstore.server.config.ConfigException if it must not listen where it should
   */
  public static Future<ApexServer> start(ServerConfig config, Settings settings) {
    BindCheck.check(config);
    DataDirectory.prepare(config.dataDirectory());
    EncryptionKeySetup key;
    try {
      key = EncryptionKeySetup.find(config);
    } catch (ApexException e) {
      return Future.failedFuture(e);
    }
    Vertx vertx =
        Vertx.vertx(new VertxOptions(settings.vertx()).setEventLoopPoolSize(config.eventLoops()));
    StoreHost.Settings store =
        StoreHost.Settings.of(
                config.storeDirectory(),
                config.storeOptions(),
                config.compactionThreads(),
                config.ioThreads())
            .withOpener(builder -> settings.opener().open(withKey(builder, key)));
    return StoreHost.start(vertx, store)
        .compose(
            host ->
                host.io()
                    .run(() -> new Opened(TokenStore.open(host.store()), config))
                    .compose(
                        opened -> {
                          ApexServer server = new ApexServer(vertx, config, host, opened, key);
                          return server.listen(opened.authenticator(), settings.routerOnly());
                        })
                    .recover(
                        failure -> host.close().transform(closed -> Future.failedFuture(failure))))
        .recover(failure -> vertx.close().transform(closed -> Future.failedFuture(failure)));
  }

  private static ApexStore.Builder withKey(ApexStore.Builder builder, EncryptionKeySetup key) {
    EncryptionKeyProvider provider = key.provider();
    return provider == null ? builder : builder.keyProvider(provider);
  }

  private static final class Opened {
    private final TokenStore tokens;
    private final boolean authEnabled;
    private final boolean firstTokenMade;

    Opened(TokenStore tokens, ServerConfig config) {
      this.tokens = tokens;
      this.authEnabled = config.authEnabled();
      this.firstTokenMade =
          authEnabled
              && FirstToken.makeIfNone(tokens, config.adminTokenFile(), System.currentTimeMillis());
    }

    Authenticator authenticator() {
      return new Authenticator(authEnabled ? tokens : null);
    }
  }

  private Future<ApexServer> listen(Authenticator authenticator, boolean routerOnly) {
    ConnectionLimit connections =
        new ConnectionLimit(config.connectionsMax(), config.connectionsPerAddressMax());
    RequestMetrics metrics = new RequestMetrics();
    RestRoutes rest =
        new RestRoutes(
            config,
            metrics,
            ready::get,
            connections::connections,
            System.currentTimeMillis(),
            programVersion());
    endsFeeds = rest::endFeeds;
    ServerParts parts =
        new ServerParts(
            config,
            host,
            authenticator,
            metrics,
            rest,
            WebRoot.load(),
            new RequestIds(),
            bodies,
            connections);
    vertx.setPeriodic(1_000, tick -> metrics.sample());
    return vertx
        .deployVerticle(
            () -> {
              HttpVerticle verticle = new HttpVerticle(parts, routerOnly);
              verticles.add(verticle);
              return verticle;
            },
            new DeploymentOptions().setInstances(config.eventLoops()))
        .map(
            deployed -> {
              ready.set(true);
              return this;
            });
  }

  /** Returns the program's version. */
  public static String programVersion() {
    String version = ApexServer.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  /** Returns the port that is listened on. */
  public int port() {
    return verticles.getFirst().port();
  }

  /** Returns the address to call. */
  public String url() {
    String name = config.host();
    return "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + port();
  }

  /** Returns what the operator is to know of the store's encryption. */
  public String encryptionNotice() {
    return encryptionNotice;
  }

  /** Whether this start made the first token. */
  public boolean firstTokenMade() {
    return firstTokenMade;
  }

  /** Returns the ports of all event loops: one, however many they are. */
  Set<Integer> ports() {
    return verticles.stream().map(HttpVerticle::port).collect(Collectors.toSet());
  }

  /** Returns the endpoints that are served. */
  List<Endpoint> endpoints() {
    return verticles.getFirst().endpoints();
  }

  /** Returns the store and the ways to it. */
  public StoreHost host() {
    return host;
  }

  /** Returns what bounds the bodies in memory. */
  public BodyBudget bodies() {
    return bodies;
  }

  /** Returns the tokens that are known. */
  public TokenStore tokens() {
    return tokens;
  }

  /** Returns the Vert.x that all runs on. */
  public Vertx vertx() {
    return vertx;
  }

  /**
   * Stops: takes no new requests, ends feeds, waits for what else is under way as long as the
   * configuration says, closes the store with its log synced, and then everything else.
   */
  public Future<Void> stop() {
    ready.set(false);
    Runnable endFeeds = endsFeeds;
    if (endFeeds != null) {
      endFeeds.run();
    }
    List<Future<Void>> drained =
        verticles.stream().map(verticle -> verticle.drain(config.shutdownTimeout())).toList();
    return Future.join(drained)
        .transform(done -> host.close())
        .transform(
            closed ->
                vertx
                    .close()
                    .transform(
                        done ->
                            closed.succeeded()
                                ? Future.succeededFuture()
                                : Future.failedFuture(closed.cause())));
  }
}

package io.apexstore.server;

import io.apexstore.ApexStore;
import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.error.ApexException;
import io.apexstore.server.auth.Authenticator;
import io.apexstore.server.auth.FirstToken;
import io.apexstore.server.auth.TokenStore;
import io.apexstore.server.config.BindCheck;
import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.dashboard.WebRoot;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.RequestIds;
import io.apexstore.server.limit.ConnectionLimit;
import io.apexstore.server.limit.FileDescriptors;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.RestRoutes;
import io.apexstore.stats.StoreStats;
import io.apexstore.vertx.StoreHost;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running server: the store with its verticles, and one {@link HttpVerticle} per event loop.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> requests are served only while the store is open: the
 * store is opened before the first connection is accepted, and closed after the last request has
 * ended.
 */
public final class ApexServer {
  private static final System.Logger LOG = SafeLogger.of(ApexServer.class);

  /**
   * The memory, outside the heap, of long values that are being answered: a quarter of the heap's
   * size, but enough for the longest value with what it is decoded from.
   */
  private static final long LARGE_READ_BYTES_MAX =
      Math.max(160L << 20, Runtime.getRuntime().maxMemory() / 4);

  private final Vertx vertx;
  private final ServerConfig config;
  private final StoreHost host;
  private final TokenStore tokens;
  private final List<HttpVerticle> verticles = new CopyOnWriteArrayList<>();
  private final AtomicBoolean ready = new AtomicBoolean();
  private final BodyBudget bodies = BodyBudget.ofHeap();
  private final AnswerBudget answers = new AnswerBudget(Runtime.getRuntime().maxMemory() / 4);
  private final boolean firstTokenCreated;
  private final String encryptionNotice;
  private final long startNanos = System.nanoTime();
  // Clients must not use up the descriptors that the store needs for its files.
  private final FileDescriptors descriptors = FileDescriptors.ofProcess();
  private final int connectionsMax;
  private volatile @Nullable Runnable feedEnder;

  private ApexServer(
      Vertx vertx, ServerConfig config, StoreHost host, Tokens opened, EncryptionKeySetup key) {
    this.vertx = vertx;
    this.config = config;
    this.host = host;
    this.tokens = opened.store();
    this.firstTokenCreated = opened.firstCreated();
    this.encryptionNotice = key.notice();
    this.connectionsMax = descriptors.connectionsMax(config.connectionsMax());
  }

  /**
   * What tests and benchmarks change about a start.
   *
   * @param vertx the options of Vert.x, except for the number of event loops
   * @param opener opens the store
   * @param routerOnly whether the router finds every route, without {@link HotRoutes}
   */
  public record Settings(VertxOptions vertx, StoreHost.Opener opener, boolean routerOnly) {
    /** Returns the settings of a normal start. */
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

  /** Starts a server. The future completes when the server answers requests. */
  public static Future<ApexServer> start(ServerConfig config) {
    return start(config, Settings.plain());
  }

  /**
   * Starts a server. The future completes when the server answers requests, or fails if the store
   * cannot be opened or the address is not available.
   *
   * @throws io.apexstore.server.config.ConfigException if the configuration does not allow to
   *     listen on its address, or its data directory or encryption keys cannot be used
   */
  public static Future<ApexServer> start(ServerConfig config, Settings settings) {
    BindCheck.check(config);
    DataDirectory.prepare(config.dataDirectory(), line -> LOG.log(Level.WARNING, line));
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
                config
                    .storeOptions()
                    .withLargeReadBytesMax(LARGE_READ_BYTES_MAX)
                    .withOpenTablesMax(FileDescriptors.ofProcess().tablesMax()),
                config.compactionThreads(),
                config.ioThreads())
            .withOpener(builder -> settings.opener().open(withKey(builder, key)));
    return StoreHost.start(vertx, store)
        .compose(
            host ->
                host.io()
                    .run(() -> Tokens.open(host.store(), config))
                    .compose(
                        opened -> {
                          ApexServer server = new ApexServer(vertx, config, host, opened, key);
                          return server.listen(settings.routerOnly());
                        })
                    .recover(
                        failure -> host.close().transform(closed -> Future.failedFuture(failure))))
        .recover(failure -> vertx.close().transform(closed -> Future.failedFuture(failure)));
  }

  private static ApexStore.Builder withKey(ApexStore.Builder builder, EncryptionKeySetup key) {
    EncryptionKeyProvider provider = key.provider();
    return provider == null ? builder : builder.keyProvider(provider);
  }

  /** The tokens of the store, and whether this start created the first one. */
  private record Tokens(TokenStore store, boolean firstCreated) {
    static Tokens open(ApexStore store, ServerConfig config) {
      TokenStore tokens = TokenStore.open(store);
      return new Tokens(
          tokens,
          config.authEnabled()
              && FirstToken.createIfNone(
                  tokens, config.adminTokenFile(), System.currentTimeMillis()));
    }
  }

  private Future<ApexServer> listen(boolean routerOnly) {
    ConnectionLimit connections =
        new ConnectionLimit(connectionsMax, config.connectionsPerAddressMax());
    RequestMetrics metrics = new RequestMetrics();
    RestRoutes rest =
        new RestRoutes(
            config,
            metrics,
            ready::get,
            connections::connections,
            () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos),
            programVersion());
    feedEnder = rest::endFeeds;
    ServerComponents components =
        new ServerComponents(
            config,
            host,
            new Authenticator(config.authEnabled() ? tokens : null),
            metrics,
            rest,
            WebRoot.load(),
            new RequestIds(),
            bodies,
            answers,
            new ConnectionGuard(
                connections,
                HttpVerticle.options(config.backlog()).getHttp1Config(),
                HeadRules.of(config)));
    vertx.setPeriodic(1_000, tick -> metrics.sample());
    return vertx
        .deployVerticle(
            () -> {
              HttpVerticle verticle = new HttpVerticle(components, routerOnly);
              verticles.add(verticle);
              return verticle;
            },
            new DeploymentOptions().setInstances(config.eventLoops()))
        .map(
            deployed -> {
              ready.set(true);
              return this;
            })
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof IOException
                        ? new ListenException(config.host(), config.port(), failure)
                        : failure));
  }

  /** Returns the version of the program, or {@code unknown} if it does not run from its jar. */
  public static String programVersion() {
    String version = ApexServer.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  /** Returns the port that the server listens on. */
  public int port() {
    return verticles.getFirst().port();
  }

  /** Returns the base URL of the server. */
  public String url() {
    String name = config.host();
    return "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + port();
  }

  /** Returns one line for the operator about the encryption of the store. */
  public String encryptionNotice() {
    return encryptionNotice;
  }

  /** Returns one line for the operator about how many connections may be open. */
  public String connectionsNotice() {
    String limit =
        descriptors.max() == Long.MAX_VALUE
            ? "open files are not limited"
            : "the limit of open files is " + descriptors.max() + ", and the store keeps a half";
    return "at most " + connectionsMax + " connections: " + limit;
  }

  /** Returns one line for the operator about the store that was opened. */
  public String openingNotice() {
    StoreStats stats = host.store().stats();
    long tables = 0;
    long bytes = 0;
    long named = 0;
    for (StoreStats.KeyspaceStats keyspace : stats.keyspaces()) {
      named += keyspace.name().startsWith("_") ? 0 : 1;
      for (StoreStats.LevelStats level : keyspace.levels()) {
        tables += level.tables();
        bytes += level.bytes();
      }
    }
    return "the store is open at version %d: keyspaces %d, tables %d (%d bytes), log %d bytes"
        .formatted(stats.version(), named, tables, bytes, stats.log().diskBytes());
  }

  /** Returns whether this start created the first token. */
  public boolean firstTokenCreated() {
    return firstTokenCreated;
  }

  /** Returns the ports that the event loops listen on; it is the same one for all of them. */
  Set<Integer> ports() {
    return verticles.stream().map(HttpVerticle::port).collect(Collectors.toSet());
  }

  /** Returns the endpoints that the server serves. */
  List<Endpoint> endpoints() {
    return verticles.getFirst().endpoints();
  }

  /** Returns the host of the store. */
  public StoreHost host() {
    return host;
  }

  /** Returns the memory budget of request bodies. */
  public BodyBudget bodies() {
    return bodies;
  }

  /** Returns the memory budget of answers. */
  public AnswerBudget answers() {
    return answers;
  }

  /** Returns the tokens of the store. */
  public TokenStore tokens() {
    return tokens;
  }

  /** Returns the Vert.x instance that the server runs on. */
  public Vertx vertx() {
    return vertx;
  }

  /**
   * Stops the server: ends the change feeds, accepts no new requests, waits up to two thirds of
   * {@link ServerConfig#shutdownTimeout} for the requests in progress, resets the connections that
   * are left, closes the store, which syncs its log, and then closes Vert.x. Clients cannot delay
   * the stop; only the disk can. The future fails if the store could not be closed cleanly.
   */
  public Future<Void> stop() {
    ready.set(false);
    Runnable endFeeds = feedEnder;
    if (endFeeds != null) {
      endFeeds.run();
    }
    Duration drainTimeout = config.shutdownTimeout().multipliedBy(2).dividedBy(3);
    List<Future<Void>> drained =
        verticles.stream().map(verticle -> verticle.drain(drainTimeout)).toList();
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

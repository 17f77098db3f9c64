package io.apexstore.server.rest;

import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.admin.AdminRoutes;
import io.apexstore.server.rest.admin.HealthRoutes;
import io.apexstore.server.rest.admin.Jobs;
import io.apexstore.server.rest.admin.KeyspaceRoutes;
import io.apexstore.server.rest.admin.MetricsRoute;
import io.apexstore.server.rest.admin.OpenApiRoute;
import io.apexstore.server.rest.admin.ServerInfo;
import io.apexstore.server.rest.admin.StatsRoutes;
import io.apexstore.server.rest.bulk.ImportRoute;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.KeyspaceLookup;
import io.apexstore.server.rest.context.OpenStreams;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.server.rest.context.RestLimits;
import io.apexstore.server.rest.feed.ChangeRoutes;
import io.apexstore.server.rest.key.BatchRoute;
import io.apexstore.server.rest.key.KeyRoutes;
import io.apexstore.server.rest.key.MultiGetRoute;
import io.apexstore.server.rest.key.RangeDeleteRoute;
import io.apexstore.server.rest.scan.ScanRoutes;
import io.apexstore.vertx.StoreHost;
import io.apexstore.vertx.WriteGateway;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The list of all REST routes, and what they share over all event loops. To add a group of routes,
 * add it to {@link #endpoints}.
 *
 * <p><b>Threads:</b> any.
 */
public final class RestRoutes {
  private final RestLimits limits;
  private final ServerInfo info;
  private final Jobs jobs = new Jobs(System::currentTimeMillis);
  private final OpenStreams streams = new OpenStreams();

  /**
   * Creates the routes of a server.
   *
   * @param config the effective configuration
   * @param metrics counts the requests
   * @param ready whether the server accepts requests
   * @param connections how many connections are open
   * @param uptimeMs how long the server has run, in ms, on a clock that never goes back
   * @param programVersion the program's version
   */
  public RestRoutes(
      ServerConfig config,
      RequestMetrics metrics,
      BooleanSupplier ready,
      IntSupplier connections,
      LongSupplier uptimeMs,
      String programVersion) {
    this.limits =
        new RestLimits(
            config.jsonBytesMax(),
            // A longer value is refused before it is received.
            Math.min(config.rawBytesMax(), config.storeOptions().batchBytesMax()),
            config.clientTimeout(),
            config.keepAlive());
    this.info =
        new ServerInfo(metrics, ready, connections, uptimeMs, programVersion, config.shown());
  }

  /**
   * Returns the routes of one event loop.
   *
   * @param gateway takes the writes of that event loop
   */
  public List<Endpoint> endpoints(Vertx vertx, StoreHost host, WriteGateway gateway) {
    KeyspaceLookup keyspaces = new KeyspaceLookup(host.store());
    RestContext context = new RestContext(vertx, host, gateway, keyspaces, limits, streams);
    KeyPath ofDefault = new KeyPath.OfDefault(keyspaces);
    KeyPath ofNamed = new KeyPath.OfNamed(keyspaces);
    List<Endpoint.Group> groups =
        List.of(
            new ScanRoutes(context, ofDefault, List.of("/keys", "/scan")),
            new BatchRoute(context),
            new MultiGetRoute(context, ofDefault),
            new ImportRoute(context, ofDefault),
            new KeyRoutes(context, ofDefault),
            new RangeDeleteRoute(context, ofDefault),
            new KeyspaceRoutes(context),
            new ChangeRoutes(context),
            new ScanRoutes(context, ofNamed, List.of(ofNamed.base())),
            new MultiGetRoute(context, ofNamed),
            new ImportRoute(context, ofNamed),
            new KeyRoutes(context, ofNamed),
            new RangeDeleteRoute(context, ofNamed),
            new HealthRoutes(context, info),
            new StatsRoutes(context, info),
            new MetricsRoute(context, info),
            new AdminRoutes(context, jobs),
            new OpenApiRoute());
    return groups.stream().flatMap(group -> group.endpoints().stream()).toList();
  }

  /** Ends the answers that do not end by themselves, because the server is about to stop. */
  public void endFeeds() {
    streams.endAll();
  }
}

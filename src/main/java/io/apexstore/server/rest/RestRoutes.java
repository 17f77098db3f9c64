package io.apexstore.server.rest;

import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.metrics.PrometheusPage;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.admin.AdminRoutes;
import io.apexstore.server.rest.admin.HealthRoutes;
import io.apexstore.server.rest.admin.Jobs;
import io.apexstore.server.rest.admin.KeyspaceRoutes;
import io.apexstore.server.rest.admin.MetricsRoute;
import io.apexstore.server.rest.admin.OpenApiRoute;
import io.apexstore.server.rest.admin.StatsRoutes;
import io.apexstore.server.rest.bulk.ImportRoute;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.KeyspaceLookup;
import io.apexstore.server.rest.context.Lazy;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.server.rest.feed.ChangeRoutes;
import io.apexstore.server.rest.feed.OpenFeeds;
import io.apexstore.server.rest.key.BatchRoute;
import io.apexstore.server.rest.key.KeyRoutes;
import io.apexstore.server.rest.key.MultiGetRoute;
import io.apexstore.server.rest.key.RangeDeleteRoute;
import io.apexstore.server.rest.scan.ScanRoutes;
import io.apexstore.vertx.StoreHost;
import io.apexstore.vertx.WriteGateway;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** All REST routes of one event loop. */
public final class RestRoutes implements Endpoint.Group {
  private final List<Endpoint> endpoints = new ArrayList<>();

  private RestRoutes(RestContext context) {
    KeyspaceLookup keyspaces = new KeyspaceLookup(context.host().store());
    KeyPath standard = new KeyPath.Standard(keyspaces);
    KeyPath named = new KeyPath.Named(keyspaces);
    List<Endpoint.Group> groups =
        List.of(
            new ScanRoutes(context, standard, List.of("/keys", "/scan")),
            new BatchRoute(context, keyspaces),
            new MultiGetRoute(context, standard),
            new ImportRoute(context, standard),
            new KeyRoutes(context, standard),
            new RangeDeleteRoute(context, standard),
            new KeyspaceRoutes(context, keyspaces),
            new ChangeRoutes(context),
            new ScanRoutes(context, named, List.of(named.base())),
            new MultiGetRoute(context, named),
            new ImportRoute(context, named),
            new KeyRoutes(context, named),
            new RangeDeleteRoute(context, named),
            new HealthRoutes(context),
            new StatsRoutes(context),
            new MetricsRoute(context),
            new AdminRoutes(context, keyspaces),
            new OpenApiRoute());
    groups.forEach(group -> endpoints.addAll(group.endpoints()));
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.copyOf(endpoints);
  }

  /**
   * What the REST routes of all event loops share.
   *
   * <p><b>Threads:</b> any.
   */
  public static final class Shared {
    private final ServerConfig config;
    private final RestContext.Shared parts;

    /** Makes it. */
    public Shared(
        ServerConfig config,
        RequestMetrics metrics,
        BooleanSupplier ready,
        IntSupplier connections,
        long startedMs,
        String programVersion) {
      this.config = config;
      this.parts =
          new RestContext.Shared(
              metrics,
              new Jobs(System::currentTimeMillis),
              new AtomicInteger(),
              new OpenFeeds(),
              ready,
              connections,
              new Lazy<>(() -> new PrometheusPage(metrics, connections)),
              startedMs,
              programVersion,
              config.shown().stream()
                  .map(
                      line ->
                          new RestContext.ConfigurationLine(
                              line.option().name(), line.text(), line.source()))
                  .toList());
    }

    /** Ends the answers that do not end by themselves; the server is about to stop. */
    public void endFeeds() {
      parts.feeds().end();
    }

    /** Returns the routes of one event loop. */
    public RestRoutes routes(Vertx vertx, StoreHost host, WriteGateway gateway) {
      RestContext.Limits limits =
          new RestContext.Limits(
              config.jsonBytesMax(),
              config.rawBytesMax(),
              config.batchBytesMax(),
              config.clientTimeout(),
              config.keepAlive());
      return new RestRoutes(new RestContext(vertx, host, gateway, limits, parts));
    }
  }
}

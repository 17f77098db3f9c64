package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.stats.StoreStats;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Whether the server lives, is ready, and how it is. */
public final class HealthRoutes implements Endpoint.Group {
  /** States of the store in which writes fail. */
  private static final Set<String> REFUSING = Set.of("failed", "disk_full");

  private final RestContext context;

  public HealthRoutes(RestContext context) {
    this.context = context;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, "/health", Operation.HEALTH, this::health),
        new Endpoint(HttpMethod.GET, "/health/check", Operation.HEALTH_CHECK, this::check),
        new Endpoint(HttpMethod.GET, "/health/live", Operation.HEALTH_LIVE, this::live),
        new Endpoint(HttpMethod.GET, "/health/ready", Operation.HEALTH_READY, this::ready));
  }

  private void live(Exchange exchange) {
    exchange.sendJson(200, status("up").endObject());
  }

  private void ready(Exchange exchange) {
    if (!context.shared().ready().getAsBoolean()) {
      exchange.sendJson(503, status("stopping").endObject());
      return;
    }
    withStats(
        exchange,
        stats -> {
          boolean refusing = REFUSING.contains(stats.stall().state());
          exchange.sendJson(
              refusing ? 503 : 200, status(refusing ? "read_only" : "ready").endObject());
        });
  }

  private void health(Exchange exchange) {
    withStats(exchange, stats -> exchange.sendJson(200, status(word(stats)).endObject()));
  }

  private void check(Exchange exchange) {
    withStats(
        exchange,
        stats -> {
          JsonOutput out = status(word(stats));
          out.name("uptime_ms").number(System.currentTimeMillis() - context.shared().startedMs());
          out.name("program_version").string(context.shared().programVersion());
          out.name("engine").beginObject();
          out.name("mode")
              .string(context.host().store().options().syncMode().name().toLowerCase(Locale.ROOT));
          out.name("version").number(stats.version());
          out.name("durable_version").number(stats.durableVersion());
          out.name("stall").string(stats.stall().state());
          out.name("stall_reason").string(stats.stall().reason()).endObject();
          StatsJson.memtable(out.name("memtable"), stats.memtables());
          exchange.sendJson(200, out.endObject());
        });
  }

  private String word(StoreStats stats) {
    if (!context.shared().ready().getAsBoolean()) {
      return "stopping";
    }
    return REFUSING.contains(stats.stall().state()) ? "read_only" : "healthy";
  }

  private static JsonOutput status(String word) {
    return new JsonOutput(64).beginObject().name("status").string(word);
  }

  private interface StatsUser {
    void use(StoreStats stats);
  }

  private void withStats(Exchange exchange, StatsUser user) {
    context
        .host()
        .io()
        .run(context.host().store()::stats)
        .onComplete(
            (stats, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                user.use(stats);
              }
            });
  }
}

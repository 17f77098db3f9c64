package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.stats.StoreStats;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Locale;

/** Health: whether the process answers, whether it accepts requests, and the state of the store. */
public final class HealthRoutes implements Endpoint.Group {
  private final RestContext context;
  private final ServerInfo info;

  /** Creates the routes. */
  public HealthRoutes(RestContext context, ServerInfo info) {
    this.context = context;
    this.info = info;
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
    if (!info.ready().getAsBoolean()) {
      exchange.sendJson(503, status("stopping").endObject());
      return;
    }
    exchange.answer(
        stats(),
        stats -> {
          StoreStats.Health health = stats.health();
          JsonOutput out = status(health.writable() ? "ready" : word(health));
          exchange.sendJson(health.writable() ? 200 : 503, causes(out, health).endObject());
        });
  }

  private void health(Exchange exchange) {
    exchange.answer(
        stats(),
        stats -> {
          StoreStats.Health health = stats.health();
          exchange.sendJson(200, causes(status(word(health)), health).endObject());
        });
  }

  private void check(Exchange exchange) {
    exchange.answer(
        stats(),
        stats -> {
          StoreStats.Health health = stats.health();
          JsonOutput out = status(word(health));
          StatsJson.writeHealth(out.name("health"), health);
          out.name("uptime_ms").number(info.uptimeMs().getAsLong());
          out.name("program_version").string(info.programVersion());
          out.name("engine").beginObject();
          out.name("mode")
              .string(context.store().options().syncMode().name().toLowerCase(Locale.ROOT));
          out.name("version").number(stats.version());
          out.name("durable_version").number(stats.durableVersion());
          out.name("stall").string(stats.stall().state());
          out.name("stall_reason").string(stats.stall().reason()).endObject();
          StatsJson.writeMemtables(out.name("memtable"), stats.memtables());
          exchange.sendJson(200, out.endObject());
        });
  }

  private String word(StoreStats.Health health) {
    if (!info.ready().getAsBoolean()) {
      return "stopping";
    }
    return StatsJson.word(health.state());
  }

  /** Writes the words of the causes, if there are any; the texts are for those with a token. */
  private static JsonOutput causes(JsonOutput out, StoreStats.Health health) {
    if (!health.causes().isEmpty()) {
      out.name("causes").beginArray();
      health.causes().stream().map(StoreStats.Health.Cause::word).distinct().forEach(out::string);
      out.endArray();
    }
    return out;
  }

  private static JsonOutput status(String word) {
    return new JsonOutput(64).beginObject().name("status").string(word);
  }

  private Future<StoreStats> stats() {
    return context.io().run(context.store()::stats);
  }
}

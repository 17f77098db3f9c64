package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Access;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.stats.StoreStats;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** Figures of the store and the server. */
public final class StatsRoutes implements Endpoint.Group {
  private final RestContext context;

  public StatsRoutes(RestContext context) {
    this.context = context;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            HttpMethod.GET, "/stats", Access.READ, "stats", exchange -> answer(exchange, false)),
        new Endpoint(
            HttpMethod.GET,
            "/stats/all",
            Access.ADMIN,
            "stats",
            exchange -> answer(exchange, true)));
  }

  private void answer(Exchange exchange, boolean all) {
    exchange.query().allow();
    context
        .host()
        .io()
        .run(context.host().store()::stats)
        .onComplete(
            (stats, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                JsonOutput out = new JsonOutput(4 << 10).beginObject();
                write(out, stats, all);
                if (all) {
                  writeRest(out, stats);
                }
                exchange.sendJson(200, out.endObject());
              }
            });
  }

  private void write(JsonOutput out, StoreStats stats, boolean all) {
    RestContext.Shared shared = context.shared();
    long nowMs = System.currentTimeMillis();
    out.name("now_ms").number(nowMs);
    out.name("uptime_ms").number(nowMs - shared.startedMs());
    StatsJson.store(out, stats, all);
    out.name("server").beginObject();
    out.name("connections").number(shared.connections().getAsInt());
    out.name("streams").number(shared.streams().get());
    out.name("io_pending").number(context.host().io().pending());
    out.name("write_bytes_under_way").number(context.host().writeBound().bytes()).endObject();
    StatsJson.requests(out.name("requests"), shared.metrics().figures());
  }

  private void writeRest(JsonOutput out, StoreStats stats) {
    StatsJson.keyspaces(out.name("keyspaces"), stats.keyspaces());
    StatsJson.encryption(out.name("encryption"), stats.dataKeys());
    out.name("program").beginObject();
    out.name("version").string(context.shared().programVersion());
    out.name("java").string(Runtime.version().toString());
    out.name("processors").number(Runtime.getRuntime().availableProcessors()).endObject();
    out.name("configuration").beginArray();
    for (RestContext.ConfigurationLine line : context.shared().configuration()) {
      out.beginObject().name("name").string(line.name());
      out.name("value").string(line.value()).name("source").string(line.source()).endObject();
    }
    out.endArray();
  }
}

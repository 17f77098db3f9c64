package io.apexstore.server.rest.admin;

import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.stats.StoreStats;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** Statistics of the store and the server: for readers, and all of them for administrators. */
public final class StatsRoutes implements Endpoint.Group {
  private final RestContext context;
  private final ServerInfo info;

  /** Creates the routes. */
  public StatsRoutes(RestContext context, ServerInfo info) {
    this.context = context;
    this.info = info;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, "/stats", Operation.STATS, exchange -> send(exchange, false)),
        new Endpoint(
            HttpMethod.GET, "/stats/all", Operation.STATS_ALL, exchange -> send(exchange, true)));
  }

  private void send(Exchange exchange, boolean all) {
    exchange.answer(
        context.io().run(context.store()::stats),
        stats -> {
          JsonOutput out = new JsonOutput(4 << 10).beginObject();
          write(out, stats, all);
          if (all) {
            writeForAdministrators(out, stats);
          }
          exchange.sendJson(200, out.endObject());
        });
  }

  private void write(JsonOutput out, StoreStats stats, boolean all) {
    out.name("now_ms").number(System.currentTimeMillis());
    out.name("uptime_ms").number(info.uptimeMs().getAsLong());
    StatsJson.writeStore(out, stats, all);
    out.name("server").beginObject();
    out.name("connections").number(info.connections().getAsInt());
    out.name("streams").number(context.streams().count());
    out.name("io_pending").number(context.io().pending());
    out.name("write_bytes_under_way").number(context.host().writeBound().bytes()).endObject();
    StatsJson.writeRequests(out.name("requests"), info.metrics().figures());
  }

  private void writeForAdministrators(JsonOutput out, StoreStats stats) {
    StatsJson.writeKeyspaces(out.name("keyspaces"), stats.keyspaces());
    StatsJson.writeEncryption(out.name("encryption"), stats.dataKeys());
    out.name("program").beginObject();
    out.name("version").string(info.programVersion());
    out.name("java").string(Runtime.version().toString());
    out.name("processors").number(Runtime.getRuntime().availableProcessors()).endObject();
    out.name("configuration").beginArray();
    for (ServerConfig.Shown line : info.configuration()) {
      out.beginObject().name("name").string(line.option().name());
      out.name("value").string(line.text()).name("source").string(line.source()).endObject();
    }
    out.endArray();
  }
}

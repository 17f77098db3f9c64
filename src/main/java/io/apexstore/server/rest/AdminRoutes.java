package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Access;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Problems;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** What administrators can ask the store to do. */
final class AdminRoutes implements Endpoint.Group {
  private static final String JOBS = "/admin/jobs";

  private final RestContext context;
  private final ApexStore store;

  AdminRoutes(RestContext context) {
    this.context = context;
    this.store = context.host().store();
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.POST, "/admin/flush", Access.ADMIN, "admin", this::flush),
        new Endpoint(HttpMethod.POST, "/admin/compact", Access.ADMIN, "admin", this::compact),
        new Endpoint(
            HttpMethod.GET,
            "/admin/compaction/status",
            Access.ADMIN,
            "admin",
            this::compactionStatus),
        new Endpoint(
            HttpMethod.POST, "/admin/keys/rotate", Access.ADMIN, "admin", this::rotateKeys),
        new Endpoint(HttpMethod.GET, JOBS + "/{id}", Access.ADMIN, "admin", this::job));
  }

  private void flush(Exchange exchange) {
    checkRequest(exchange);
    context
        .host()
        .io()
        .run(
            () -> {
              store.flush();
              return store.stats().durableVersion();
            })
        .onComplete(
            (version, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                JsonOutput out = new JsonOutput(64).beginObject();
                exchange.sendJson(200, out.name("durable_version").number(version).endObject());
              }
            });
  }

  private void compact(Exchange exchange) {
    begin(exchange, "compact", store::compact);
  }

  private void compactionStatus(Exchange exchange) {
    exchange.query().allow();
    context
        .host()
        .io()
        .run(store::stats)
        .onComplete(
            (stats, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                JsonOutput out = new JsonOutput(1024);
                StatsJson.compaction(out, stats);
                exchange.sendJson(200, out);
              }
            });
  }

  private void rotateKeys(Exchange exchange) {
    checkRequest(exchange);
    if (!store.isEncrypted()) {
      throw Problem.of(Problem.Kind.NOT_SUPPORTED, "the store is not encrypted").exception();
    }
    begin(exchange, "rotate_keys", store::rotateKeys);
  }

  private void begin(Exchange exchange, String kind, Runnable work) {
    checkRequest(exchange);
    context
        .host()
        .io()
        .run(
            () ->
                context
                    .shared()
                    .jobs()
                    .start(kind, context.host().io(), this::compactedBytes, work))
        .onComplete(
            (job, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.header(HttpHeaders.LOCATION, JOBS + "/" + job.id());
                exchange.sendJson(202, describe(job, job.startCount(), exchange.requestId()));
              }
            });
  }

  private long compactedBytes() {
    return store.stats().writes().compactionWriteBytes();
  }

  private void job(Exchange exchange) {
    exchange.query().allow();
    String id = new String(exchange.pathSegment(2), StandardCharsets.US_ASCII);
    Jobs.Job job =
        id.matches("[0-9]{1,18}") ? context.shared().jobs().find(Long.parseLong(id)) : null;
    if (job == null) {
      exchange.fail(Problem.of(Problem.Kind.JOB_NOT_FOUND).exception());
      return;
    }
    context
        .host()
        .io()
        .run(this::compactedBytes)
        .onComplete(
            (bytes, failure) ->
                exchange.sendJson(
                    200,
                    describe(job, bytes == null ? job.startCount() : bytes, exchange.requestId())));
  }

  private static JsonOutput describe(Jobs.Job job, long count, String requestId) {
    JsonOutput out = new JsonOutput(256).beginObject();
    out.name("id").number(job.id());
    out.name("kind").string(job.kind());
    out.name("state").string(job.state().name().toLowerCase(Locale.ROOT));
    out.name("started_ms").number(job.startedMs());
    boolean running = job.state() == Jobs.State.RUNNING;
    if (!running) {
      out.name("ended_ms").number(job.endedMs());
    }
    out.name("bytes_written").number((running ? count : job.endCount()) - job.startCount());
    Throwable failure = job.failure();
    if (failure != null) {
      out.name("problem").string(Problems.of(failure, requestId).kind().type());
    }
    return out.endObject();
  }

  /** These take no body; one of a form's type may come from a page that tricked a browser. */
  private static void checkRequest(Exchange exchange) {
    exchange.query().allow();
    String type = exchange.mediaType();
    if (!type.isEmpty() && !type.equals("application/json")) {
      throw Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "send no body, or application/json")
          .exception();
    }
  }
}

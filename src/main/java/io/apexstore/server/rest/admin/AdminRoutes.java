package io.apexstore.server.rest.admin;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Problems;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.context.KeyspaceLookup;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What administrators can ask the store to do. */
public final class AdminRoutes implements Endpoint.Group {
  private static final String JOBS = "/admin/jobs";

  private final RestContext context;
  private final ApexStore store;
  private final KeyspaceLookup keyspaces;

  public AdminRoutes(RestContext context, KeyspaceLookup keyspaces) {
    this.context = context;
    this.keyspaces = keyspaces;
    this.store = context.host().store();
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.POST, "/admin/flush", Operation.FLUSH, this::flush),
        new Endpoint(HttpMethod.POST, "/admin/compact", Operation.COMPACT, this::compact),
        new Endpoint(
            HttpMethod.GET,
            "/admin/compaction/status",
            Operation.COMPACTION_STATUS,
            this::compactionStatus),
        new Endpoint(
            HttpMethod.POST, "/admin/keys/rotate", Operation.ROTATE_DATA_KEY, this::rotateKeys),
        new Endpoint(HttpMethod.GET, JOBS + "/{id}", Operation.JOB, this::job));
  }

  private void flush(Exchange exchange) {
    noMembers(exchange)
        .compose(
            nothing ->
                context
                    .host()
                    .io()
                    .run(
                        () -> {
                          store.flush();
                          return store.stats().durableVersion();
                        }))
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
    body(exchange)
        .compose(
            body -> {
              CompactRequest members = CompactRequest.read(body, keyspaces);
              return begin("compact", members.target(), () -> members.compact(store));
            })
        .onComplete((job, failure) -> begun(exchange, job, failure));
  }

  private void compactionStatus(Exchange exchange) {
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
    noMembers(exchange)
        .compose(
            nothing -> {
              if (!store.isEncrypted()) {
                throw Problem.of(Problem.Kind.NOT_SUPPORTED, "the store is not encrypted")
                    .exception();
              }
              return begin("rotate_keys", "", store::rotateKeys);
            })
        .onComplete((job, failure) -> begun(exchange, job, failure));
  }

  private Future<Jobs.Job> begin(String kind, String target, Runnable work) {
    IoPool io = context.host().io();
    return io.run(
        () -> context.shared().jobs().start(kind, target, io, this::compactedBytes, work));
  }

  private static void begun(
      Exchange exchange, Jobs.@Nullable Job job, @Nullable Throwable failure) {
    if (job == null) {
      exchange.fail(Objects.requireNonNull(failure));
    } else {
      exchange.header(HttpHeaders.LOCATION, JOBS + "/" + job.id());
      exchange.sendJson(202, describe(job, job.startCount(), exchange.requestId()));
    }
  }

  private long compactedBytes() {
    return store.stats().writes().compactionWriteBytes();
  }

  private void job(Exchange exchange) {
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

  private Future<byte[]> noMembers(Exchange exchange) {
    return body(exchange)
        .map(
            body -> {
              if (body.length > 0) {
                JsonInput.read(body, 0, body.length, AdminRoutes::readNone);
              }
              return body;
            });
  }

  private static void readNone(JsonInput input) {
    input.object(
        "",
        member -> {
          throw EntryReader.unknown(member);
        });
  }

  /** A body is optional; one of a form's type may come from a page that tricked a browser. */
  private Future<byte[]> body(Exchange exchange) {
    String type = exchange.mediaType();
    if (!type.isEmpty() && !type.equals("application/json")) {
      throw Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "send no body, or application/json")
          .exception();
    }
    int bytesMax = Math.min(context.limits().jsonBytesMax(), RestContext.LOOP_BYTES_MAX);
    return exchange.body(type.isEmpty() ? 0 : bytesMax);
  }
}

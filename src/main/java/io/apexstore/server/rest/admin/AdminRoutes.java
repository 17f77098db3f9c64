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
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.server.rest.context.RestLimits;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Administration: flushes, compactions, the rotation of encryption keys, and their jobs. */
public final class AdminRoutes implements Endpoint.Group {
  private static final String JOBS = "/admin/jobs";

  private final RestContext context;
  private final ApexStore store;
  private final Jobs jobs;

  /**
   * Creates the routes.
   *
   * @param jobs the jobs of all event loops
   */
  public AdminRoutes(RestContext context, Jobs jobs) {
    this.context = context;
    this.store = context.store();
    this.jobs = jobs;
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
            HttpMethod.POST,
            "/admin/keys/rotate",
            Operation.ROTATE_ENCRYPTION_KEYS,
            this::rotateEncryptionKeys),
        new Endpoint(HttpMethod.GET, JOBS + "/{id}", Operation.JOB, this::job));
  }

  private void flush(Exchange exchange) {
    exchange.answer(
        emptyBody(exchange).compose(body -> context.io().run(this::flushStore)),
        durableVersion -> {
          JsonOutput out = new JsonOutput(64).beginObject();
          exchange.sendJson(200, out.name("durable_version").number(durableVersion).endObject());
        });
  }

  private long flushStore() {
    store.flush();
    return store.stats().durableVersion();
  }

  private void compact(Exchange exchange) {
    answerJob(
        exchange,
        body(exchange)
            .compose(
                body -> {
                  CompactRequest request = CompactRequest.read(body, context.keyspaces());
                  return start(exchange, "compact", request, () -> request.compact(store));
                }));
  }

  private void compactionStatus(Exchange exchange) {
    exchange.answer(
        context.io().run(store::stats),
        stats -> {
          JsonOutput out = new JsonOutput(1024);
          StatsJson.writeCompaction(out, stats);
          exchange.sendJson(200, out);
        });
  }

  private void rotateEncryptionKeys(Exchange exchange) {
    answerJob(
        exchange,
        emptyBody(exchange)
            .compose(
                body -> {
                  if (!store.isEncrypted()) {
                    throw Problem.of(Problem.Kind.NOT_SUPPORTED, "the store is not encrypted")
                        .exception();
                  }
                  return start(exchange, "rotate_encryption_keys", "", store::rotateEncryptionKeys);
                }));
  }

  private Future<Jobs.Job> start(Exchange exchange, String kind, Object target, Runnable work) {
    return context
        .io()
        .run(() -> jobs.start(kind, target, context.io(), this::compactedBytes, work))
        .map(
            job -> {
              if (!job.target().equals(target)) {
                String path = JOBS + "/" + job.id();
                exchange.header(HttpHeaders.LOCATION, path);
                throw Problem.of(
                        Problem.Kind.JOB_RUNNING,
                        "job "
                            + job.id()
                            + " of kind "
                            + kind
                            + " is running; try again when it is done, see "
                            + path)
                    .exception();
              }
              return job;
            });
  }

  private static void answerJob(Exchange exchange, Future<Jobs.Job> started) {
    exchange.answer(
        started,
        job -> {
          exchange.header(HttpHeaders.LOCATION, JOBS + "/" + job.id());
          exchange.sendJson(202, describe(job, job.startCount(), exchange.requestId()));
        });
  }

  private long compactedBytes() {
    return store.stats().writes().compactionWriteBytes();
  }

  private void job(Exchange exchange) {
    String id = new String(exchange.pathSegment(2), StandardCharsets.US_ASCII);
    Jobs.Job job = id.matches("[0-9]{1,18}") ? jobs.find(Long.parseLong(id)) : null;
    if (job == null) {
      throw Problem.of(Problem.Kind.JOB_NOT_FOUND).exception();
    }
    exchange.answer(
        context.io().run(this::compactedBytes).otherwise(job.startCount()),
        count -> exchange.sendJson(200, describe(job, count, exchange.requestId())));
  }

  private static JsonOutput describe(Jobs.Job job, long count, String requestId) {
    JsonOutput out = new JsonOutput(256).beginObject();
    out.name("id").number(job.id());
    out.name("kind").string(job.kind());
    out.name("state").string(job.state().name().toLowerCase(Locale.ROOT));
    out.name("started_ms").number(job.startedMs());
    if (!job.isRunning()) {
      out.name("ended_ms").number(job.endedMs());
    }
    long endCount = job.isRunning() ? count : job.endCount();
    out.name("bytes_written").number(endCount - job.startCount());
    Throwable failure = job.failure();
    if (failure != null) {
      out.name("problem").string(Problems.of(failure, requestId).kind().type());
    }
    return out.endObject();
  }

  private Future<byte[]> emptyBody(Exchange exchange) {
    return body(exchange)
        .map(
            body -> {
              if (body.length > 0) {
                JsonInput.read(body, 0, body.length, AdminRoutes::readEmptyObject);
              }
              return body;
            });
  }

  private static void readEmptyObject(JsonInput input) {
    input.object(
        "",
        member -> {
          throw EntryReader.unknownMember(member);
        });
  }

  /**
   * Collects an optional body of JSON. Other media types are refused, because a web page can make a
   * browser send a form without the user's intent.
   */
  private Future<byte[]> body(Exchange exchange) {
    String type = exchange.mediaType();
    if (!type.isEmpty() && !type.equals("application/json")) {
      throw Problem.of(
              Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "send no body, or one of application/json")
          .exception();
    }
    int bytesMax = Math.min(context.limits().jsonBytesMax(), RestLimits.LOOP_BYTES_MAX);
    return exchange.body(type.isEmpty() ? 0 : bytesMax);
  }
}

package io.apexstore.server.metrics;

import io.apexstore.server.operation.Operation;
import io.apexstore.stats.StoreStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The page of metrics in Prometheus format, written by Micrometer. Sizes are in bytes, times in
 * seconds.
 *
 * <p><b>Threads:</b> any; calls of {@link #scrape} exclude one another.
 */
public final class PrometheusPage {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private @Nullable StoreStats stats;

  /** Creates the page; {@code connections} supplies the number of open connections. */
  public PrometheusPage(RequestMetrics requests, IntSupplier connections) {
    for (Operation operation : Operation.values()) {
      addOperation(requests, operation);
    }
    Gauge.builder("apexstore.connections", connections::getAsInt)
        .description("Open connections")
        .register(registry);
    addWrites();
    addReads();
    addSizes();
    addJvm(registry);
  }

  /** Returns the text of the page for these statistics of the store. */
  public synchronized String scrape(StoreStats current) {
    stats = current;
    return registry.scrape();
  }

  private void addOperation(RequestMetrics requests, Operation operation) {
    for (Outcome outcome : Outcome.values()) {
      FunctionCounter.builder(
              "apexstore.requests", requests, all -> outcome.count(figures(all, operation)))
          .description("Requests answered")
          .tag("operation", operation.label())
          .tag("outcome", outcome.label)
          .register(registry);
    }
    FunctionTimer.builder(
            "apexstore.request.time",
            requests,
            all ->
                figures(all, operation).succeeded()
                    + figures(all, operation).refused()
                    + figures(all, operation).failed(),
            all -> figures(all, operation).nanos(),
            TimeUnit.NANOSECONDS)
        .description("Time from the head of a request to the end of its answer")
        .tag("operation", operation.label())
        .register(registry);
    addPercentile(requests, operation, "50", RequestMetrics.OperationFigures::p50Nanos);
    addPercentile(requests, operation, "99", RequestMetrics.OperationFigures::p99Nanos);
    addPercentile(requests, operation, "99.9", RequestMetrics.OperationFigures::p999Nanos);
    addPercentile(requests, operation, "100", RequestMetrics.OperationFigures::maxNanos);
  }

  // The label "quantile" is reserved for summaries, whose quantiles are not of a recent time.
  private void addPercentile(
      RequestMetrics requests,
      Operation operation,
      String percentile,
      ToDoubleFunction<RequestMetrics.OperationFigures> nanos) {
    Gauge.builder(
            "apexstore.request.recent",
            requests,
            all -> nanos.applyAsDouble(figures(all, operation)) / 1e9)
        .description("Latency of the requests of the last ten seconds")
        .baseUnit("seconds")
        .tag("operation", operation.label())
        .tag("percentile", percentile)
        .register(registry);
  }

  private enum Outcome {
    SUCCEEDED("succeeded"),
    REFUSED("refused"),
    FAILED("failed");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    double count(RequestMetrics.OperationFigures figures) {
      return switch (this) {
        case SUCCEEDED -> figures.succeeded();
        case REFUSED -> figures.refused();
        case FAILED -> figures.failed();
      };
    }
  }

  private static RequestMetrics.OperationFigures figures(RequestMetrics all, Operation operation) {
    List<RequestMetrics.OperationFigures> figures = all.figures();
    return figures.stream().filter(one -> one.operation() == operation).findFirst().orElseThrow();
  }

  private void addWrites() {
    counter("commits", "Batches committed", s -> s.writes().commits());
    counter("operations", "Puts and deletes committed", s -> s.writes().operations());
    counter("user.bytes", "Bytes of keys and values written", s -> s.writes().userBytes());
    counter("flushes", "Memtables flushed", s -> s.writes().flushes());
    counter("flush.bytes", "Bytes of tables written by flushes", s -> s.writes().flushBytes());
    counter("compactions", "Compactions finished", s -> s.writes().compactions());
    counter(
        "compaction.read.bytes",
        "Bytes read by compactions",
        s -> s.writes().compactionReadBytes());
    counter(
        "compaction.write.bytes",
        "Bytes written by compactions",
        s -> s.writes().compactionWriteBytes());
    counter(
        "compaction.paced.seconds",
        "Time that compactions waited for the rate limit",
        s -> s.writes().compactionPacedNanos() / 1e9);
    counter("log.written.bytes", "Bytes appended to the log", s -> s.log().writtenBytes());
    counter("log.syncs", "Syncs of the log", s -> s.log().syncs());
    counter("log.sync.seconds", "Time spent in syncs of the log", s -> s.log().syncNanos() / 1e9);
    counter(
        "stall.slowed.seconds",
        "Time that writers were slowed",
        s -> s.stall().slowedNanos() / 1e9);
    counter("stall.stops", "Times that writers were stopped", s -> s.stall().stops());
    counter(
        "stall.stopped.seconds",
        "Time that writers were stopped",
        s -> s.stall().stoppedNanos() / 1e9);
  }

  private void addReads() {
    counter("expired", "Expired entries deleted", StoreStats::expired);
    counter("gets", "Point reads", s -> s.reads().gets());
    counter("scans", "Scans started", s -> s.reads().scans());
    counter("cache.hits", "Blocks found in the cache", s -> s.cache().hits());
    counter("cache.misses", "Blocks read from the disk", s -> s.cache().misses());
    counter("cache.evictions", "Blocks evicted from the cache", s -> s.cache().evictions());
  }

  private void addSizes() {
    gauge("version", "Newest version visible to reads", StoreStats::version);
    gauge("durable.version", "Newest durable version", StoreStats::durableVersion);
    gauge(
        "memtable.bytes",
        "Bytes of memtables",
        s -> s.memtables().activeBytes() + s.memtables().sealedBytes());
    gauge(
        "memtables.sealed",
        "Sealed memtables waiting to be flushed",
        s -> s.memtables().sealedCount());
    gauge("log.disk.bytes", "Bytes of the log on disk", s -> s.log().diskBytes());
    gauge(
        "log.retained.bytes", "Bytes of the log kept only for feeds", s -> s.log().retainedBytes());
    gauge("feeds", "Open change feeds", s -> s.feeds().readers());
    gauge(
        "feed.lag.versions",
        "Versions that the slowest feed has still to read",
        s -> s.feeds().lagVersions());
    gauge(
        "log.unflushed.bytes",
        "Bytes of the log that a restart would replay",
        s -> s.log().unflushedBytes());
    gauge("cache.bytes", "Bytes in the block cache", s -> s.cache().bytes());
    gauge(
        "large_reads.bytes",
        "Bytes that readers of large values hold outside the heap",
        s -> s.cache().largeBytes());
    gauge(
        "table.memory.bytes",
        "Bytes of filters and indexes in memory",
        StoreStats::tableMemoryBytes);
    gauge("table.bytes", "Bytes of tables on disk", PrometheusPage::tableBytes);
    gauge("table.files.open", "Files of tables that are open", StoreStats::openTables);
    gauge(
        "table.files.limit", "Files of tables that may be open at once", StoreStats::openTablesMax);
    gauge("compactions.running", "Compactions running", s -> s.compactions().size());
    gauge(
        "compaction.pending.bytes",
        "Estimated bytes that compactions have still to rewrite",
        s -> s.keyspaces().stream().mapToLong(StoreStats.KeyspaceStats::pendingBytes).sum());
    gauge("snapshots", "Open snapshots", s -> s.snapshots().open());
    gauge("cursors", "Open cursors", StoreStats::openCursors);
    gauge("writable", "1 if writes are accepted, else 0", s -> s.health().writable() ? 1 : 0);
    for (StoreStats.Health.State state : StoreStats.Health.State.values()) {
      Gauge.builder("apexstore.store.state", this, page -> page.value(s -> is(s, state)))
          .description("1 for the state of the store, else 0")
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .strongReference(true)
          .register(registry);
    }
    for (String cause : StoreStats.Health.CAUSES) {
      Gauge.builder("apexstore.store.causes", this, page -> page.value(s -> causes(s, cause)))
          .description("Causes why the store is not healthy")
          .tag("cause", cause)
          .strongReference(true)
          .register(registry);
    }
  }

  private static double tableBytes(StoreStats current) {
    return current.keyspaces().stream()
        .flatMap(keyspace -> keyspace.levels().stream())
        .mapToLong(StoreStats.LevelStats::bytes)
        .sum();
  }

  private static double is(StoreStats current, StoreStats.Health.State state) {
    return current.health().state() == state ? 1 : 0;
  }

  private static double causes(StoreStats current, String word) {
    return current.health().causes().stream().filter(cause -> cause.word().equals(word)).count();
  }

  private static void addJvm(MeterRegistry registry) {
    Runtime runtime = Runtime.getRuntime();
    Gauge.builder("apexstore.heap.used", runtime, jvm -> jvm.totalMemory() - jvm.freeMemory())
        .baseUnit("bytes")
        .description("Bytes of the Java heap in use")
        .register(registry);
    Gauge.builder("apexstore.heap.max", runtime, Runtime::maxMemory)
        .baseUnit("bytes")
        .description("Largest size of the Java heap in bytes")
        .register(registry);
  }

  private void counter(String name, String description, ToDoubleFunction<StoreStats> figure) {
    FunctionCounter.builder("apexstore.store." + name, this, page -> page.value(figure))
        .description(description)
        .register(registry);
  }

  private void gauge(String name, String description, ToDoubleFunction<StoreStats> figure) {
    Gauge.builder("apexstore.store." + name, this, page -> page.value(figure))
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private double value(ToDoubleFunction<StoreStats> figure) {
    StoreStats current = stats;
    return current == null ? Double.NaN : figure.applyAsDouble(current);
  }
}

package io.apexstore.server.rest.context;

import io.apexstore.server.metrics.PrometheusPage;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.admin.Jobs;
import io.apexstore.server.rest.feed.OpenFeeds;
import io.apexstore.vertx.StoreHost;
import io.apexstore.vertx.WriteGateway;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * What the REST routes of one event loop work with.
 *
 * @param vertx the event loop's Vert.x
 * @param host the store
 * @param gateway the way of writes; of this event loop alone
 * @param limits what comes in may be this large
 * @param shared what all event loops share
 */
public record RestContext(
    Vertx vertx, StoreHost host, WriteGateway gateway, Limits limits, Shared shared) {
  /** What is longer is read and written as JSON on the I/O pool: it would hold up an event loop. */
  public static final int LOOP_BYTES_MAX = 256 << 10;

  /**
   * Limits on requests.
   *
   * @param jsonBytesMax longest JSON body, and longest line of an import, in bytes
   * @param rawBytesMax longest raw value in bytes
   * @param batchBytesMax largest batch in bytes of keys and values
   * @param clientTimeout how long a client that takes nothing of its answer is waited for
   * @param keepAlive how long a connection may be silent before it is closed
   */
  public record Limits(
      int jsonBytesMax,
      int rawBytesMax,
      int batchBytesMax,
      Duration clientTimeout,
      Duration keepAlive) {}

  /**
   * What all event loops share.
   *
   * @param metrics counts of requests
   * @param jobs long work that was asked for
   * @param streams answers that stream at the moment
   * @param feeds those of them that give changes
   * @param ready whether requests are wanted
   * @param connections how many connections are open
   * @param prometheus the page for Prometheus
   * @param startedMs when the server started, in ms since the epoch
   * @param programVersion the program's version
   * @param configuration the effective configuration, secrets masked
   */
  public record Shared(
      RequestMetrics metrics,
      Jobs jobs,
      AtomicInteger streams,
      OpenFeeds feeds,
      BooleanSupplier ready,
      IntSupplier connections,
      Lazy<PrometheusPage> prometheus,
      long startedMs,
      String programVersion,
      List<ConfigurationLine> configuration) {}

  /**
   * One line of the effective configuration.
   *
   * @param name the option
   * @param value its value, masked if it is a secret
   * @param source who gave it
   */
  public record ConfigurationLine(String name, String value, String source) {}
}

package io.apexstore.server.rest.admin;

import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.metrics.PrometheusPage;
import io.apexstore.server.metrics.RequestMetrics;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What the server reports of itself, the same on all event loops.
 *
 * <p><b>Threads:</b> any.
 *
 * @param metrics counts the requests
 * @param ready whether the server accepts requests
 * @param connections how many connections are open
 * @param prometheus the metrics for Prometheus; created on first use
 * @param uptimeMs how long the server has run, in ms, on a clock that never goes back
 * @param programVersion the program's version
 * @param configuration the effective configuration, secrets masked
 */
public record ServerInfo(
    RequestMetrics metrics,
    BooleanSupplier ready,
    IntSupplier connections,
    Lazy<PrometheusPage> prometheus,
    LongSupplier uptimeMs,
    String programVersion,
    List<ServerConfig.Shown> configuration) {

  /** Creates the information with metrics for Prometheus. */
  public ServerInfo(
      RequestMetrics metrics,
      BooleanSupplier ready,
      IntSupplier connections,
      LongSupplier uptimeMs,
      String programVersion,
      List<ServerConfig.Shown> configuration) {
    this(
        metrics,
        ready,
        connections,
        new Lazy<>(() -> new PrometheusPage(metrics, connections)),
        uptimeMs,
        programVersion,
        configuration);
  }
}

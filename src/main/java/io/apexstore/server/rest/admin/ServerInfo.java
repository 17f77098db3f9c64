package io.apexstore.server.rest.admin;

import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.metrics.PrometheusPage;
import io.apexstore.server.metrics.RequestMetrics;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * What the server reports of itself, the same on all event loops.
 *
 * <p><b>Threads:</b> any.
 *
 * @param metrics counts the requests
 * @param ready whether the server accepts requests
 * @param connections how many connections are open
 * @param prometheus the metrics for Prometheus; created on first use
 * @param startedMs when the server started, in ms since the epoch
 * @param programVersion the program's version
 * @param configuration the effective configuration, secrets masked
 */
public record ServerInfo(
    RequestMetrics metrics,
    BooleanSupplier ready,
    IntSupplier connections,
    Lazy<PrometheusPage> prometheus,
    long startedMs,
    String programVersion,
    List<ServerConfig.Shown> configuration) {

  /** Creates the information with metrics for Prometheus. */
  public ServerInfo(
      RequestMetrics metrics,
      BooleanSupplier ready,
      IntSupplier connections,
      long startedMs,
      String programVersion,
      List<ServerConfig.Shown> configuration) {
    this(
        metrics,
        ready,
        connections,
        new Lazy<>(() -> new PrometheusPage(metrics, connections)),
        startedMs,
        programVersion,
        configuration);
  }
}

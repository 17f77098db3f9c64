/**
 * Metrics of the server's requests, and the page of all metrics for Prometheus.
 *
 * <p>Each event loop has a {@link io.apexstore.server.metrics.LoopRecorder}, which counts a request
 * without locks or contention: per operation the status class, the total time, and a {@code
 * LatencyHistogram}. {@link io.apexstore.server.metrics.RequestMetrics} adds up the recorders and
 * takes a sample once per second, from which it computes the percentiles of the last ten seconds.
 *
 * <p>{@link io.apexstore.server.metrics.PrometheusPage} publishes these figures together with the
 * statistics of the store.
 */
@NullMarked
package io.apexstore.server.metrics;

import org.jspecify.annotations.NullMarked;

/**
 * Routes that manage and observe the store and the server.
 *
 * <p>{@link io.apexstore.server.rest.admin.KeyspaceRoutes} manages keyspaces. {@link
 * io.apexstore.server.rest.admin.HealthRoutes}, {@link io.apexstore.server.rest.admin.StatsRoutes}
 * and {@link io.apexstore.server.rest.admin.MetricsRoute} report health, statistics as JSON, and
 * metrics for Prometheus; what they report of the server itself is in {@link
 * io.apexstore.server.rest.admin.ServerInfo}. {@link io.apexstore.server.rest.admin.AdminRoutes}
 * starts flushes, compactions and the rotation of the encryption keys. Work that can take long is a
 * job: {@link io.apexstore.server.rest.admin.Jobs} runs it on the I/O pool and keeps its state,
 * which clients poll. {@link io.apexstore.server.rest.admin.OpenApiRoute} serves {@code
 * openapi.json}, the description of all routes, from this package's resources.
 */
@NullMarked
package io.apexstore.server.rest.admin;

import org.jspecify.annotations.NullMarked;

/**
 * Limits that protect the server from its clients.
 *
 * <p>{@link io.apexstore.server.limit.ConnectionLimit} counts open connections, in total and per
 * client address. It is asked once, when a connection is accepted.
 *
 * <p>{@link io.apexstore.server.limit.SlowClients} ends requests and connections that make too
 * little progress. It knows nothing of HTTP or Netty: the server registers each request body as a
 * {@link io.apexstore.server.limit.SlowClients.Body} and each connection as a {@link
 * io.apexstore.server.limit.SlowClients.Connection}, and calls {@link
 * io.apexstore.server.limit.SlowClients#tick} once a second on each event loop.
 *
 * <p>Other limits are close to what they bound: the bytes of request bodies in memory in {@code
 * server.http}, the bytes of writes in progress and the number of blocking calls in {@code vertx}.
 */
@NullMarked
package io.apexstore.server.limit;

import org.jspecify.annotations.NullMarked;

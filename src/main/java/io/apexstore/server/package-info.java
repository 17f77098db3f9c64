/**
 * The server put together: a request goes from {@link io.apexstore.server.HttpVerticle} by {@link
 * io.apexstore.server.HotRoutes} or the router of {@link io.apexstore.server.RouterFactory} to
 * {@link io.apexstore.server.Dispatcher}, which asks who calls and lets the endpoint answer.
 */
@NullMarked
package io.apexstore.server;

import org.jspecify.annotations.NullMarked;

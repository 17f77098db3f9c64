package io.apexstore.server;

import io.apexstore.server.auth.Authenticator;
import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.dashboard.WebRoot;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.RequestIds;
import io.apexstore.server.limit.ConnectionLimit;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.RestRoutes;
import io.apexstore.vertx.StoreHost;

/**
 * What the event loops of a server share. All of it may be used from any thread.
 *
 * @param config the configuration
 * @param host the store
 * @param authenticator decides who calls
 * @param metrics counts requests
 * @param rest the REST routes
 * @param webRoot the dashboard's files
 * @param requestIds names requests
 * @param bodies bounds bodies in memory
 * @param connections bounds connections
 */
record ServerParts(
    ServerConfig config,
    StoreHost host,
    Authenticator authenticator,
    RequestMetrics metrics,
    RestRoutes rest,
    WebRoot webRoot,
    RequestIds requestIds,
    BodyBudget bodies,
    ConnectionLimit connections) {}

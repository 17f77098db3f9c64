package io.apexstore.server;

import io.apexstore.server.auth.Authenticator;
import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.dashboard.WebRoot;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.RequestIds;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.server.rest.RestRoutes;
import io.apexstore.vertx.StoreHost;

/**
 * The components that the event loops of a server share.
 *
 * <p><b>Threads:</b> any, for every component.
 *
 * @param config the configuration
 * @param host the store
 * @param authenticator identifies the caller of a request
 * @param metrics counts requests
 * @param rest the REST routes
 * @param webRoot the dashboard's files
 * @param requestIds generates request ids
 * @param bodies limits the memory of request bodies
 * @param answers limits the memory of answers
 * @param connections admits connections
 */
record ServerComponents(
    ServerConfig config,
    StoreHost host,
    Authenticator authenticator,
    RequestMetrics metrics,
    RestRoutes rest,
    WebRoot webRoot,
    RequestIds requestIds,
    BodyBudget bodies,
    AnswerBudget answers,
    ConnectionGuard connections) {}

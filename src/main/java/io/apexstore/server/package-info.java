/**
 * The server: it starts the store and the HTTP verticles, and brings requests to endpoints.
 *
 * <h2>Start and stop</h2>
 *
 * {@link io.apexstore.server.ApexServer} starts in this order:
 *
 * <ol>
 *   <li>It checks the address ({@link io.apexstore.server.config.BindCheck}), creates the data
 *       directory ({@code DataDirectory}), and finds or creates the key-encryption keys ({@code
 *       EncryptionKeySetup}, which asks {@code MountPoint} whether a key file next to the data
 *       would be lost).
 *   <li>It opens the store through {@link io.apexstore.vertx.StoreHost}, which deploys the
 *       verticles of the store.
 *   <li>It reads the tokens, and creates the first one for a new store.
 *   <li>It deploys one {@code HttpVerticle} for each event loop. They share the record {@code
 *       ServerComponents}.
 * </ol>
 *
 * It stops in the opposite order, so that requests are served only while the store is open.
 *
 * <h2>The way of a request</h2>
 *
 * <pre>
 * ConnectionGuard      counts the connection; installs StrictRequestDecoder in its pipeline
 * StrictRequestDecoder parses the request if it meets the HeadRules and the last one is answered
 * HttpVerticle         asks HotRoutes first (single keys), else the router
 * RouterFactory        built that router; it compares the raw path with each PathTemplate
 * Dispatcher           checks the token and the role, watches the body, calls the endpoint
 * Endpoint             answers through its Exchange (package server.http)
 * </pre>
 *
 * The endpoints are those of {@link io.apexstore.server.rest.RestRoutes} and {@link
 * io.apexstore.server.dashboard.DashboardRoutes}. The features do not see one another; only this
 * package knows them all.
 */
@NullMarked
package io.apexstore.server;

import org.jspecify.annotations.NullMarked;

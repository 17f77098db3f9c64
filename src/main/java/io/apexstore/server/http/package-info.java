/**
 * What every route shares: one request and its answer ({@link io.apexstore.server.http.Exchange}),
 * errors ({@link io.apexstore.server.http.Problem}), bodies with limits, and the exact bytes of
 * paths and queries.
 */
@NullMarked
package io.apexstore.server.http;

import org.jspecify.annotations.NullMarked;

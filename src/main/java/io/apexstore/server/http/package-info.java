/**
 * One HTTP request and its answer, the same for every route.
 *
 * <p>A feature declares its routes as {@link io.apexstore.server.http.Endpoint}s, each bound to an
 * operation of {@code io.apexstore.server.operation}. For a request the dispatcher creates an
 * {@link io.apexstore.server.http.Exchange} and passes it to the endpoint's handler, on the event
 * loop of the connection. The exchange offers everything that a handler needs: the exact bytes of
 * the path and of the {@link io.apexstore.server.http.Query}, headers, the body, and one way each
 * to answer with a body, with a stream, or with a failure.
 *
 * <p>{@link io.apexstore.server.http.Exchange#answer} joins both ends: it waits for a future and
 * answers with its result or its failure. {@link io.apexstore.server.http.Problems} maps every
 * failure to a {@link io.apexstore.server.http.Problem}, the JSON that the client sees; a handler
 * throws a {@link io.apexstore.server.http.ProblemException} to refuse a request itself.
 *
 * <p>Memory: request bodies reserve their bytes from the {@link
 * io.apexstore.server.http.BodyBudget} before they are read, large answers from the {@link
 * io.apexstore.server.http.AnswerBudget} before they are built, and release them when they are no
 * longer held. The two are apart, so that answers which nobody reads never refuse a write.
 */
@NullMarked
package io.apexstore.server.http;

import org.jspecify.annotations.NullMarked;

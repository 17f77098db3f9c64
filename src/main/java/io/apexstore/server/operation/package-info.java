/**
 * What the server can do, independent of the protocol by which it is asked.
 *
 * <p>{@link io.apexstore.server.operation.Operation} is the catalogue: one constant for each
 * operation, with the {@link io.apexstore.server.operation.Access} that it requires, the part of
 * the store that it touches, what bounds its work, and the query parameters that it takes. To add
 * an operation, add its constant first. Everything that must exist for each operation is derived
 * from the constant:
 *
 * <ul>
 *   <li>{@code io.apexstore.server.http.Endpoint} binds a route to an operation;
 *   <li>{@code io.apexstore.server.Dispatcher} checks the caller's role and the parameters;
 *   <li>{@code io.apexstore.server.metrics.RequestMetrics} counts calls and measures their time.
 * </ul>
 */
@NullMarked
package io.apexstore.server.operation;

import org.jspecify.annotations.NullMarked;

/**
 * The REST interface: every group of routes, composed by {@link
 * io.apexstore.server.rest.RestRoutes}.
 *
 * <p>Each group is a class that lists its {@code Endpoint}s and answers them, in a package of its
 * subject. The groups do not see one another.
 *
 * <ul>
 *   <li>{@code rest.key}: single keys, many keys at once, batches, range deletes;
 *   <li>{@code rest.scan}: pages of a range and exports;
 *   <li>{@code rest.feed}: the change feed;
 *   <li>{@code rest.bulk}: imports;
 *   <li>{@code rest.admin}: keyspaces, health, statistics, metrics, flush, compaction, the rotation
 *       of the encryption keys, and the OpenAPI document;
 *   <li>{@code rest.context}: what all groups share;
 *   <li>{@code rest.body}: parts of request bodies and answers.
 * </ul>
 *
 * <p>To add a route: declare its operation in {@code io.apexstore.server.operation.Operation},
 * write its class, add it to the list in {@code RestRoutes}, describe it in {@code openapi.json},
 * and add its bad inputs to {@code bad-input.txt}. Tests fail until all of that is done.
 */
@NullMarked
package io.apexstore.server.rest;

import org.jspecify.annotations.NullMarked;

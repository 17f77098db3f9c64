/**
 * What all groups of REST routes share.
 *
 * <p>{@link io.apexstore.server.rest.context.RestContext} is created once for each event loop and
 * passed to every group: the store and its I/O pool, the event loop's write gateway, the {@link
 * io.apexstore.server.rest.context.RestLimits}, the {@link
 * io.apexstore.server.rest.context.KeyspaceLookup} and the {@link
 * io.apexstore.server.rest.context.OpenStreams}. What only one group needs is not in the context;
 * {@code io.apexstore.server.rest.RestRoutes} passes it to that group.
 *
 * <p>An answer that may be long is made and written piece by piece by an {@link
 * io.apexstore.server.rest.context.AnswerPump}.
 *
 * <p>A group that serves keys takes a {@link io.apexstore.server.rest.context.KeyPath}, so that the
 * same routes exist below {@code /keys} and below {@code /keyspaces/{name}/keys}. {@link
 * io.apexstore.server.rest.context.Preconditions} reads the conditional headers and the preference
 * for a durability.
 */
@NullMarked
package io.apexstore.server.rest.context;

import org.jspecify.annotations.NullMarked;

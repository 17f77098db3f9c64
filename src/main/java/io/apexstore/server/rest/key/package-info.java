/**
 * Routes that read and write keys. {@link io.apexstore.server.rest.key.KeyRoutes} serves one key at
 * a time, {@link io.apexstore.server.rest.key.MultiGetRoute} reads many, {@link
 * io.apexstore.server.rest.key.BatchRoute} commits many writes atomically, and {@link
 * io.apexstore.server.rest.key.RangeDeleteRoute} deletes a range.
 *
 * <p>A read asks {@code Keyspace.getCached} on the event loop and goes to the I/O pool only if the
 * key needs the disk. A write builds a {@code WriteBatch}, with its conditions, and passes it to
 * the event loop's {@code WriteGateway}; the answer names the version of the commit.
 */
@NullMarked
package io.apexstore.server.rest.key;

import org.jspecify.annotations.NullMarked;

/**
 * Which tables a keyspace consists of, now and for readers that began earlier.
 *
 * <p>A {@link io.apexstore.engine.version.Version} is one keyspace's tree of tables at one moment;
 * it never changes. The {@link io.apexstore.engine.version.VersionSet} holds the current one of
 * each keyspace and moves from one to the next by an edit that the manifest makes durable first.
 * The {@link io.apexstore.engine.version.SnapshotList} says which old versions of entries somebody
 * may still read.
 */
@NullMarked
package io.apexstore.engine.version;

import org.jspecify.annotations.NullMarked;

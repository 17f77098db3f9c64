/**
 * The keyspaces of an open store: what they are, and how they are created, changed and dropped.
 *
 * <p>A {@link io.apexstore.engine.keyspace.KeyspaceTree} is one keyspace: its id, its name, its
 * {@link io.apexstore.options.KeyspaceOptions} and its current {@link
 * io.apexstore.engine.read.ReadView}, which is an LSM tree of memtables and tables. All keyspaces
 * share the log and the version counter, so a batch may write to several of them atomically.
 *
 * <p>{@link io.apexstore.engine.keyspace.Keyspaces} holds all of them, by id for the write path and
 * by name for callers, and replaces their views: a flush, a compaction and a sealed memtable each
 * compute a new view from the current one. A replaced view is released once no reader can still see
 * it.
 *
 * <p>{@link io.apexstore.engine.keyspace.KeyspaceCatalog} changes the set: it creates keyspaces,
 * changes their options and drops them, with the manifest first. Names that begin with {@code _}
 * are internal: the store creates these keyspaces for itself, for example the expiry index.
 *
 * <p>To drop a keyspace is a write: one range tombstone over all keys. Its tree stays, for
 * snapshots may still read it, and so do its id and its name; if the name is used again, the same
 * tree comes back, empty.
 */
@NullMarked
package io.apexstore.engine.keyspace;

import org.jspecify.annotations.NullMarked;

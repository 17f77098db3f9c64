/**
 * The tables that a keyspace consists of, now and for readers that started earlier.
 *
 * <p>A {@link io.apexstore.engine.version.Version} is one keyspace's tree of tables at one moment.
 * It never changes. The {@link io.apexstore.engine.version.VersionSet} holds the current version of
 * each keyspace. A flush or compaction replaces it by an edit:
 *
 * <pre>
 *   logAndApply(edit)
 *     open the tables that the edit adds          VersionBuilder
 *     build the versions of changed keyspaces     VersionBuilder
 *     append the edit to the manifest, sync       ManifestLog
 *     install the new versions
 *     release the old ones
 * </pre>
 *
 * <p><b>How a reader pins.</b> A version counts its references. {@code VersionSet.retainCurrent}
 * returns the current version with a reference of its own, and the reader releases it. Each version
 * holds a reference to the {@code TableHandle} of each of its tables. With the last reference the
 * {@code TableCloser} closes the table in the background, and deletes its file if the manifest does
 * not name it any more. So a reader never waits for a compaction, and no table is closed while it
 * is read.
 *
 * <p><b>How old entries are kept.</b> A pinned version keeps table files. A snapshot outlives
 * versions, so it is registered in the {@link io.apexstore.engine.version.SnapshotList} instead:
 * compactions keep the entries that it sees. The {@link
 * io.apexstore.engine.version.VersionTimeIndex} finds the version of a past time, for stores that
 * retain old versions.
 *
 * <p><b>How a version is read.</b> {@code Version} searches a {@code SortedRun} for each level; the
 * range tombstones of a level are a {@code LevelTombstones}. {@link
 * io.apexstore.engine.version.TreeShape} describes the same tree without the means to read it:
 * compactions are picked from it.
 *
 * <p>{@code StoreDirectory} checks the directory at open and deletes orphaned files. {@link
 * io.apexstore.engine.version.ManifestRegistry} records the segments of the log.
 */
@NullMarked
package io.apexstore.engine.version;

import org.jspecify.annotations.NullMarked;

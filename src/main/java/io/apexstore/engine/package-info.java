/**
 * The engine: it assembles a store from its parts, and reads, writes and scans go through it.
 *
 * <p>{@link io.apexstore.engine.LsmEngine} is the open store. {@link io.apexstore.engine.Recovery}
 * opens it: lock, manifest, log replay, and only then changes on disk. {@link
 * io.apexstore.engine.StoreVerifier} checks a store that is not open. The parts are in packages of
 * one subject each, from the top:
 *
 * <table>
 * <caption>Packages of the engine</caption>
 * <tr><th>package</th><th>subject</th></tr>
 * <tr><td>{@code expiry}</td><td>sweepers that delete expired and oldest entries</td></tr>
 * <tr><td>{@code background}</td><td>when to flush, compact and stall writers</td></tr>
 * <tr><td>{@code commit}</td><td>the commit pipeline: one writer, conditions, durability</td></tr>
 * <tr><td>{@code keyspace}</td><td>the keyspaces and their options</td></tr>
 * <tr><td>{@code read}</td><td>read views, epochs, cursors, snapshots</td></tr>
 * <tr><td>{@code feed}</td><td>the log as a source of changes</td></tr>
 * <tr><td>{@code compaction}</td><td>compaction policies, flush and compaction jobs</td></tr>
 * <tr><td>{@code version}</td><td>the set of tables of each keyspace, now and for older readers</td></tr>
 * <tr><td>{@code wal}, {@code sstable}, {@code manifest}</td><td>the three kinds of files</td></tr>
 * <tr><td>{@code memtable}</td><td>the sorted table in memory</td></tr>
 * <tr><td>{@code codec}, {@code encryption}, {@code file}</td><td>blocks, encryption keys, headers and
 *     names of files</td></tr>
 * <tr><td>{@code tombstone}</td><td>range tombstones</td></tr>
 * <tr><td>{@code iterator}, {@code filter}, {@code cache}, {@code io}, {@code base}</td><td>iterators,
 *     Bloom filters, the block cache, the storage seam, keys and batches</td></tr>
 * </table>
 *
 * A package uses only packages below it. Nothing below {@code LsmEngine} knows it; parts that need
 * its reads or commits ask for a narrow interface such as {@link
 * io.apexstore.engine.keyspace.PointReader}.
 */
@NullMarked
package io.apexstore.engine;

import org.jspecify.annotations.NullMarked;

/**
 * Flushes and compactions: memtables are written to tables of level 0, and tables are merged
 * downwards. Both drop entries that no reader can see any more.
 *
 * <p><b>What to do</b> is decided by pure functions. A {@link
 * io.apexstore.engine.compaction.CompactionPolicy} maps a {@link
 * io.apexstore.engine.compaction.TreeState} to a {@link
 * io.apexstore.engine.compaction.CompactionChoice}: a merge, a move, a drop, or nothing.
 *
 * <table>
 *   <caption>Policies</caption>
 *   <tr><th>strategy</th><th>policy</th><th>what it merges</th></tr>
 *   <tr><td>{@code leveled}</td><td>{@code LeveledPolicy}</td>
 *       <td>a table of a level that is over its target, with the tables that it overlaps in the
 *       next level</td></tr>
 *   <tr><td>{@code tiered}</td><td>{@code TieredPolicy}</td>
 *       <td>neighboring sorted runs of similar size</td></tr>
 *   <tr><td>{@code lazy_leveling}</td><td>{@code TieredPolicy}</td>
 *       <td>the same, and all runs into the last one once they are large next to it</td></tr>
 *   <tr><td>{@code fifo}</td><td>{@code FifoPolicy}</td>
 *       <td>small tables only; it drops the oldest tables once their entries are deleted</td></tr>
 * </table>
 *
 * <p>A new strategy is a constant of {@link io.apexstore.options.CompactionStrategy}, a policy with
 * its line in {@code CompactionPolicy.of}, and a text table {@code picks-*.txt} among the tests.
 *
 * <p>{@link io.apexstore.engine.compaction.StallDecision} maps the pressure of all trees to how far
 * writers are slowed.
 *
 * <p><b>How it is done:</b> a {@link io.apexstore.engine.compaction.FlushJob} writes sealed
 * memtables, a {@link io.apexstore.engine.compaction.CompactionJob} carries out a choice. Both are
 * {@code TableJob}s:
 *
 * <pre>
 *   ask SnapshotList which versions readers may read at
 *   split the key range into subcompactions           Subcompactions
 *   for each of them, on several threads              SubcompactionRunner
 *     for each entry in key order, newest first
 *       wait if background work is over its rate      RateLimiter
 *       drop it if no reader needs it                 EntryFilter, LowerLevels
 *       drop it if the user's rule says so            UserFilter
 *       append it to the open table                   OutputTables
 *     drop range tombstones that no reader needs      TombstoneFilter
 *     cut the others at the borders of tables         TombstoneSplitter
 *   sync the tables, sync the directory
 *   append the edit to the manifest, install it       version.VersionSet
 * </pre>
 *
 * <p>Until the edit is durable nothing has changed: a job that fails or is cancelled removes its
 * files, and may run again.
 */
@NullMarked
package io.apexstore.engine.compaction;

import org.jspecify.annotations.NullMarked;

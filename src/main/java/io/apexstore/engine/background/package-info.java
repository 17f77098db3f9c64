/**
 * Background work: flushes, compactions, and the stalls that slow writers down while both are
 * behind.
 *
 * <pre>
 *   a writer seals a memtable ──▶ {@link io.apexstore.engine.background.BackgroundWork} flushes it
 *   a flush or compaction ends ─▶ {@link io.apexstore.engine.background.Compactions} starts what is due
 *   the tree changes ───────────▶ {@link io.apexstore.engine.background.WriterStall} decides again
 *   the disk is full ───────────▶ {@link io.apexstore.engine.background.DiskReserve} is released once
 * </pre>
 *
 * What to compact is decided by the policies of {@code engine.compaction}; the jobs are there, too.
 * This package decides when a job runs and on which thread ({@link
 * io.apexstore.engine.background.EngineThreads}), installs its result in the keyspace's read view,
 * and wakes those who wait for it ({@link io.apexstore.engine.background.WorkSignal}).
 *
 * <p>A failure has one of three consequences. Damage of an input ends the compactions of that
 * keyspace only. A full disk stops flushes and compactions until there is space again. Any other
 * failure refuses all writes until a restart.
 */
@NullMarked
package io.apexstore.engine.background;

import org.jspecify.annotations.NullMarked;

/**
 * Keeping the trees in shape: memtables become tables of level 0 (flush), and tables are merged
 * downwards (compaction), dropping what no reader can see any more.
 *
 * <p>What to do is decided by pure functions, {@link io.apexstore.engine.compaction.LeveledPolicy},
 * {@link io.apexstore.engine.compaction.FifoPolicy} and {@link
 * io.apexstore.engine.compaction.StallDecision}; {@link io.apexstore.engine.compaction.FlushJob}
 * and {@link io.apexstore.engine.compaction.CompactionJob} carry it out.
 */
@NullMarked
package io.apexstore.engine.compaction;

import org.jspecify.annotations.NullMarked;

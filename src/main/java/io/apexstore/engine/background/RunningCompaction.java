package io.apexstore.engine.background;

import io.apexstore.engine.compaction.CompactionChoice;
import io.apexstore.engine.compaction.CompactionJob;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.stats.StoreStats;
import org.jspecify.annotations.Nullable;

/**
 * A compaction that is running. It is equal to itself only.
 *
 * <p><b>Threads:</b> any.
 */
final class RunningCompaction {
  private final KeyspaceTree tree;
  private final CompactionChoice choice;
  private final long startedMs;
  private final long bytes;
  private final long entries;
  private volatile @Nullable CompactionJob job;

  RunningCompaction(KeyspaceTree tree, CompactionChoice choice, long startedMs) {
    this.tree = tree;
    this.choice = choice;
    this.startedMs = startedMs;
    this.bytes = TreeShape.bytes(choice.inputs());
    this.entries = choice.inputs().stream().mapToLong(TableMeta::entryCount).sum();
  }

  KeyspaceTree tree() {
    return tree;
  }

  CompactionChoice choice() {
    return choice;
  }

  /** Sets the job that carries out the choice. */
  void setJob(CompactionJob newJob) {
    job = newJob;
  }

  StoreStats.CompactionStats status() {
    CompactionJob known = job;
    long done = known == null ? 0 : known.entriesDone();
    int from = choice.inputs().stream().mapToInt(TableMeta::level).min().orElse(0);
    int to = from;
    String reason = "";
    switch (choice) {
      case CompactionChoice.Merge merge -> {
        to = merge.outputLevel();
        reason = merge.reason().toString();
      }
      case CompactionChoice.Move move -> {
        to = move.outputLevel();
        reason = move.reason().toString();
      }
      case CompactionChoice.Drop drop -> reason = drop.reason().toString();
      case CompactionChoice.None none -> {}
    }
    return new StoreStats.CompactionStats(
        tree.name(),
        from,
        to,
        reason,
        choice.inputs().size(),
        bytes,
        entries == 0 ? 0 : (long) ((double) bytes * Math.min(done, entries) / entries),
        startedMs);
  }
}

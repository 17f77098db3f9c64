package io.apexstore.engine.compaction;

import io.apexstore.engine.base.RangeTombstones;
import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Merges tables into a level.
 *
 * <p>A table of which a range that was deleted hides everything is not read: it goes with the rest
 * of the inputs. That is so only where the deletion is not newer than any version that must go on
 * looking as it does.
 *
 * <p>Damage in an input ends it with {@code CORRUPTION}; the inputs stay where they are, so that
 * nothing is lost and the keys of the damaged block go on answering that they are damaged.
 *
 * <p><b>Threads:</b> one thread runs it, once. Jobs that share no table may run at once.
 */
public final class CompactionJob extends TableJob {
  private final CompactionChoice.Merge choice;
  private final long tableBytesTarget;

  /** Prepares a merge. Its tables must stay in the keyspace's current version until it has run. */
  public CompactionJob(
      JobComponents components,
      int keyspaceId,
      CompactionChoice.Merge choice,
      CompactionOptions options) {
    super(components, keyspaceId, choice.outputLevel());
    this.choice = choice;
    this.tableBytesTarget = options.tableBytesTarget();
  }

  /**
   * Writes the merged tables and installs them.
   *
   * @param installed see {@link io.apexstore.engine.version.VersionSet#logAndApply}
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} for damaged inputs, {@code
   *     DISK_FULL} or {@code STORAGE_FAILED}: nothing has changed
   * @throws java.util.concurrent.CancellationException if the store is closing: nothing has changed
   */
  public JobStats run(Runnable installed) {
    Version version = components().versions().retainCurrent(keyspaceId());
    try {
      RangeTombstones ranges = version.deletedRanges(choice.inputs());
      long[] visible = components().snapshots().visible();
      Predicate<TableMeta> isRead = table -> !isHidden(table, ranges, visible[0]);
      KeysBelow below = KeysBelow.level(version.shape(), choice.outputLevel());
      try (InternalIterator source = source(version, isRead)) {
        EntryFilter filter = new EntryFilter(visible, below, ranges);
        return run(source, filter, tableBytesTarget, choice.inputs(), installed);
      }
    } finally {
      version.release();
    }
  }

  /** Carries out a move, which writes nothing but the edit. */
  public static void move(
      JobComponents components, CompactionChoice.Move choice, Runnable installed) {
    VersionEdit.Builder edit = VersionEdit.builder();
    choice.tables().forEach(table -> edit.moveTable(table, choice.outputLevel()));
    components.versions().logAndApply(edit.build(), installed);
  }

  @Override
  boolean isCancellable() {
    return true;
  }

  @Override
  VersionEdit edit(List<TableMeta> outputs) {
    VersionEdit.Builder edit = VersionEdit.builder();
    choice.inputs().forEach(edit::removeTable);
    outputs.forEach(edit::addTable);
    return edit.build();
  }

  private static boolean isHidden(TableMeta table, RangeTombstones ranges, long oldestVisible) {
    return ranges.hide(table.smallestKey(), table.largestKey(), table.maxVersion(), oldestVisible);
  }

  private InternalIterator source(Version version, Predicate<TableMeta> isRead) {
    List<TableMeta> upper = choice.upper().stream().filter(isRead).toList();
    List<TableMeta> lower = choice.lower().stream().filter(isRead).toList();
    List<InternalIterator> sources = new ArrayList<>();
    if (choice.upper().getFirst().level() == 0) {
      upper.forEach(table -> sources.add(version.allVersions(List.of(table))));
    } else if (!upper.isEmpty()) {
      sources.add(version.allVersions(upper));
    }
    if (!lower.isEmpty()) {
      sources.add(version.allVersions(lower));
    }
    return MergingIterator.allVersions(sources);
  }
}

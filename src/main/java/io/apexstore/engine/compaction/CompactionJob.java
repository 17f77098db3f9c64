package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

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
 * <p><b>Threads:</b> one thread runs it, once; a large merge is cut into ranges of keys, which
 * others may help with. Jobs that share no table may run at once.
 */
public final class CompactionJob extends TableJob {
  // A part is at least so many tables of full size: less is not worth another thread.
  private static final int PART_TABLES_MIN = 2;

  private final CompactionChoice.Merge choice;
  private final CompactionOptions options;
  private final Help help;

  /**
   * What else a merge may work with.
   *
   * @param partsMax the most parts that it is cut into
   * @param runner where they run
   * @param filter a rule of the user's for what stays, followed while no snapshot is open; null:
   *     everything stays
   */
  public record Help(int partsMax, SubcompactionRunner runner, @Nullable UserFilter filter) {
    /** Nothing. */
    public static final Help NONE = new Help(1, SubcompactionRunner.INLINE, null);
  }

  /** Prepares a merge. Its tables must stay in the keyspace's current version until it has run. */
  public CompactionJob(
      JobComponents components,
      int keyspaceId,
      CompactionChoice.Merge choice,
      CompactionOptions options,
      Help help) {
    super(components, keyspaceId, choice.outputLevel());
    this.choice = choice;
    this.options = options;
    this.help = help;
  }

  /** Prepares a merge that is done in one piece. */
  public CompactionJob(
      JobComponents components,
      int keyspaceId,
      CompactionChoice.Merge choice,
      CompactionOptions options) {
    this(components, keyspaceId, choice, options, Help.NONE);
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
    List<Part> parts = new ArrayList<>();
    try {
      RangeTombstones ranges = version.deletedRanges(choice.inputs());
      long[] visible = components().snapshots().visible();
      Predicate<TableMeta> isRead = table -> !isHidden(table, ranges, visible[0]);
      // What a snapshot sees it goes on seeing; one that is opened later is not known here.
      UserFilter rule = components().snapshots().size() == 0 ? help.filter() : null;
      // Of level 0 every table is a sorted run of its own.
      boolean isRun = choice.outputLevel() == 0;
      List<byte[]> cuts =
          isRun
              ? List.of()
              : Subcompactions.cuts(
                  choice.inputs(), help.partsMax(), PART_TABLES_MIN * options.tableBytesTarget());
      for (int i = 0; i <= cuts.size(); i++) {
        // What level 0 holds besides may be older than the result: it counts as below.
        LowerLevels below =
            isRun
                ? LowerLevels.anything()
                : LowerLevels.level(version.shape(), choice.outputLevel());
        byte[] from = i == 0 ? null : cuts.get(i - 1);
        byte[] to = i == cuts.size() ? null : cuts.get(i);
        EntryFilter filter = new EntryFilter(visible, below, ranges.clip(from, to));
        parts.add(new Part(source(version, isRead), filter, from, to, rule));
      }
      return run(
          parts,
          help.runner(),
          isRun ? Long.MAX_VALUE : options.tableBytesTarget(),
          choice.inputs(),
          installed);
    } finally {
      parts.forEach(part -> part.source().close());
      version.release();
    }
  }

  /** What it merges. */
  public CompactionChoice.Merge choice() {
    return choice;
  }

  /**
   * Carries out a drop: the tables go, and nothing else is written.
   *
   * @return whether it was done; not if somebody came to read an older version meanwhile
   */
  public static boolean drop(
      JobComponents components, CompactionChoice.Drop choice, Runnable installed) {
    long[] visible = components.snapshots().visible();
    if (visible[0] < choice.hiddenAt()) {
      return false;
    }
    VersionEdit.Builder edit = VersionEdit.builder();
    choice.tables().forEach(edit::removeTable);
    edit.readableSince(visible[visible.length - 1]);
    components.versions().logAndApply(edit.build(), installed);
    return true;
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
    return ranges.coverRange(
        table.smallestKey(), table.largestKey(), table.maxVersion(), oldestVisible);
  }

  // Newer sources first; every level below 0 is one, and so is each table of level 0.
  private InternalIterator source(Version version, Predicate<TableMeta> isRead) {
    TreeMap<Integer, List<TableMeta>> levels = new TreeMap<>();
    for (TableMeta table : choice.inputs()) {
      if (isRead.test(table)) {
        levels.computeIfAbsent(table.level(), level -> new ArrayList<>()).add(table);
      }
    }
    List<InternalIterator> sources = new ArrayList<>();
    levels.forEach(
        (level, tables) -> {
          if (level == 0) {
            tables.forEach(table -> sources.add(version.allVersions(List.of(table))));
          } else {
            sources.add(version.allVersions(tables));
          }
        });
    return MergingIterator.allVersions(sources);
  }
}

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
 * Carries out a {@link CompactionChoice}: merges tables into a level, moves them or drops them.
 *
 * <p>A merge does not read an input that a range tombstone hides completely; the table is removed
 * with the other inputs. This holds only where the tombstone is not newer than the oldest version
 * that a reader may read at.
 *
 * <p>Damage in an input ends a merge with {@code CORRUPTION}. The inputs stay where they are, so
 * nothing is lost, and reads of keys in the damaged block keep failing with that error.
 *
 * <p><b>Threads:</b> one thread runs a job, once. A large merge is split into {@link
 * Subcompactions} that other threads may run. Jobs that share no table may run at the same time.
 */
public final class CompactionJob extends TableJob {
  // A subcompaction has at least this many tables of full size: less is not worth another thread.
  private static final int SUBCOMPACTION_TABLES_MIN = 2;

  private final int keyspaceId;
  private final CompactionChoice.Merge choice;
  private final Settings settings;

  /**
   * How a merge is carried out.
   *
   * @param tableBytesTarget size in bytes at which an output table below level 0 is ended
   * @param subcompactionsMax the most subcompactions that it is split into
   * @param runner runs the subcompactions
   * @param userFilter the user's rule for which values stay, applied while no snapshot is open;
   *     null: all stay
   */
  public record Settings(
      long tableBytesTarget,
      int subcompactionsMax,
      SubcompactionRunner runner,
      @Nullable UserFilter userFilter) {}

  /** Prepares a merge. Its inputs must stay in the keyspace's current version until it has run. */
  public CompactionJob(
      JobComponents components, int keyspaceId, CompactionChoice.Merge choice, Settings settings) {
    super(components, choice.outputLevel());
    this.keyspaceId = keyspaceId;
    this.choice = choice;
    this.settings = settings;
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
    Version version = components().versions().retainCurrent(keyspaceId);
    List<Subcompaction> subcompactions = new ArrayList<>();
    try {
      RangeTombstones tombstones = version.rangeTombstones(choice.inputs());
      long[] visible = components().snapshots().visible();
      Predicate<TableMeta> isRead = table -> !isHidden(table, tombstones, visible[0]);
      // An open snapshot keeps what it sees. One that is opened later is not known here.
      UserFilter userFilter = components().snapshots().size() == 0 ? settings.userFilter() : null;
      // Each table of level 0 is a sorted run of its own.
      boolean isSingleTable = choice.outputLevel() == 0;
      List<byte[]> borders =
          isSingleTable
              ? List.of()
              : Subcompactions.borders(
                  choice.inputs(),
                  settings.subcompactionsMax(),
                  SUBCOMPACTION_TABLES_MIN * settings.tableBytesTarget());
      for (int i = 0; i <= borders.size(); i++) {
        // Other tables of level 0 may be older than the result: they count as lower levels.
        LowerLevels lowerLevels =
            isSingleTable
                ? LowerLevels.UNKNOWN
                : LowerLevels.below(choice.outputLevel(), version.shape());
        byte[] from = i == 0 ? null : borders.get(i - 1);
        byte[] to = i == borders.size() ? null : borders.get(i);
        EntryFilter filter = new EntryFilter(visible, lowerLevels, tombstones.clip(from, to));
        subcompactions.add(
            new Subcompaction(keyspaceId, source(version, isRead), filter, from, to, userFilter));
      }
      return run(
          subcompactions,
          settings.runner(),
          isSingleTable ? Long.MAX_VALUE : settings.tableBytesTarget(),
          choice.inputs(),
          installed);
    } finally {
      subcompactions.forEach(subcompaction -> subcompaction.source().close());
      version.release();
    }
  }

  /**
   * Carries out a drop. Nothing but the edit is written.
   *
   * @return false if the tables were not dropped, since a reader came meanwhile that may read at a
   *     version at which they are not hidden
   */
  public static boolean drop(
      JobComponents components, CompactionChoice.Drop choice, Runnable installed) {
    long[] visible = components.snapshots().visible();
    if (visible[0] < choice.hiddenAt()) {
      return false;
    }
    VersionEdit.Builder edit = VersionEdit.builder();
    choice.inputs().forEach(edit::removeTable);
    edit.readableSince(visible[visible.length - 1]);
    components.versions().logAndApply(edit.build(), installed);
    return true;
  }

  /** Carries out a move. Nothing but the edit is written. */
  public static void move(
      JobComponents components, CompactionChoice.Move choice, Runnable installed) {
    VersionEdit.Builder edit = VersionEdit.builder();
    choice.inputs().forEach(table -> edit.moveTable(table, choice.outputLevel()));
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

  private static boolean isHidden(TableMeta table, RangeTombstones tombstones, long oldestVisible) {
    return tombstones.coverRange(
        table.smallestKey(), table.largestKey(), table.maxVersion(), oldestVisible);
  }

  // Newer sources first. Every level below level 0 is one source, and so is each table of level 0.
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

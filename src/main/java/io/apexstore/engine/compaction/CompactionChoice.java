package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;

/** What to do next for a tree. {@code toString} draws it. */
public sealed interface CompactionChoice {
  /** Nothing, or nothing until a compaction under way has ended. */
  static CompactionChoice none() {
    return new None();
  }

  /** The tables it takes part of; they are busy until it has been carried out. */
  default List<TableMeta> inputs() {
    return List.of();
  }

  /** Nothing to do. */
  record None() implements CompactionChoice {
    @Override
    public String toString() {
      return "nothing\n";
    }
  }

  /**
   * Merge tables into one level.
   *
   * @param upper tables of levels above the output, or of the output level itself where tables are
   *     rewritten in their place
   * @param lower the tables of the output level that overlap them
   * @param outputLevel the level that the result belongs to
   * @param reason why
   */
  record Merge(List<TableMeta> upper, List<TableMeta> lower, int outputLevel, Reason reason)
      implements CompactionChoice {
    /** Copies the lists. */
    public Merge {
      upper = List.copyOf(upper);
      lower = List.copyOf(lower);
    }

    @Override
    public List<TableMeta> inputs() {
      List<TableMeta> inputs = new ArrayList<>(upper);
      inputs.addAll(lower);
      return inputs;
    }

    @Override
    public String toString() {
      return "merge into level " + outputLevel + ": " + reason + '\n' + draw(upper) + draw(lower);
    }
  }

  /**
   * Give tables another level without rewriting them: nothing there overlaps them.
   *
   * @param tables tables of one level
   * @param outputLevel the level below
   * @param reason why
   */
  record Move(List<TableMeta> tables, int outputLevel, Reason reason) implements CompactionChoice {
    /** Copies the list. */
    public Move {
      tables = List.copyOf(tables);
    }

    @Override
    public List<TableMeta> inputs() {
      return tables;
    }

    @Override
    public String toString() {
      return "move to level " + outputLevel + ": " + reason + '\n' + draw(tables);
    }
  }

  /**
   * Let tables go with all that is in them: nobody can see any of it any more.
   *
   * @param tables the oldest of the tree
   * @param hiddenAt at this version and all later ones, everything in them is hidden
   * @param reason why
   */
  record Drop(List<TableMeta> tables, long hiddenAt, Reason reason) implements CompactionChoice {
    /** Copies the list. */
    public Drop {
      tables = List.copyOf(tables);
    }

    @Override
    public List<TableMeta> inputs() {
      return tables;
    }

    @Override
    public String toString() {
      return "drop: " + reason + '\n' + draw(tables);
    }
  }

  /** Why a compaction is due. */
  enum Reason {
    /** Level 0 has too many tables. */
    LEVEL_0_COUNT("level 0 is full"),
    /** A level holds more than it may. */
    LEVEL_SIZE("the level above is too large"),
    /** There are several sorted runs of like size. */
    RUNS("runs of like size"),
    /** What stands above the last run is much beside it. */
    LAST_RUN("much above the last run"),
    /** There are many small tables. */
    SMALL_TABLES("small tables"),
    /** What is in a table was deleted for its age, or to make room. */
    FIRST_IN_FIRST_OUT("first in, first out"),
    /** What has expired was deleted above. */
    EXPIRED("deletions of what expired below"),
    /** A table holds many deletions. */
    TOMBSTONES("many deletions"),
    /** Nobody writes, and what stands above the last level takes much room. */
    SPACE("room to be had while nobody writes"),
    /** A table is encrypted with a key that was replaced. */
    OLD_KEY("an older key"),
    /** Somebody asked for it. */
    MANUAL("asked for");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static String draw(List<TableMeta> tables) {
    StringBuilder text = new StringBuilder();
    for (TableMeta table : tables) {
      text.append("  level ").append(table.level()).append(", ");
      text.append(TreeShape.draw(table)).append('\n');
    }
    return text.toString();
  }
}

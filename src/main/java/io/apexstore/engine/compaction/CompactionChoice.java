package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.List;

/**
 * The next compaction of a tree. {@code toString} draws it.
 *
 * <p><b>Threads:</b> any; immutable.
 */
public sealed interface CompactionChoice {
  /** Returns nothing to do, or nothing until a running compaction has ended. */
  static CompactionChoice none() {
    return new None();
  }

  /** Returns a merge of one table into its own level: it is written again without dead entries. */
  static CompactionChoice rewrite(TableMeta table, Reason reason) {
    return new Merge(List.of(table), table.level(), reason);
  }

  /** Whether there is nothing to do. */
  default boolean isNone() {
    return this instanceof None;
  }

  /** The tables that it reads, moves or drops. They are busy until it has been carried out. */
  List<TableMeta> inputs();

  /** Nothing to do. */
  record None() implements CompactionChoice {
    @Override
    public List<TableMeta> inputs() {
      return List.of();
    }

    @Override
    public String toString() {
      return "nothing\n";
    }
  }

  /**
   * Tables are merged into one level.
   *
   * @param inputs of each level, tables in the tree's order; a table of the output level that
   *     overlaps another input is an input too
   * @param outputLevel the level of the result
   * @param reason why it is due
   */
  record Merge(List<TableMeta> inputs, int outputLevel, Reason reason) implements CompactionChoice {
    /** Copies the list. */
    public Merge {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return "merge into level " + outputLevel + ": " + reason + '\n' + draw(inputs);
    }
  }

  /**
   * Tables get another level without being rewritten: they overlap no table of that level.
   *
   * @param inputs tables that do not overlap each other
   * @param outputLevel their new level
   * @param reason why it is due
   */
  record Move(List<TableMeta> inputs, int outputLevel, Reason reason) implements CompactionChoice {
    /** Copies the list. */
    public Move {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return "move to level " + outputLevel + ": " + reason + '\n' + draw(inputs);
    }
  }

  /**
   * Tables are removed unread: no reader sees any of their entries.
   *
   * @param inputs the oldest tables of the tree
   * @param hiddenAt at this version and all later ones, all their entries are hidden
   * @param reason why it is due
   */
  record Drop(List<TableMeta> inputs, long hiddenAt, Reason reason) implements CompactionChoice {
    /** Copies the list. */
    public Drop {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return "drop: " + reason + '\n' + draw(inputs);
    }
  }

  /** Why a compaction is due. */
  enum Reason {
    /** Level 0 has too many tables. */
    LEVEL_0_COUNT("level 0 is full"),
    /** A level holds more bytes than its target. */
    LEVEL_SIZE("the level above is over its target"),
    /** There are several sorted runs of similar size. */
    SIMILAR_RUNS("runs of similar size"),
    /** The runs above the last one are large next to it. */
    LAST_RUN("too many bytes above the last run"),
    /** There are many small tables. */
    SMALL_TABLES("small tables"),
    /** The oldest entries were deleted for their age or to free space. */
    FIRST_IN_FIRST_OUT("first in, first out"),
    /** A table holds tombstones of expired entries. */
    EXPIRED("tombstones of expired entries below"),
    /** A table holds many tombstones. */
    TOMBSTONES("many tombstones"),
    /** No one writes, and the levels above the last one take much space. */
    AT_REST("space to free while no one writes"),
    /** A table is encrypted with a data key that was replaced. */
    OLD_DATA_KEY("older data key"),
    /** The compaction was requested. */
    MANUAL("requested");

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

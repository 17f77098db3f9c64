package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.engine.version.TreeText;
import io.apexstore.options.CompactionStrategy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Scanner;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The trees and the picks stand in {@code picks.txt} and, for trees that are kept as runs, in
 * {@code picks-runs.txt}: each tree drawn, its pick beneath it.
 */
class LeveledPolicyTest {
  /** Level 1 may hold 100 bytes, level 2 1,000, and tables are of 20. */
  private static final CompactionOptions OPTIONS = new CompactionOptions(4, 10, 7, 100, 20, 0.5);

  private static final long SEED = Long.getLong("seed", System.nanoTime());

  /** One tree of the text and what is expected of it. */
  record Case(
      String title,
      CompactionStrategy strategy,
      Set<Long> busy,
      long visible,
      boolean atRest,
      long askedUpTo,
      long keyEpoch,
      long nowMs,
      KeySpan span,
      Map<Long, Long> hidden,
      List<String> tree,
      String pick) {
    @Override
    public String toString() {
      return title;
    }

    static Case parse(String text) {
      List<String> lines = text.strip().lines().toList();
      CompactionStrategy strategy = CompactionStrategy.LEVELED;
      Set<Long> busy = new HashSet<>();
      Map<Long, Long> hidden = new HashMap<>();
      KeySpan span = KeySpan.ALL;
      long nowMs = Long.MIN_VALUE;
      long visible = Long.MAX_VALUE;
      boolean atRest = false;
      long asked = -1;
      long keyEpoch = 0;
      int at = 1;
      for (; !lines.get(at).startsWith("level") && !lines.get(at).equals("empty"); at++) {
        String line = lines.get(at);
        if (line.startsWith("busy ")) {
          new Scanner(line.substring(5)).tokens().map(Long::valueOf).forEach(busy::add);
        } else if (line.startsWith("oldest reader at ")) {
          visible = Long.parseLong(line.substring(17));
        } else if (line.startsWith("keys from epoch ")) {
          keyEpoch = Long.parseLong(line.substring(16));
        } else if (line.startsWith("strategy ")) {
          strategy = Objects.requireNonNull(CompactionStrategy.named(line.substring(9)));
        } else if (line.startsWith("now ")) {
          nowMs = Long.parseLong(line.substring(4, line.length() - 3));
        } else if (line.startsWith("keys from ")) {
          String[] ends = line.substring(10).split(" to below ", -1);
          span =
              new KeySpan(
                  ends[0].getBytes(StandardCharsets.US_ASCII),
                  ends[1].getBytes(StandardCharsets.US_ASCII));
        } else if (line.startsWith("hidden at ")) {
          String[] parts = line.substring(10).split(": ", -1);
          new Scanner(parts[1])
              .tokens()
              .forEach(id -> hidden.put(Long.valueOf(id), Long.valueOf(parts[0])));
        } else if (line.equals("at rest")) {
          atRest = true;
        } else {
          assertTrue(line.startsWith("asked for up to "), line);
          asked = Long.parseLong(line.substring(16));
        }
      }
      int pick = lines.indexOf("pick:");
      String expected = String.join("\n", lines.subList(pick + 1, lines.size())) + '\n';
      return new Case(
          lines.getFirst(),
          strategy,
          busy,
          visible,
          atRest,
          asked,
          keyEpoch,
          nowMs,
          span,
          hidden,
          lines.subList(at, pick),
          expected);
    }
  }

  static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (String file : List.of("picks.txt", "picks-runs.txt")) {
      try (InputStream in =
          Objects.requireNonNull(LeveledPolicyTest.class.getResourceAsStream(file))) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        new Scanner(text).useDelimiter("\n----\n").tokens().map(Case::parse).forEach(cases::add);
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void picks(Case given) {
    TreeShape tree = TreeText.parse(given.tree());
    assertEquals(String.join("\n", given.tree()) + '\n', tree.toString());
    assertEquals(given.pick(), pick(given, tree).toString());
  }

  @Test
  void automaticPicksComeToAnEndWithNothingPending() {
    for (int round = 0; round < 200; round++) {
      Random random = new Random(SEED + round);
      List<TableMeta> tables = randomTree(random);
      CompactionChoice choice = pick(tables);
      int steps = 0;
      while (!choice.equals(CompactionChoice.none())) {
        checkChoice(choice, TreeShape.of(tables));
        tables = carriedOut(tables, choice, 10_000L + steps);
        choice = pick(tables);
        assertTrue(steps++ < 1000, "seed " + (SEED + round));
      }
      TreeShape tree = TreeShape.of(tables);
      assertTrue(tree.level(0).size() < OPTIONS.level0Threshold(), "seed " + (SEED + round));
      assertEquals(0, LeveledPolicy.pendingBytes(tree, OPTIONS), "seed " + (SEED + round));
    }
  }

  @Test
  void atRestLittleStaysAboveTheLastLevel() {
    for (int round = 0; round < 200; round++) {
      Random random = new Random(SEED + round);
      List<TableMeta> tables = randomTree(random);
      CompactionChoice choice = atRest(tables);
      int steps = 0;
      while (!choice.equals(CompactionChoice.none())) {
        checkChoice(choice, TreeShape.of(tables));
        tables = carriedOut(tables, choice, 10_000L + steps);
        choice = atRest(tables);
        assertTrue(steps++ < 1000, "seed " + (SEED + round));
      }
      TreeShape tree = TreeShape.of(tables);
      long last = tree.levelBytes(tree.levelCount() - 1);
      assertTrue(TreeShape.bytes(tables) - last <= last / 10, "seed " + (SEED + round));
    }
  }

  @Test
  void askedForPicksEndWithOneLevel() {
    for (int round = 0; round < 200; round++) {
      Random random = new Random(SEED + round);
      List<TableMeta> tables = randomTree(random);
      CompactionChoice choice = manual(tables);
      int steps = 0;
      while (!choice.equals(CompactionChoice.none())) {
        checkChoice(choice, TreeShape.of(tables));
        tables = carriedOut(tables, choice, 10_000L + steps);
        choice = manual(tables);
        assertTrue(steps++ < 1000, "seed " + (SEED + round));
      }
      assertEquals(
          1, tables.stream().map(TableMeta::level).distinct().count(), "seed " + (SEED + round));
      assertTrue(
          tables.stream().allMatch(table -> table.tombstoneCount() == 0), "seed " + (SEED + round));
    }
  }

  private static CompactionChoice pick(Case given, TreeShape tree) {
    CompactionOptions options = OPTIONS.withStrategy(given.strategy());
    if (given.askedUpTo() >= 0) {
      return LeveledPolicy.pickManual(
          tree, options, given.busy(), given.visible(), given.askedUpTo(), given.span());
    }
    if (given.keyEpoch() > 0) {
      return LeveledPolicy.pickOldKeys(tree, options, given.busy(), given.keyEpoch());
    }
    if (!given.hidden().isEmpty()) {
      return FifoPolicy.pickDrop(tree, given.hidden(), given.busy(), given.visible());
    }
    return given.atRest()
        ? LeveledPolicy.pickAtRest(tree, options, given.busy(), given.visible(), given.nowMs())
        : LeveledPolicy.pick(tree, options, given.busy(), given.visible(), given.nowMs());
  }

  private static CompactionChoice pick(List<TableMeta> tables) {
    return LeveledPolicy.pick(
        TreeShape.of(tables), OPTIONS, Set.of(), Long.MAX_VALUE, Long.MAX_VALUE);
  }

  private static CompactionChoice atRest(List<TableMeta> tables) {
    return LeveledPolicy.pickAtRest(
        TreeShape.of(tables), OPTIONS, Set.of(), Long.MAX_VALUE, Long.MAX_VALUE);
  }

  private static CompactionChoice manual(List<TableMeta> tables) {
    return LeveledPolicy.pickManual(
        TreeShape.of(tables), OPTIONS, Set.of(), Long.MAX_VALUE, Long.MAX_VALUE, KeySpan.ALL);
  }

  /**
   * What must hold of any choice, so that no reader ever sees an older entry before a newer one.
   */
  private static void checkChoice(CompactionChoice choice, TreeShape tree) {
    if (choice instanceof CompactionChoice.Merge merge) {
      for (TableMeta table : merge.upper()) {
        List<TableMeta> overlapped =
            tree.overlapping(merge.outputLevel(), table.smallestKey(), table.largestKey());
        overlapped.removeAll(merge.upper());
        assertTrue(merge.lower().containsAll(overlapped), "seed " + SEED);
        if (table.level() == 0) {
          assertTrue(
              merge
                  .upper()
                  .containsAll(tree.overlapping(0, table.smallestKey(), table.largestKey())),
              "seed " + SEED);
        }
      }
    } else if (choice instanceof CompactionChoice.Move move) {
      for (TableMeta table : move.tables()) {
        assertTrue(
            tree.overlapping(move.outputLevel(), table.smallestKey(), table.largestKey()).isEmpty(),
            "seed " + SEED);
      }
    }
  }

  /** Carries a choice out on descriptions only: a merge gives one table without tombstones. */
  private static List<TableMeta> carriedOut(
      List<TableMeta> tables, CompactionChoice choice, long fileId) {
    List<TableMeta> after = new ArrayList<>(tables);
    after.removeAll(choice.inputs());
    switch (choice) {
      case CompactionChoice.Move move ->
          move.tables().forEach(table -> after.add(table.atLevel(move.outputLevel())));
      case CompactionChoice.Merge merge -> after.add(merged(merge, fileId));
      case CompactionChoice.Drop drop -> {}
      case CompactionChoice.None none -> {}
    }
    return after;
  }

  private static TableMeta merged(CompactionChoice.Merge merge, long fileId) {
    TableMeta first = merge.inputs().getFirst();
    byte[] smallest = first.smallestKey();
    byte[] largest = first.largestKey();
    for (TableMeta table : merge.inputs()) {
      smallest =
          TreeShape.compare(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
      largest = TreeShape.compare(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
    }
    long bytes = TreeShape.bytes(merge.inputs());
    return new TableMeta(
        fileId, bytes, 1, merge.outputLevel(), smallest, largest, 1, 100, 100, 0, 0);
  }

  private static List<TableMeta> randomTree(Random random) {
    List<TableMeta> tables = new ArrayList<>();
    long fileId = 1;
    for (int i = random.nextInt(8); i > 0; i--) {
      int from = random.nextInt(900);
      tables.add(randomTable(random, fileId++, 0, from, from + random.nextInt(100)));
    }
    for (int level = 1; level < 4; level++) {
      int key = random.nextInt(50);
      while (key < 900 && random.nextInt(40) > 0) {
        int to = key + random.nextInt(30);
        tables.add(randomTable(random, fileId++, level, key, to));
        key = to + 1 + random.nextInt(30);
      }
    }
    if (tables.isEmpty()) {
      tables.add(randomTable(random, fileId, 0, 1, 2));
    }
    return tables;
  }

  private static TableMeta randomTable(Random random, long fileId, int level, int from, int to) {
    return new TableMeta(
        fileId,
        1 + random.nextInt(40),
        1,
        level,
        key(from),
        key(to),
        1,
        1 + random.nextInt(100),
        100,
        random.nextInt(3) == 0 ? random.nextInt(100) : 0,
        random.nextInt(3) == 0 ? 1 + random.nextInt(100) : 0);
  }

  private static byte[] key(int number) {
    return String.format("%03d", number).getBytes(StandardCharsets.US_ASCII);
  }
}

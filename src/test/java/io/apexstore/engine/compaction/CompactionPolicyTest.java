package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.Scanner;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The picks of all strategies. Each strategy has a text table, {@code picks-leveled.txt} and so on,
 * in which each tree is drawn with its pick below it.
 */
class CompactionPolicyTest {
  /** Level 1 may hold 100 bytes, level 2 1,000, and tables are of 20. */
  static final CompactionOptions OPTIONS =
      new CompactionOptions(
          /* level0Threshold= */ 4,
          /* sizeRatio= */ 10,
          /* maxLevels= */ 7,
          /* baseLevelBytes= */ 100,
          /* tableBytesTarget= */ 20,
          /* tombstoneShare= */ 0.5);

  /** What is picked. */
  private enum Call {
    PICK,
    AT_REST,
    MANUAL,
    OLD_TABLES,
    DROP
  }

  /** A tree of a text table, with the conditions above it and the pick below it. */
  static final class Case {
    private final String title;
    private final CompactionPolicy policy;
    private Call call = Call.PICK;
    private final Set<Long> busy = new HashSet<>();
    private final Map<Long, Long> hiddenAt = new HashMap<>();
    private long oldestVisible = Long.MAX_VALUE;
    private long nowMs = Long.MIN_VALUE;
    private long upToVersion;
    private byte @Nullable [] from;
    private byte @Nullable [] to;
    private long dataKeyEpoch;
    private final List<String> tree;
    private final String pick;

    Case(CompactionStrategy strategy, String text) {
      policy = CompactionPolicy.of(strategy, OPTIONS);
      List<String> lines = text.strip().lines().toList();
      title = strategy + ": " + lines.getFirst();
      int at = 1;
      for (; !lines.get(at).startsWith("level") && !lines.get(at).equals("empty"); at++) {
        readCondition(lines.get(at));
      }
      int pickAt = lines.indexOf("pick:");
      tree = lines.subList(at, pickAt);
      pick = String.join("\n", lines.subList(pickAt + 1, lines.size())) + '\n';
    }

    private void readCondition(String line) {
      if (line.startsWith("busy ")) {
        ids(line.substring(5)).forEach(busy::add);
      } else if (line.startsWith("oldest reader at ")) {
        oldestVisible = Long.parseLong(line.substring(17));
      } else if (line.startsWith("now ")) {
        nowMs = Long.parseLong(line.substring(4, line.length() - 3));
      } else if (line.startsWith("data keys from epoch ")) {
        call = Call.OLD_TABLES;
        dataKeyEpoch = Long.parseLong(line.substring(21));
      } else if (line.startsWith("hidden at ")) {
        call = Call.DROP;
        String[] versionAndTables = line.substring(10).split(": ", -1);
        long version = Long.parseLong(versionAndTables[0]);
        ids(versionAndTables[1]).forEach(id -> hiddenAt.put(id, version));
      } else if (line.startsWith("keys from ")) {
        String[] bounds = line.substring(10).split(" up to ", -1);
        from = bounds[0].getBytes(StandardCharsets.US_ASCII);
        to = bounds[1].getBytes(StandardCharsets.US_ASCII);
      } else if (line.equals("at rest")) {
        call = Call.AT_REST;
      } else {
        assertTrue(line.startsWith("requested up to version "), line);
        call = Call.MANUAL;
        upToVersion = Long.parseLong(line.substring(24));
      }
    }

    private static List<Long> ids(String text) {
      return new Scanner(text).tokens().map(Long::valueOf).toList();
    }

    CompactionChoice pick(TreeShape shape) {
      TreeState state = new TreeState(shape, busy, oldestVisible, nowMs);
      return switch (call) {
        case PICK -> policy.pick(state);
        case AT_REST -> policy.pickAtRest(state);
        case MANUAL -> policy.pickManual(state, new CompactionRequest(upToVersion, from, to));
        case OLD_TABLES -> policy.pickOldTables(state, dataKeyEpoch);
        case DROP -> policy.pickDrop(state, hiddenAt);
      };
    }

    @Override
    public String toString() {
      return title;
    }
  }

  static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (CompactionStrategy strategy : CompactionStrategy.values()) {
      String file = "picks-" + strategy + ".txt";
      try (InputStream in =
          Objects.requireNonNull(CompactionPolicyTest.class.getResourceAsStream(file), file)) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        new Scanner(text)
            .useDelimiter("\n----\n")
            .tokens()
            .map(each -> new Case(strategy, each))
            .forEach(cases::add);
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void picks(Case given) {
    TreeShape tree = TreeText.parse(given.tree);
    assertEquals(String.join("\n", given.tree) + '\n', tree.toString());
    assertEquals(given.pick, given.pick(tree).toString());
  }

  @Test
  void pressureIsMeasuredByTheStrategy() {
    TreeShape tree =
        TreeText.parse(
            List.of(
                "level 0",
                "  5: \"a\" … \"f\", versions 71–80, 20 bytes",
                "  4: \"a\" … \"f\", versions 61–70, 20 bytes",
                "  3: \"a\" … \"f\", versions 51–60, 20 bytes",
                "  2: \"a\" … \"f\", versions 41–50, 20 bytes",
                "  1: \"a\" … \"f\", versions 1–40, 500 bytes"));
    CompactionPolicy leveled = CompactionPolicy.of(CompactionStrategy.LEVELED, OPTIONS);
    assertEquals(new CompactionPolicy.Pressure(5, 1_060), leveled.pressure(tree));
    assertEquals(1_060, leveled.pendingBytes(tree));
    CompactionPolicy tiered = CompactionPolicy.of(CompactionStrategy.TIERED, OPTIONS);
    assertEquals(new CompactionPolicy.Pressure(4, 0), tiered.pressure(tree));
    assertEquals(80, tiered.pendingBytes(tree));
    CompactionPolicy fifo = CompactionPolicy.of(CompactionStrategy.FIFO, OPTIONS);
    assertEquals(new CompactionPolicy.Pressure(0, 0), fifo.pressure(tree));
    assertEquals(0, fifo.pendingBytes(tree));
  }
}

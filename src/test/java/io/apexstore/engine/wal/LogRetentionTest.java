package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.wal.LogRetention.Choice;
import io.apexstore.engine.wal.LogRetention.Closed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases are in {@code retention.txt}; its header explains the format. */
class LogRetentionTest {
  private static final long NOW = 1000;

  static Stream<String> cases() throws IOException {
    return LogDumpTest.resource("retention.txt")
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theDecisionIsThatOfTheTable(String line) {
    List<String> columns = List.of(line.split("\\|", -1));
    assertTrue(columns.size() == 5 || columns.size() == 7, line);
    boolean held = columns.size() == 7;
    List<Closed> closed = new ArrayList<>();
    for (String segment : List.of(columns.get(0).trim().split("\\s+"))) {
      if (!segment.equals("-")) {
        List<String> parts = List.of(segment.split(":"));
        closed.add(
            new Closed(
                Long.parseLong(parts.get(0)),
                Long.parseLong(parts.get(1)),
                Long.parseLong(parts.get(2)),
                NOW - Long.parseLong(parts.get(3))));
      }
    }
    Choice choice =
        LogRetention.choose(
            closed,
            Long.parseLong(columns.get(1).trim()),
            Long.parseLong(columns.get(2).trim()),
            Long.parseLong(columns.get(3).trim()),
            NOW,
            held ? Long.parseLong(columns.get(4).trim()) : Long.MAX_VALUE,
            held ? Long.parseLong(columns.get(5).trim()) : 0);
    assertEquals(columns.getLast().trim(), text(choice), line);
  }

  private static String text(Choice choice) {
    return switch (choice) {
      case Choice.Keep keep -> "keep: " + keep.reason();
      case Choice.Drop drop ->
          "drop "
              + String.join(" ", drop.fileIds().stream().map(String::valueOf).toList())
              + ": "
              + drop.reason();
    };
  }

  @Test
  void theTableIsNotEmpty() throws IOException {
    assertTrue(cases().count() >= 20);
  }
}

package io.apexstore.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {
  private static final int HISTORIES = 200;

  @Test
  void anEmptyHistoryIsLinearizable() {
    assertTrue(Linearizability.holds(List.of()));
  }

  @Test
  void histories() {
    // One after another.
    assertTrue(
        Linearizability.holds(
            List.of(HistoryOperation.put("a", 0, 1), HistoryOperation.get("a", 2, 3))));
    // A get that overlaps a put sees it or not.
    assertTrue(
        Linearizability.holds(
            List.of(HistoryOperation.put("a", 0, 3), HistoryOperation.get("a", 1, 2))));
    assertTrue(
        Linearizability.holds(
            List.of(HistoryOperation.put("a", 0, 3), HistoryOperation.get(null, 1, 2))));
    // A get of a value whose put has no response.
    assertTrue(
        Linearizability.holds(
            List.of(
                HistoryOperation.put("a", 0, 1).unanswered(), HistoryOperation.get("a", 5, 6))));
    assertTrue(
        Linearizability.holds(
            List.of(
                HistoryOperation.put("a", 0, 1).unanswered(), HistoryOperation.get(null, 5, 6))));
    // Two of three overlapping compare-and-sets.
    assertTrue(
        Linearizability.holds(
            List.of(
                HistoryOperation.compareAndSet(null, "a", true, 0, 9),
                HistoryOperation.compareAndSet("a", "b", true, 0, 9),
                HistoryOperation.compareAndSet(null, "c", false, 0, 9))));
  }

  @Test
  void allTwentyPlantedHistoriesAreRejected() {
    List<List<HistoryOperation>> planted =
        List.of(
            // An acknowledged write that is lost.
            List.of(HistoryOperation.put("a", 0, 1), HistoryOperation.get(null, 2, 3)),
            // A value that was never written.
            List.of(HistoryOperation.get("a", 0, 1)),
            List.of(HistoryOperation.put("a", 0, 1), HistoryOperation.get("b", 2, 3)),
            // A value before it was written.
            List.of(HistoryOperation.get("a", 0, 1), HistoryOperation.put("a", 2, 3)),
            // An older value after a newer one.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.put("b", 2, 3),
                HistoryOperation.get("a", 4, 5)),
            // Seen, then not seen.
            List.of(
                HistoryOperation.put("a", 0, 9),
                HistoryOperation.get("a", 1, 2),
                HistoryOperation.get(null, 3, 4)),
            // Two readers that disagree about the order of two writes.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.put("b", 0, 1),
                HistoryOperation.get("a", 2, 3),
                HistoryOperation.get("b", 4, 5)),
            // A delete that is undone.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.delete(2, 3),
                HistoryOperation.get("a", 4, 5)),
            // A delete that an earlier reader sees and a later one does not.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.delete(2, 9),
                HistoryOperation.get(null, 3, 4),
                HistoryOperation.get("a", 5, 6)),
            // Both of two rivals.
            List.of(
                HistoryOperation.compareAndSet(null, "a", true, 0, 3),
                HistoryOperation.compareAndSet(null, "b", true, 1, 2)),
            // Neither of two rivals.
            List.of(
                HistoryOperation.compareAndSet(null, "a", false, 0, 3),
                HistoryOperation.compareAndSet(null, "b", false, 1, 2)),
            // Refused although the value matched.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.compareAndSet("a", "b", false, 2, 3)),
            // Done although it did not.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.compareAndSet("b", "c", true, 2, 3)),
            // A refused write that is seen.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.compareAndSet("x", "b", false, 2, 3),
                HistoryOperation.get("b", 4, 5)),
            // A lost update.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.compareAndSet("a", "b", true, 2, 9),
                HistoryOperation.compareAndSet("a", "c", true, 2, 9)),
            // A write without a response that is seen, then is not.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.put("b", 2, 3).unanswered(),
                HistoryOperation.get("b", 4, 5),
                HistoryOperation.get("a", 6, 7)),
            // A write without a response that is seen before its invocation.
            List.of(HistoryOperation.get("a", 0, 1), HistoryOperation.put("a", 2, 3).unanswered()),
            // A compare-and-set without a response that takes effect twice.
            List.of(
                HistoryOperation.compareAndSet(null, "a", true, 0, 1).unanswered(),
                HistoryOperation.get("a", 2, 3),
                HistoryOperation.delete(4, 5),
                HistoryOperation.get("a", 6, 7)),
            // A chain with one link missing.
            List.of(
                HistoryOperation.compareAndSet(null, "a", true, 0, 1),
                HistoryOperation.compareAndSet("b", "c", true, 2, 3),
                HistoryOperation.get("c", 4, 5)),
            // A stale read long after, among many others.
            List.of(
                HistoryOperation.put("a", 0, 1),
                HistoryOperation.put("b", 2, 8),
                HistoryOperation.get("b", 3, 4),
                HistoryOperation.get("b", 5, 6),
                HistoryOperation.get("a", 7, 9)));
    assertEquals(20, planted.size());
    for (int i = 0; i < planted.size(); i++) {
      int index = i;
      assertFalse(Linearizability.holds(planted.get(i)), () -> "history " + index);
    }
  }

  @Test
  void aSequentialHistoryIsLinearizableHoweverItsTimesAreStretched() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < HISTORIES; i++) {
      List<HistoryOperation> history = new Real(random).operations(60);
      assertTrue(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  @Test
  void aStaleGetIsAlwaysFound() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < HISTORIES; i++) {
      List<HistoryOperation> history = new ArrayList<>(new Real(random).operations(60));
      long end = history.stream().mapToLong(LinearizabilityTest::knownEnd).max().orElse(0) + 10;
      history.add(HistoryOperation.put("last", end, end + 1));
      history.add(HistoryOperation.get("stale", end + 2, end + 3));
      assertFalse(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  private static long knownEnd(HistoryOperation operation) {
    return operation.returnedAt() == Long.MAX_VALUE
        ? operation.invokedAt()
        : operation.returnedAt();
  }

  /** Calls on a real register, with periods around the moments at which they took effect. */
  private static final class Real {
    private final Random random;
    private @Nullable String value;

    Real(Random random) {
      this.random = random;
    }

    List<HistoryOperation> operations(int count) {
      List<HistoryOperation> operations = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long moment = i * 10L + 1_000;
        operations.add(one(i, moment - random.nextInt(40), moment + random.nextInt(40)));
      }
      return operations;
    }

    private HistoryOperation one(int number, long from, long to) {
      String written = "v" + number;
      return switch (random.nextInt(5)) {
        case 0 -> {
          value = written;
          HistoryOperation put = HistoryOperation.put(written, from, to);
          yield random.nextInt(5) == 0 ? put.unanswered() : put;
        }
        case 1 -> {
          value = null;
          yield HistoryOperation.delete(from, to);
        }
        case 2 -> {
          String expected = random.nextBoolean() ? value : "v" + random.nextInt(number + 1);
          boolean done = Objects.equals(expected, value);
          value = done ? written : value;
          yield HistoryOperation.compareAndSet(expected, written, done, from, to);
        }
        default -> HistoryOperation.get(value, from, to);
      };
    }
  }
}

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
    assertTrue(Linearizability.holds(List.of(Operation.put("a", 0, 1), Operation.get("a", 2, 3))));
    // A get that overlaps a put sees it or not.
    assertTrue(Linearizability.holds(List.of(Operation.put("a", 0, 3), Operation.get("a", 1, 2))));
    assertTrue(Linearizability.holds(List.of(Operation.put("a", 0, 3), Operation.get(null, 1, 2))));
    // A get of a value whose put has no response.
    assertTrue(
        Linearizability.holds(
            List.of(Operation.put("a", 0, 1).unanswered(), Operation.get("a", 5, 6))));
    assertTrue(
        Linearizability.holds(
            List.of(Operation.put("a", 0, 1).unanswered(), Operation.get(null, 5, 6))));
    // Two of three overlapping compare-and-sets.
    assertTrue(
        Linearizability.holds(
            List.of(
                Operation.compareAndSet(null, "a", true, 0, 9),
                Operation.compareAndSet("a", "b", true, 0, 9),
                Operation.compareAndSet(null, "c", false, 0, 9))));
  }

  @Test
  void allTwentyPlantedHistoriesAreRejected() {
    List<List<Operation>> planted =
        List.of(
            // An acknowledged write that is lost.
            List.of(Operation.put("a", 0, 1), Operation.get(null, 2, 3)),
            // A value that was never written.
            List.of(Operation.get("a", 0, 1)),
            List.of(Operation.put("a", 0, 1), Operation.get("b", 2, 3)),
            // A value before it was written.
            List.of(Operation.get("a", 0, 1), Operation.put("a", 2, 3)),
            // An older value after a newer one.
            List.of(Operation.put("a", 0, 1), Operation.put("b", 2, 3), Operation.get("a", 4, 5)),
            // Seen, then not seen.
            List.of(Operation.put("a", 0, 9), Operation.get("a", 1, 2), Operation.get(null, 3, 4)),
            // Two readers that disagree about the order of two writes.
            List.of(
                Operation.put("a", 0, 1),
                Operation.put("b", 0, 1),
                Operation.get("a", 2, 3),
                Operation.get("b", 4, 5)),
            // A delete that is undone.
            List.of(Operation.put("a", 0, 1), Operation.delete(2, 3), Operation.get("a", 4, 5)),
            // A delete that an earlier reader sees and a later one does not.
            List.of(
                Operation.put("a", 0, 1),
                Operation.delete(2, 9),
                Operation.get(null, 3, 4),
                Operation.get("a", 5, 6)),
            // Both of two rivals.
            List.of(
                Operation.compareAndSet(null, "a", true, 0, 3),
                Operation.compareAndSet(null, "b", true, 1, 2)),
            // Neither of two rivals.
            List.of(
                Operation.compareAndSet(null, "a", false, 0, 3),
                Operation.compareAndSet(null, "b", false, 1, 2)),
            // Refused although the value matched.
            List.of(Operation.put("a", 0, 1), Operation.compareAndSet("a", "b", false, 2, 3)),
            // Done although it did not.
            List.of(Operation.put("a", 0, 1), Operation.compareAndSet("b", "c", true, 2, 3)),
            // A refused write that is seen.
            List.of(
                Operation.put("a", 0, 1),
                Operation.compareAndSet("x", "b", false, 2, 3),
                Operation.get("b", 4, 5)),
            // A lost update.
            List.of(
                Operation.put("a", 0, 1),
                Operation.compareAndSet("a", "b", true, 2, 9),
                Operation.compareAndSet("a", "c", true, 2, 9)),
            // A write without a response that is seen, then is not.
            List.of(
                Operation.put("a", 0, 1),
                Operation.put("b", 2, 3).unanswered(),
                Operation.get("b", 4, 5),
                Operation.get("a", 6, 7)),
            // A write without a response that is seen before its invocation.
            List.of(Operation.get("a", 0, 1), Operation.put("a", 2, 3).unanswered()),
            // A compare-and-set without a response that takes effect twice.
            List.of(
                Operation.compareAndSet(null, "a", true, 0, 1).unanswered(),
                Operation.get("a", 2, 3),
                Operation.delete(4, 5),
                Operation.get("a", 6, 7)),
            // A chain with one link missing.
            List.of(
                Operation.compareAndSet(null, "a", true, 0, 1),
                Operation.compareAndSet("b", "c", true, 2, 3),
                Operation.get("c", 4, 5)),
            // A stale read long after, among many others.
            List.of(
                Operation.put("a", 0, 1),
                Operation.put("b", 2, 8),
                Operation.get("b", 3, 4),
                Operation.get("b", 5, 6),
                Operation.get("a", 7, 9)));
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
      List<Operation> history = new Real(random).operations(60);
      assertTrue(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  @Test
  void aStaleGetIsAlwaysFound() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < HISTORIES; i++) {
      List<Operation> history = new ArrayList<>(new Real(random).operations(60));
      long end = history.stream().mapToLong(LinearizabilityTest::knownEnd).max().orElse(0) + 10;
      history.add(Operation.put("last", end, end + 1));
      history.add(Operation.get("stale", end + 2, end + 3));
      assertFalse(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  private static long knownEnd(Operation operation) {
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

    List<Operation> operations(int count) {
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long moment = i * 10L + 1_000;
        operations.add(one(i, moment - random.nextInt(40), moment + random.nextInt(40)));
      }
      return operations;
    }

    private Operation one(int number, long from, long to) {
      String written = "v" + number;
      return switch (random.nextInt(5)) {
        case 0 -> {
          value = written;
          Operation put = Operation.put(written, from, to);
          yield random.nextInt(5) == 0 ? put.unanswered() : put;
        }
        case 1 -> {
          value = null;
          yield Operation.delete(from, to);
        }
        case 2 -> {
          String expected = random.nextBoolean() ? value : "v" + random.nextInt(number + 1);
          boolean done = Objects.equals(expected, value);
          value = done ? written : value;
          yield Operation.compareAndSet(expected, written, done, from, to);
        }
        default -> Operation.get(value, from, to);
      };
    }
  }
}

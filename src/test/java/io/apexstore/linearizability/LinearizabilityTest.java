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
        Linearizability.holds(List.of(RecordedCall.put("a", 0, 1), RecordedCall.get("a", 2, 3))));
    // A get that overlaps a put sees it or not.
    assertTrue(
        Linearizability.holds(List.of(RecordedCall.put("a", 0, 3), RecordedCall.get("a", 1, 2))));
    assertTrue(
        Linearizability.holds(List.of(RecordedCall.put("a", 0, 3), RecordedCall.get(null, 1, 2))));
    // A get of a value whose put has no response.
    assertTrue(
        Linearizability.holds(
            List.of(RecordedCall.put("a", 0, 1).unanswered(), RecordedCall.get("a", 5, 6))));
    assertTrue(
        Linearizability.holds(
            List.of(RecordedCall.put("a", 0, 1).unanswered(), RecordedCall.get(null, 5, 6))));
    // Two of three overlapping compare-and-sets.
    assertTrue(
        Linearizability.holds(
            List.of(
                RecordedCall.compareAndSet(null, "a", true, 0, 9),
                RecordedCall.compareAndSet("a", "b", true, 0, 9),
                RecordedCall.compareAndSet(null, "c", false, 0, 9))));
  }

  @Test
  void allTwentyPlantedHistoriesAreRejected() {
    List<List<RecordedCall>> planted =
        List.of(
            // An acknowledged write that is lost.
            List.of(RecordedCall.put("a", 0, 1), RecordedCall.get(null, 2, 3)),
            // A value that was never written.
            List.of(RecordedCall.get("a", 0, 1)),
            List.of(RecordedCall.put("a", 0, 1), RecordedCall.get("b", 2, 3)),
            // A value before it was written.
            List.of(RecordedCall.get("a", 0, 1), RecordedCall.put("a", 2, 3)),
            // An older value after a newer one.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.put("b", 2, 3),
                RecordedCall.get("a", 4, 5)),
            // Seen, then not seen.
            List.of(
                RecordedCall.put("a", 0, 9),
                RecordedCall.get("a", 1, 2),
                RecordedCall.get(null, 3, 4)),
            // Two readers that disagree about the order of two writes.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.put("b", 0, 1),
                RecordedCall.get("a", 2, 3),
                RecordedCall.get("b", 4, 5)),
            // A delete that is undone.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.delete(2, 3),
                RecordedCall.get("a", 4, 5)),
            // A delete that an earlier reader sees and a later one does not.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.delete(2, 9),
                RecordedCall.get(null, 3, 4),
                RecordedCall.get("a", 5, 6)),
            // Both of two rivals.
            List.of(
                RecordedCall.compareAndSet(null, "a", true, 0, 3),
                RecordedCall.compareAndSet(null, "b", true, 1, 2)),
            // Neither of two rivals.
            List.of(
                RecordedCall.compareAndSet(null, "a", false, 0, 3),
                RecordedCall.compareAndSet(null, "b", false, 1, 2)),
            // Refused although the value matched.
            List.of(RecordedCall.put("a", 0, 1), RecordedCall.compareAndSet("a", "b", false, 2, 3)),
            // Done although it did not.
            List.of(RecordedCall.put("a", 0, 1), RecordedCall.compareAndSet("b", "c", true, 2, 3)),
            // A refused write that is seen.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.compareAndSet("x", "b", false, 2, 3),
                RecordedCall.get("b", 4, 5)),
            // A lost update.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.compareAndSet("a", "b", true, 2, 9),
                RecordedCall.compareAndSet("a", "c", true, 2, 9)),
            // A write without a response that is seen, then is not.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.put("b", 2, 3).unanswered(),
                RecordedCall.get("b", 4, 5),
                RecordedCall.get("a", 6, 7)),
            // A write without a response that is seen before its invocation.
            List.of(RecordedCall.get("a", 0, 1), RecordedCall.put("a", 2, 3).unanswered()),
            // A compare-and-set without a response that takes effect twice.
            List.of(
                RecordedCall.compareAndSet(null, "a", true, 0, 1).unanswered(),
                RecordedCall.get("a", 2, 3),
                RecordedCall.delete(4, 5),
                RecordedCall.get("a", 6, 7)),
            // A chain with one link missing.
            List.of(
                RecordedCall.compareAndSet(null, "a", true, 0, 1),
                RecordedCall.compareAndSet("b", "c", true, 2, 3),
                RecordedCall.get("c", 4, 5)),
            // A stale read long after, among many others.
            List.of(
                RecordedCall.put("a", 0, 1),
                RecordedCall.put("b", 2, 8),
                RecordedCall.get("b", 3, 4),
                RecordedCall.get("b", 5, 6),
                RecordedCall.get("a", 7, 9)));
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
      List<RecordedCall> history = new Real(random).operations(60);
      assertTrue(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  @Test
  void aStaleGetIsAlwaysFound() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < HISTORIES; i++) {
      List<RecordedCall> history = new ArrayList<>(new Real(random).operations(60));
      long end = history.stream().mapToLong(LinearizabilityTest::knownEnd).max().orElse(0) + 10;
      history.add(RecordedCall.put("last", end, end + 1));
      history.add(RecordedCall.get("stale", end + 2, end + 3));
      assertFalse(Linearizability.holds(history), () -> "seed " + seed + ": " + history);
    }
  }

  private static long knownEnd(RecordedCall operation) {
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

    List<RecordedCall> operations(int count) {
      List<RecordedCall> operations = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long moment = i * 10L + 1_000;
        operations.add(one(i, moment - random.nextInt(40), moment + random.nextInt(40)));
      }
      return operations;
    }

    private RecordedCall one(int number, long from, long to) {
      String written = "v" + number;
      return switch (random.nextInt(5)) {
        case 0 -> {
          value = written;
          RecordedCall put = RecordedCall.put(written, from, to);
          yield random.nextInt(5) == 0 ? put.unanswered() : put;
        }
        case 1 -> {
          value = null;
          yield RecordedCall.delete(from, to);
        }
        case 2 -> {
          String expected = random.nextBoolean() ? value : "v" + random.nextInt(number + 1);
          boolean done = Objects.equals(expected, value);
          value = done ? written : value;
          yield RecordedCall.compareAndSet(expected, written, done, from, to);
        }
        default -> RecordedCall.get(value, from, to);
      };
    }
  }
}

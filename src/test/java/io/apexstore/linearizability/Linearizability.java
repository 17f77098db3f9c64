package io.apexstore.linearizability;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a history of calls on one key is linearizable: whether each call can take effect
 * at one moment between its invocation and its response, so that all responses are right.
 *
 * <p>The search is that of Wing and Gong (<i>Testing and Verifying Concurrent Objects</i>, 1993),
 * with Lowe's pruning (<i>Testing for Linearizability</i>, 2017): each set of completed calls, with
 * the value that it yields, is tried only once. Invocations and responses are in a linked list.
 * Those of a call are removed from it while the call counts as done.
 *
 * <p>A call without a response may take effect at any time after its invocation, or never.
 */
final class Linearizability {
  private Linearizability() {}

  /** Whether the history is linearizable for a key that has no value at first. */
  static boolean holds(List<RecordedCall> history) {
    return new Search(history).succeeds();
  }

  /** An invocation or a response, in the order of time. */
  private static final class Event {
    private final int call;
    private final @Nullable Event answer;
    private @Nullable Event before;
    private @Nullable Event after;

    Event(int call, @Nullable Event answer) {
      this.call = call;
      this.answer = answer;
    }

    boolean isCall() {
      return answer != null;
    }
  }

  private record Tried(BitSet done, @Nullable String value) {}

  private record Step(Event call, @Nullable String valueBefore) {}

  private static final class Search {
    private final List<RecordedCall> history;
    private final Event head = new Event(-1, null);
    private final BitSet done = new BitSet();
    private final Set<Tried> tried = new HashSet<>();
    private final Deque<Step> steps = new ArrayDeque<>();
    private int unanswered;
    private @Nullable String value;

    Search(List<RecordedCall> history) {
      this.history = history;
      link();
    }

    private record Timed(long time, boolean isCall, Event event) {}

    private void link() {
      List<Timed> events = new ArrayList<>();
      for (int i = 0; i < history.size(); i++) {
        RecordedCall operation = history.get(i);
        Event answer = new Event(i, null);
        events.add(new Timed(operation.invokedAt(), true, new Event(i, answer)));
        events.add(new Timed(operation.returnedAt(), false, answer));
        if (operation.outcome() == RecordedCall.Outcome.UNKNOWN) {
          unanswered++;
        }
      }
      // Invocations come before responses of the same moment: such calls overlap.
      events.sort(
          Comparator.comparingLong(Timed::time).thenComparingInt(event -> event.isCall ? 0 : 1));
      Event last = head;
      for (Timed timed : events) {
        last.after = timed.event;
        timed.event.before = last;
        last = timed.event;
      }
    }

    boolean succeeds() {
      int answered = history.size() - unanswered;
      int answeredDone = 0;
      Event at = head.after;
      while (answeredDone < answered) {
        if (at != null && at.isCall()) {
          RecordedCall operation = history.get(at.call);
          Optional<Result> result = apply(operation, value);
          if (result.isPresent() && isNew(at.call, result.get().value)) {
            steps.push(new Step(at, value));
            value = result.get().value;
            done.set(at.call);
            lift(at);
            answeredDone += operation.outcome() == RecordedCall.Outcome.UNKNOWN ? 0 : 1;
            at = head.after;
          } else {
            at = at.after;
          }
        } else {
          // A response whose call is not done: an earlier choice was wrong.
          if (steps.isEmpty()) {
            return false;
          }
          Step step = steps.pop();
          value = step.valueBefore;
          done.clear(step.call.call);
          putBack(step.call);
          boolean isUnknown = history.get(step.call.call).outcome() == RecordedCall.Outcome.UNKNOWN;
          answeredDone -= isUnknown ? 0 : 1;
          at = step.call.after;
        }
      }
      return true;
    }

    private boolean isNew(int call, @Nullable String valueAfter) {
      BitSet after = (BitSet) done.clone();
      after.set(call);
      return tried.add(new Tried(after, valueAfter));
    }

    private static void lift(Event call) {
      unlink(call);
      unlink(Objects.requireNonNull(call.answer));
    }

    private static void unlink(Event event) {
      Objects.requireNonNull(event.before).after = event.after;
      if (event.after != null) {
        event.after.before = event.before;
      }
    }

    private static void putBack(Event call) {
      relink(Objects.requireNonNull(call.answer));
      relink(call);
    }

    private static void relink(Event event) {
      Objects.requireNonNull(event.before).after = event;
      if (event.after != null) {
        event.after.before = event;
      }
    }
  }

  private record Result(@Nullable String value) {}

  /** Returns the value after an operation, or nothing if its response is impossible. */
  private static Optional<Result> apply(RecordedCall operation, @Nullable String before) {
    boolean unknown = operation.outcome() == RecordedCall.Outcome.UNKNOWN;
    return switch (operation.kind()) {
      case GET ->
          unknown || Objects.equals(operation.value(), before)
              ? Optional.of(new Result(before))
              : Optional.empty();
      case PUT -> Optional.of(new Result(operation.value()));
      case DELETE -> Optional.of(new Result(null));
      case COMPARE_AND_SET -> {
        boolean matches = Objects.equals(operation.expected(), before);
        if (unknown) {
          yield Optional.of(new Result(matches ? operation.value() : before));
        }
        boolean saidDone = operation.outcome() == RecordedCall.Outcome.DONE;
        yield saidDone == matches
            ? Optional.of(new Result(matches ? operation.value() : before))
            : Optional.empty();
      }
    };
  }
}

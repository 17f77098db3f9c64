package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.keyspace.Keyspaces;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous commits that must read before they can be committed, and those that must not
 * overtake them. It keeps them in the order of their submission.
 *
 * <p>The place of an asynchronous commit is where its submitter pushed it; the leader takes commits
 * in that order. It defers a commit that is not prepared yet, one that another commit overtook, and
 * every asynchronous commit of the same keyspaces that follows a deferred one. Deferred commits are
 * prepared in rounds, on the executor for reads, and pushed again in their order:
 *
 * <pre>
 *   leader   settle a group: what must read, or follows a deferred commit, leaves it
 *            again += what left and is of the round; queue += what left otherwise
 *            once all of the round are settled: queue = again + queue; start a round
 *   round    take the first commits of the queue
 *   reads    prepare them, in parallel; push all of them, in order
 *   leader   settle them like other commits
 * </pre>
 *
 * <p>A round that lost races is followed by one as large as what it got committed, any other by one
 * twice as large. So a thousand writes of one key are prepared about twice each, and independent
 * ones share a sync. A round that got nothing committed is followed by a pause.
 *
 * <p><b>Threads:</b> the leader, except for {@link #pending} (any). The executor for reads owns the
 * commits of a round until it pushes them.
 *
 * <p><b>Invariants:</b>
 *
 * <ul>
 *   <li>Of two asynchronous commits that write a common keyspace, the one submitted first gets the
 *       lower version, or fails.
 *   <li>Each deferred commit is pushed again, prepared or failed. So none waits for ever for an
 *       earlier one, and no thread waits for another.
 *   <li>A round is prepared after the round before it was settled, so it reads those commits.
 * </ul>
 */
final class DeferredCommits {
  private static final int ROUND_MAX = 256;
  private static final long ROUND_BYTES_MAX = 16 << 20;

  private final Keyspaces keyspaces;
  private final Executor reads;
  private final Backoff backoff;
  private final Consumer<Iterable<Commit>> pushAgain;

  private final Map<Integer, Integer> countByKeyspace = new HashMap<>();
  private int count;
  // Commits that are in no round, in order.
  private final ArrayDeque<Commit> queue = new ArrayDeque<>();
  // Commits of the round that were deferred again, in order, and their keyspaces.
  private final ArrayDeque<Commit> again = new ArrayDeque<>();
  private final Set<Integer> againKeyspaces = new HashSet<>();
  private int roundSize;
  private int roundMax = ROUND_MAX;
  // Commits of the round that are not settled yet.
  private int unsettled;
  // Rounds in a row that got nothing committed.
  private int barrenRounds;
  private boolean refusesNew;
  private volatile int pending;

  /**
   * Creates an empty queue.
   *
   * @param reads prepares commits; it may read the disk and is never the thread that writes
   * @param pushAgain pushes commits to the pipeline in the given order, from any thread
   */
  DeferredCommits(
      Keyspaces keyspaces, Executor reads, Backoff backoff, Consumer<Iterable<Commit>> pushAgain) {
    this.keyspaces = keyspaces;
    this.reads = reads;
    this.backoff = backoff;
    this.pushAgain = pushAgain;
  }

  /** Whether a commit is deferred, so that others may have to follow it. */
  boolean isAny() {
    return count > 0;
  }

  /** Refuses commits that were not deferred before; those that were are still committed. */
  void refuseNew() {
    refusesNew = true;
  }

  /**
   * Returns once no commit is deferred; for a caller that refused new ones.
   *
   * @param lead commits what is ready, on the calling thread: the executor of the leaders may have
   *     dropped its tasks, or wait for this thread
   */
  void awaitNone(Runnable lead) {
    backoff.await(
        () -> {
          lead.run();
          return pending == 0;
        });
  }

  /** Notes that the leader has reached a commit: later ones need not wait for it any more. */
  void reach(Commit commit) {
    commit.checkAgain = false;
    Deferral deferral = commit.deferral;
    if (deferral != null && deferral.isOfRound) {
      release(deferral);
    }
  }

  /** Whether a commit cannot be committed now: it must read first, or follows one that must. */
  boolean mustDefer(Commit commit) {
    if (!commit.isAsynchronous()) {
      return false;
    }
    Deferral deferral = commit.deferral;
    if (deferral != null && deferral.mustPrepare) {
      return true;
    }
    if (count == 0) {
      return false;
    }
    // What is in the queue comes after all of the round and before every new commit.
    Set<Integer> blocked =
        deferral != null && deferral.isOfRound ? againKeyspaces : countByKeyspace.keySet();
    for (int id : keyspaceIdsOf(commit)) {
      if (blocked.contains(id)) {
        return true;
      }
    }
    return false;
  }

  private int[] keyspaceIdsOf(Commit commit) {
    Deferral deferral = commit.deferral;
    return deferral == null ? Deferral.keyspaceIds(commit.batch, keyspaces) : deferral.keyspaceIds;
  }

  /** Defers a commit; its group must go on without it. */
  void defer(Commit commit) {
    Deferral deferral = commit.deferral;
    if (deferral == null) {
      deferral = new Deferral(null, keyspaceIdsOf(commit), commit.batch.length(), false);
      commit.deferral = deferral;
    }
    commit.failure = null;
    commit.checkAgain = true;
    for (int id : deferral.keyspaceIds) {
      countByKeyspace.merge(id, 1, Integer::sum);
      if (deferral.isOfRound) {
        againKeyspaces.add(id);
      }
    }
    deferral.isCounted = true;
    count++;
  }

  /** Defers a commit that another one overtook, unless it cannot be prepared again. */
  void deferOvertaken(Commit commit) {
    Deferral deferral = commit.deferral;
    if (deferral == null || deferral.write == null || !commit.isOvertaken()) {
      return;
    }
    deferral.overtaken++;
    if (deferral.overtaken < Backoff.ATTEMPTS_MAX) {
      deferral.mustPrepare = true;
      defer(commit);
    } else {
      commit.checkAgain = false;
      commit.failure = Backoff.conflict(commit.failure);
    }
  }

  private void release(Deferral deferral) {
    if (!deferral.isCounted) {
      return;
    }
    deferral.isCounted = false;
    count--;
    for (int id : deferral.keyspaceIds) {
      countByKeyspace.computeIfPresent(id, (any, known) -> known == 1 ? null : known - 1);
    }
  }

  /**
   * Takes the deferred commits out of a group that was processed. It does not fail: the waiters of
   * the group would wait forever.
   *
   * @param group all commits of it, committed or not
   * @return the others, or null if there are none
   */
  @Nullable Commit takeFrom(Commit group) {
    Commit first = null;
    Commit last = null;
    Commit c = group;
    while (c != null) {
      Commit after = c.next;
      c.next = null;
      if (!take(c)) {
        if (last == null) {
          first = c;
        } else {
          last.next = c;
        }
        last = c;
      }
      c = after;
    }
    if (unsettled == 0) {
      startRound();
    }
    if (pending != count) {
      pending = count;
    }
    return first;
  }

  private boolean take(Commit commit) {
    Deferral deferral = commit.deferral;
    if (deferral == null) {
      return false;
    }
    boolean isOfRound = deferral.isOfRound;
    deferral.isOfRound = false;
    unsettled -= isOfRound ? 1 : 0;
    boolean isDeferred = commit.checkAgain && commit.failure == null;
    if (isDeferred && refusesNew && !deferral.wasDeferred) {
      isDeferred = false;
      deferral.failure = closed(null);
    }
    if (isDeferred) {
      try {
        (isOfRound ? again : queue).add(commit);
        deferral.wasDeferred = true;
        return true;
      } catch (RuntimeException | Error e) {
        deferral.failure = e;
      }
    }
    release(deferral);
    return false;
  }

  private void startRound() {
    if (!again.isEmpty()) {
      int committed = roundSize - again.size();
      barrenRounds = committed == 0 ? barrenRounds + 1 : 0;
      roundMax = Math.max(1, committed);
    } else if (roundSize > 0) {
      barrenRounds = 0;
      roundMax = Math.min(ROUND_MAX, 2 * roundMax);
    }
    againKeyspaces.clear();
    List<Commit> round = new ArrayList<>();
    try {
      while (!again.isEmpty()) {
        queue.addFirst(again.removeLast());
      }
      fill(round);
      if (!round.isEmpty()) {
        backoff.afterPause(barrenRounds, () -> post(round));
      }
    } catch (RuntimeException | Error e) {
      unsettled = round.size();
      fail(round, e);
    }
  }

  private void fill(List<Commit> round) {
    long bytes = 0;
    while (round.size() < roundMax && bytes < ROUND_BYTES_MAX && !queue.isEmpty()) {
      Commit next = queue.element();
      round.add(next);
      queue.remove();
      next.deferral().isOfRound = true;
      bytes += Math.max(next.batch.length(), next.deferral().bytes);
    }
    roundSize = round.size();
    unsettled = roundSize;
  }

  private void post(List<Commit> round) {
    try {
      reads.execute(() -> prepareAll(round));
    } catch (RejectedExecutionException e) {
      fail(round, closed(e));
    } catch (RuntimeException | Error e) {
      fail(round, e);
    }
  }

  private void fail(List<Commit> round, Throwable cause) {
    for (Commit commit : round) {
      commit.deferral().failure = cause;
    }
    pushAgain.accept(round);
  }

  private void prepareAll(List<Commit> round) {
    Consumer<Commit> task;
    try {
      AtomicInteger left = new AtomicInteger(round.size());
      task =
          commit -> {
            prepare(commit);
            if (left.decrementAndGet() == 0) {
              pushAgain.accept(round);
            }
          };
    } catch (RuntimeException | Error e) {
      // Whoever waits for the round would wait forever.
      fail(round, e);
      return;
    }
    // The round may be pushed again, and be settled, only once its first commit is prepared too.
    for (int i = 1; i < round.size(); i++) {
      prepareElsewhere(round.get(i), task);
    }
    task.accept(round.getFirst());
  }

  private void prepareElsewhere(Commit commit, Consumer<Commit> task) {
    if (commit.deferral().write != null) {
      try {
        reads.execute(() -> task.accept(commit));
        return;
      } catch (RuntimeException | Error e) {
        // There is no thread for it; this one will do.
      }
    }
    task.accept(commit);
  }

  // The outcome is noted in the commit, whatever it is.
  private static void prepare(Commit commit) {
    Deferral deferral = commit.deferral();
    OptimisticWrite write = deferral.write;
    if (write == null) {
      return;
    }
    try {
      OptimisticWrite.Prepared prepared = write.prepare();
      commit.batch = prepared.batch();
      commit.conditions = prepared.conditions();
      deferral.mustPrepare = false;
    } catch (EngineException e) {
      if (e.failure() != Failure.OVERTAKEN) {
        deferral.failure = e;
      } else if (++deferral.overtaken >= Backoff.ATTEMPTS_MAX) {
        deferral.failure = Backoff.conflict(e);
      } else {
        deferral.mustPrepare = true;
      }
    } catch (RuntimeException | Error e) {
      deferral.failure = e;
    }
  }

  private static EngineException closed(@Nullable Throwable cause) {
    return new EngineException(Failure.CLOSED, "the store is closed", cause);
  }
}

package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one way of commits, from any number of threads, to the log, the memtables and the readers, in
 * one order.
 *
 * <p>Submitters push their commit on a stack and then try to lead. The leader is the only writer:
 * it takes everything that is on the stack and, for one group after another,
 *
 * <pre>
 *   prepare   seal full memtables, wait while the store lags behind
 *   settle    check the commits' conditions; those that do not hold leave the group
 *   number    assign each commit the next version and a time that never decreases
 *   log       add each commit, write the group, sync if one of them asks for it
 *   apply     add each commit to the memtables
 *   publish   move the version that readers see
 *   finish    stop leading, wake the next leader, then those whose commits are done
 * </pre>
 *
 * A blocking submitter leads if no one else does, so an uncontended put hands nothing to another
 * thread; otherwise it parks until its commit is finished or it must lead. Asynchronous submitters
 * never lead: they post a drain task to an executor, one at a time. Only if that executor accepts
 * no more tasks do they drain themselves.
 *
 * <p>Asynchronous commits are taken in the order in which they were pushed. One that must read
 * first, or read again, is deferred, and so are later ones that must not overtake it; see {@link
 * DeferredCommits}. Blocking commits are not ordered after asynchronous ones that are deferred.
 *
 * <p><b>Threads:</b> {@link #commit}, {@link #commitAsync}, {@link #sync} and {@link #tick} by any.
 * Interrupts are kept for after the call.
 *
 * <p><b>Invariants:</b>
 *
 * <ul>
 *   <li>At most one thread leads. Only the leader touches versions, the log's gathering side and
 *       the memtables.
 *   <li>In {@code EVERY} and {@code GROUP} a commit is durable before it is visible, and visible
 *       before it is acknowledged. If a commit is visible, all with lower versions are.
 *   <li>A thread that stops leading looks at the stack afterwards, and a thread that pushes tries
 *       to lead afterwards: no commit is left without a leader.
 *   <li>After a failed write or sync nothing is ever acknowledged again; see {@link LogWriter}.
 * </ul>
 *
 * <p><b>Rejected:</b> a dedicated log thread. A hand-off there and back costs more than the write
 * itself when no one else writes, and a leader under contention amortises as well.
 */
public final class CommitPipeline {
  // A group is cut here: no memtable overshoots by much, and early commits do not wait long.
  private static final long GROUP_BYTES_MAX = 4L << 20;
  // And here: a tombstone takes kilobytes of memory, and conditions are checked against each.
  private static final int GROUP_RANGES_MAX = 256;
  // A leader with company takes a group once no commit has arrived for this long, at the latest
  // after the maximum.
  private static final long QUIET_NANOS = 3_000;
  private static final long GATHER_NANOS_MAX = 100_000;
  // How often a writer polls before it parks: some microseconds.
  private static final int SPINS_MAX = Runtime.getRuntime().availableProcessors() > 1 ? 100 : 0;
  // How many versions are reserved at a time.
  static final long RESERVE_STEP = 1L << 20;

  /** The result of a blocking commit whose conditions must be evaluated again. */
  static final long CHECK_AGAIN = -1;

  private final LogWriter log;
  private final CommitTarget target;
  private final ConditionRecheck conditions;
  private final DeferredCommits deferred;
  private final SyncMode defaultMode;
  private final Executor drains;
  private final Executor completions;

  private final AtomicReference<@Nullable Commit> stack = new AtomicReference<>();
  private final AtomicBoolean leading = new AtomicBoolean();
  private final AtomicBoolean drainPosted = new AtomicBoolean();
  private volatile boolean closed;

  // The failure to report when there is no memory to create another one.
  private final EngineException halfWay =
      new EngineException(
          Failure.STORAGE_FAILED, "commit failed half-way; writes are refused until a restart");

  // Owned by the leader.
  private long lastVersion;
  // How many callers waited for the sync of the previous group.
  private int lastCompany;
  private long reservedTo;

  // Owned by the ticker.
  private long markedVersion;
  private long versionAtLastTick;

  private final LongAdder commits = new LongAdder();
  private final LongAdder operations = new LongAdder();
  private final LongAdder userBytes = new LongAdder();

  /**
   * The executors of a pipeline.
   *
   * @param drains leads asynchronous commits; one task at a time, on threads that may block
   * @param completions completes asynchronous commits
   * @param reads prepares deferred commits; it may read the disk and is never the thread that
   *     writes
   */
  public record Executors(Executor drains, Executor completions, Executor reads) {}

  /**
   * Creates a pipeline.
   *
   * @param defaultMode the store's sync mode
   * @param lastVersion the newest version assigned before
   * @param reservedTo the version up to which versions are reserved
   */
  public CommitPipeline(
      LogWriter log,
      CommitTarget target,
      ConditionRecheck conditions,
      Keyspaces keyspaces,
      SyncMode defaultMode,
      Executors executors,
      Backoff backoff,
      long lastVersion,
      long reservedTo) {
    this.log = log;
    this.target = target;
    this.conditions = conditions;
    this.deferred = new DeferredCommits(keyspaces, executors.reads, backoff, this::pushAgain);
    this.defaultMode = defaultMode;
    this.drains = executors.drains;
    this.completions = executors.completions;
    this.lastVersion = lastVersion;
    this.reservedTo = reservedTo;
    this.markedVersion = lastVersion;
    this.versionAtLastTick = lastVersion;
  }

  /** Commits and returns the version once the mode allows. */
  public long commit(Batch batch, @Nullable SyncMode atLeast) {
    return commit(batch, null, atLeast);
  }

  /**
   * Commits if conditions still hold, and returns the version once the mode allows.
   *
   * @param evaluated conditions that were found to hold; null: none
   * @return the version, or {@link #CHECK_AGAIN}
   */
  long commit(Batch batch, @Nullable Conditions evaluated, @Nullable SyncMode atLeast) {
    Commit mine = Commit.blocking(batch, evaluated, modeOf(atLeast));
    push(mine);
    // A group without a sync takes less time than parking and waking a thread.
    int spins = mine.mode.isDurable() ? 0 : SPINS_MAX;
    boolean interrupted = false;
    while (!mine.isFinished()) {
      if (!leading.get() && leading.compareAndSet(false, true)) {
        interrupted |= Thread.interrupted();
        leadOnce();
      } else if (spins > 0) {
        spins--;
        Thread.onSpinWait();
      } else {
        mine.parkUnless(() -> !leading.get());
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    EngineException cause = mine.failure;
    if (cause != null) {
      throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
    }
    return mine.checkAgain ? CHECK_AGAIN : mine.version;
  }

  /** Commits; the stage completes on the executor for completions. */
  CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return submit(Commit.asynchronous(batch, modeOf(atLeast)));
  }

  /**
   * Submits a commit that is prepared again if another one overtakes it.
   *
   * @param prepared null: it has yet to be prepared
   */
  Commit submit(
      OptimisticWrite.@Nullable Prepared prepared, Deferral deferral, @Nullable SyncMode atLeast) {
    Commit mine = Commit.asynchronous(prepared, deferral, modeOf(atLeast));
    var _ = submit(mine);
    return mine;
  }

  private CompletableFuture<Long> submit(Commit commit) {
    push(commit);
    postDrain();
    return commit.future();
  }

  private void pushAgain(Iterable<Commit> inOrder) {
    inOrder.forEach(this::push);
    postDrain();
  }

  /** Syncs the log: everything committed so far is durable afterwards. */
  public void sync() {
    log.throwIfFailed();
    runAsLeader(log::writeHeldBack);
    log.sync();
  }

  /** Continues in a new log file, which is encrypted with the newest data key. */
  public void renewLog() {
    runAsLeader(log::renew);
  }

  /**
   * Does what is due by time: writes held-back commits to the operating system, syncs, and once the
   * log is idle marks how far it is known to be synced. Called at the store's intervals; while
   * another thread leads, the parts that need leadership are left to the next call.
   *
   * @param syncDue whether the sync interval has passed since the last call with true
   */
  public void tick(boolean syncDue) {
    if (closed || log.failure() != null) {
      return;
    }
    runIfIdle(log::writeHeldBackIfRoom);
    if (!syncDue) {
      return;
    }
    if (log.hasUnsynced()) {
      log.sync();
    }
    long version = log.writtenVersion();
    boolean idle = version == versionAtLastTick && !log.hasUnsynced();
    versionAtLastTick = version;
    if (idle && version != markedVersion && runIfIdle(log::mark)) {
      markedVersion = version;
      log.sync();
    }
  }

  /**
   * Finishes the commits submitted so far, deferred ones included, refuses later ones, and syncs.
   * The log stays open.
   *
   * @throws EngineException {@code STORAGE_FAILED} if the log has failed, now or before: commits
   *     that were not durable may be lost, perhaps without any other report
   */
  public void close() {
    runAsLeader(
        () -> {
          finish(commitPending());
          deferred.refuseNew();
        });
    deferred.awaitNone(this::drain);
    runAsLeader(
        () -> {
          finish(commitPending());
          closed = true;
          log.throwIfFailed();
          log.writeHeldBack();
        });
    log.sync();
  }

  /** Runs an action while no one commits: the caller waits for its turn and leads meanwhile. */
  public void runAsLeader(Runnable action) {
    boolean interrupted = false;
    while (!leading.compareAndSet(false, true)) {
      LockSupport.parkNanos(this, 20_000);
      interrupted |= Thread.interrupted();
    }
    try {
      action.run();
    } finally {
      stopLeading();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns the newest version assigned; for the leader and for a closed pipeline. */
  public long lastVersion() {
    return lastVersion;
  }

  /** Returns the number of commits. */
  public long commits() {
    return commits.sum();
  }

  /** Returns the number of operations in all commits. */
  public long operations() {
    return operations.sum();
  }

  /** Returns the bytes of keys and values in all commits. */
  public long userBytes() {
    return userBytes.sum();
  }

  private SyncMode modeOf(@Nullable SyncMode atLeast) {
    return atLeast == null ? defaultMode : defaultMode.atLeast(atLeast);
  }

  private void push(Commit commit) {
    Commit top;
    do {
      top = stack.get();
      commit.next = top;
    } while (!stack.compareAndSet(top, commit));
  }

  private void postDrain() {
    if (drainPosted.compareAndSet(false, true)) {
      try {
        drains.execute(this::drain);
      } catch (RuntimeException | Error e) {
        // Its owner shuts down, or no thread is left: do it here.
        drain();
      }
    }
  }

  private void drain() {
    drainPosted.set(false);
    while (stack.get() != null && leading.compareAndSet(false, true)) {
      leadOnce();
    }
  }

  // Requires leadership, and ends it.
  private void leadOnce() {
    Commit done = null;
    try {
      done = commitPending();
    } finally {
      stopLeading();
      finish(done);
    }
  }

  // Requires leadership. Finishes all groups but the last, which it returns.
  private @Nullable Commit commitPending() {
    Commit done = null;
    gather();
    Commit pending = takeAll();
    while (pending != null) {
      finish(done);
      Commit rest = pending.cutGroup(GROUP_BYTES_MAX, GROUP_RANGES_MAX);
      done = process(pending);
      pending = rest;
    }
    return done;
  }

  private void stopLeading() {
    leading.set(false);
    Commit top = stack.get();
    if (top == null) {
      return;
    }
    if (top.waiter != null) {
      top.wake();
    } else {
      postDrain();
    }
  }

  /**
   * Waits a moment for the next commits of those that the previous group woke, to share a sync with
   * them. A leader that had no company does not wait.
   */
  @SuppressWarnings("ThreadPriorityCheck") // The clock ends the loop even if yield does nothing.
  private void gather() {
    if (lastCompany <= 1) {
      return;
    }
    long now = System.nanoTime();
    long latest = now + GATHER_NANOS_MAX;
    long quietUntil = now + QUIET_NANOS;
    Commit newest = stack.get();
    while (now < quietUntil && now < latest) {
      Thread.yield();
      now = System.nanoTime();
      Commit top = stack.get();
      if (top != newest) {
        newest = top;
        quietUntil = now + QUIET_NANOS;
      }
    }
  }

  private @Nullable Commit takeAll() {
    Commit at = stack.getAndSet(null);
    Commit first = null;
    while (at != null) {
      Commit pushedBefore = at.next;
      at.next = first;
      first = at;
      at = pushedBefore;
    }
    return first;
  }

  // Returns the commits of the group that are done, the refused ones last.
  private @Nullable Commit process(Commit group) {
    GroupSplit split = null;
    try {
      if (group.isAnyOptimistic() || deferred.isAny() || conditions.mayRefuseAny(group)) {
        split = new GroupSplit(group);
      }
    } catch (RuntimeException | Error e) {
      failHalfWay(group, e);
      return deferred.takeFrom(group);
    }
    commitGroup(group, split);
    return split == null ? group : deferred.takeFrom(split.all());
  }

  // With a split, only the admitted commits of the group are committed.
  private void commitGroup(Commit group, @Nullable GroupSplit split) {
    boolean logged = false;
    try {
      refuseIfFailedOrClosed();
      target.prepare(group);
      Commit admitted = group;
      if (split != null) {
        conditions.settle(group, lastVersion, deferred);
        admitted = split.cut();
      }
      if (admitted != null) {
        number(admitted);
        log.append(admitted);
        logged = true;
        apply(admitted);
      }
    } catch (RuntimeException | Error e) {
      // A refusal may be caused by a commit of the group, and is void if that one fails.
      Commit all = split == null ? group : split.all();
      if (!logged && e instanceof EngineException refused) {
        all.failAll(refused);
        return;
      }
      // A part of the group may be in the log or in a memtable; it must not become visible.
      failHalfWay(all, e);
    }
  }

  // It must not fail: the waiters of the group would wait forever.
  private void failHalfWay(Commit group, Throwable e) {
    EngineException cause;
    try {
      cause = new EngineException(Failure.STORAGE_FAILED, "commit failed half-way: " + e, e);
    } catch (RuntimeException | Error noMemory) {
      cause = halfWay;
    }
    log.fail(cause);
    group.failAll(cause);
  }

  private void refuseIfFailedOrClosed() {
    log.throwIfFailed();
    if (closed) {
      throw new EngineException(Failure.CLOSED, "the store is closed");
    }
  }

  private void number(Commit group) {
    int count = 0;
    for (Commit c = group; c != null; c = c.next) {
      count++;
    }
    if (lastVersion + count > reservedTo) {
      long upTo = lastVersion + count + RESERVE_STEP;
      target.reserveVersions(upTo);
      reservedTo = upTo;
    }
    for (Commit c = group; c != null; c = c.next) {
      c.version = ++lastVersion;
    }
  }

  private void apply(Commit group) {
    long version = 0;
    int ops = 0;
    long bytes = 0;
    int count = 0;
    int company = 0;
    for (Commit c = group; c != null; c = c.next) {
      target.apply(c.batch, c.version);
      conditions.applied(c.batch, c.version);
      version = c.version;
      ops += c.batch.operations();
      bytes += c.batch.userBytes();
      count++;
      company += c.waiter != null && c.mode.isDurable() ? 1 : 0;
    }
    target.publish(version, log.lastCommitTimeMs());
    lastCompany = company;
    commits.add(count);
    operations.add(ops);
    userBytes.add(bytes);
  }

  /** Runs an action if no one commits; otherwise does nothing and returns false. */
  public boolean runIfIdle(Runnable action) {
    if (!leading.compareAndSet(false, true)) {
      return false;
    }
    try {
      action.run();
    } finally {
      stopLeading();
    }
    return true;
  }

  private void finish(@Nullable Commit group) {
    Commit firstAsync = group == null ? null : group.finishBlocking();
    if (firstAsync != null) {
      try {
        completions.execute(() -> firstAsync.completeAll());
      } catch (RuntimeException | Error e) {
        // Its owner shuts down, or no thread is left: do it here.
        firstAsync.completeAll();
      }
    }
  }
}

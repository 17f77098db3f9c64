package io.apexstore.engine.commit;

import static java.util.Objects.requireNonNull;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Takes commits from any number of threads to the log, the memtables and the readers, in one order.
 *
 * <p>Submitters push their commit on a stack and then try to lead. Whoever leads is the only
 * writer: it takes all that is on the stack and, for one group after another,
 *
 * <pre>
 *   prepare   seal full memtables, wait while the store is behind
 *   settle    look at the commits' conditions; those that do not hold leave the group
 *   number    each commit gets the next version and a time that never decreases
 *   log       add each commit, write the group, sync if one of them asks for it
 *   apply     put each commit into the memtables
 *   publish   move the version that readers see
 *   finish    stop leading, wake the next leader, then those whose commits are done
 * </pre>
 *
 * A blocking submitter leads when it finds nobody leading, so an uncontended put hands nothing to
 * another thread; otherwise it parks until its commit is finished or leadership falls to it.
 * Asynchronous submitters never lead: they post a drain task to an executor, one at a time. Only
 * where that executor takes no more tasks do they drain themselves.
 *
 * <p><b>Threads:</b> {@link #commit}, {@link #commitAsync}, {@link #sync} and {@link #tick} by any.
 * Interrupts are kept for after the call.
 *
 * <p><b>Invariants:</b>
 *
 * <ul>
 *   <li>At most one thread leads. Only it touches versions, the log's gathering side and the
 *       memtables.
 *   <li>In {@code EVERY} and {@code GROUP} a commit is durable before it is visible, and visible
 *       before it is acknowledged. A commit visible implies all with lower versions visible.
 *   <li>Whoever stops leading looks at the stack afterwards, and whoever pushes tries to lead
 *       afterwards: so no commit stays behind with nobody to take it.
 *   <li>After a failed write or sync nothing is ever acknowledged again; see {@link LogWriter}.
 * </ul>
 *
 * <p><b>Given up:</b> a thread of its own for the log. A hand-off there and back costs more than
 * the write itself when nobody else writes, and a leader under contention amortises as well.
 */
public final class CommitPipeline {
  // A group is cut here, so that no memtable overshoots by much and early commits do not wait long.
  private static final long GROUP_BYTES_MAX = 4L << 20;
  // And here: each takes kilobytes in memory, and conditions are held against each of the group.
  private static final int GROUP_RANGES_MAX = 256;
  // A leader with company takes a group once nobody has come for so long, or after so long.
  private static final long QUIET_NANOS = 3_000;
  private static final long GATHER_NANOS_MAX = 100_000;
  // How often a writer looks again before it parks: some microseconds.
  private static final int SPINS_MAX = Runtime.getRuntime().availableProcessors() > 1 ? 100 : 0;
  // How far ahead versions are reserved, and how few are left when more are asked for.
  static final long RESERVE_STEP = 1L << 20;

  /** The answer to a commit that was not made: its conditions are to be evaluated again. */
  static final long CHECK_AGAIN = -1;

  private final LogWriter log;
  private final CommitTarget target;
  private final ConditionRecheck conditions;
  private final SyncMode defaultMode;
  private final Executor drains;
  private final Executor completions;

  private final AtomicReference<@Nullable Commit> stack = new AtomicReference<>();
  private final AtomicBoolean leading = new AtomicBoolean();
  private final AtomicBoolean drainPosted = new AtomicBoolean();
  private volatile boolean closed;

  // What a failure is told as when there is no memory to tell it otherwise.
  private final EngineException halfWay =
      new EngineException(
          Failure.STORAGE_FAILED, "commit failed half-way; writes are refused until a restart");

  // The leader's.
  private long lastVersion;
  // How many callers waited for the sync of the last group.
  private int lastCompany;
  private long reservedTo;

  // The ticker's.
  private long markedVersion;
  private long versionAtLastTick;

  private final LongAdder commits = new LongAdder();
  private final LongAdder operations = new LongAdder();
  private final LongAdder userBytes = new LongAdder();

  public CommitPipeline(
      LogWriter log,
      CommitTarget target,
      ConditionRecheck conditions,
      SyncMode defaultMode,
      Executor drains,
      Executor completions,
      long lastVersion,
      long reservedTo) {
    this.log = log;
    this.target = target;
    this.conditions = conditions;
    this.defaultMode = defaultMode;
    this.drains = drains;
    this.completions = completions;
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
  public long commit(Batch batch, @Nullable Conditions evaluated, @Nullable SyncMode atLeast) {
    Commit mine = Commit.blocking(batch, evaluated, modeOf(atLeast));
    push(mine);
    // A group that is not synced takes less than to fall asleep and be woken.
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
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return commitAsync(batch, null, atLeast);
  }

  /** Commits if conditions still hold; the stage completes on the executor for completions. */
  public CompletionStage<Long> commitAsync(
      Batch batch, @Nullable Conditions evaluated, @Nullable SyncMode atLeast) {
    Commit mine = Commit.asynchronous(batch, evaluated, modeOf(atLeast));
    push(mine);
    postDrain();
    return requireNonNull(mine.future);
  }

  /** Makes everything committed so far durable. */
  public void sync() {
    log.throwIfFailed();
    runAsLeader(log::writeHeldBack);
    log.sync();
  }

  /** Goes on in a new file of the log, which is sealed with the newest key. */
  public void renewLog() {
    runAsLeader(log::renew);
  }

  /**
   * Does what is due by time: hands held-back commits to the operating system, syncs, and marks how
   * far the log is known synced once it is idle. Called at the store's intervals; a call that finds
   * somebody leading leaves that part to the next one.
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
    if (log.isBehind()) {
      log.sync();
    }
    long version = log.writtenVersion();
    boolean idle = version == versionAtLastTick && !log.isBehind();
    versionAtLastTick = version;
    if (idle && version != markedVersion && runIfIdle(log::mark)) {
      markedVersion = version;
      log.sync();
    }
  }

  /**
   * Finishes the commits submitted so far, refuses later ones, and syncs. The log stays open.
   *
   * @throws EngineException {@code STORAGE_FAILED} if the log has failed, now or before: perhaps
   *     nobody was told, and commits that were not durable may be lost
   */
  public void close() {
    runAsLeader(
        () -> {
          finish(commitPending());
          closed = true;
          log.throwIfFailed();
          log.writeHeldBack();
        });
    log.sync();
  }

  /** Runs an action while nobody commits: the caller leads for its time, waiting its turn. */
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

  /** The newest version given out; for the leader and for a closed pipeline. */
  public long lastVersion() {
    return lastVersion;
  }

  public long commits() {
    return commits.sum();
  }

  public long operations() {
    return operations.sum();
  }

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
        // Its owner is shutting down, or it has no thread left; better here than never.
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

  // Requires leadership, and gives it up.
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
   * Lets those whom the last group woke come with their next commits, to share a sync with them. A
   * leader that had no company does not wait.
   */
  @SuppressWarnings("ThreadPriorityCheck") // If the yield does nothing, the clock still ends it.
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

  // Returns the commits of the group, those that were refused behind the others.
  private Commit process(Commit group) {
    GroupSplit split = null;
    try {
      if (group.isAnyConditional() || conditions.mayRefuseAny(group)) {
        split = new GroupSplit(group);
      }
    } catch (RuntimeException | Error e) {
      failHalfWay(group, e);
      return group;
    }
    make(group, split);
    return split == null ? group : split.all();
  }

  // With conditions, only what they let through is made.
  private void make(Commit group, @Nullable GroupSplit split) {
    boolean logged = false;
    try {
      refuseIfFailedOrClosed();
      target.prepare(group);
      Commit made = group;
      if (split != null) {
        conditions.settle(group, lastVersion);
        made = split.cut();
      }
      if (made != null) {
        number(made);
        log.append(made);
        logged = true;
        apply(made);
      }
    } catch (RuntimeException | Error e) {
      // A refusal may rest on a commit of the group, and is none when that fails.
      Commit all = split == null ? group : split.all();
      if (!logged && e instanceof EngineException refused) {
        all.failAll(refused);
        return;
      }
      // Something of the group may be in the log or in a memtable: going on could show a part of
      // it.
      failHalfWay(all, e);
    }
  }

  // Must not fail, whatever it is for: whoever waits for the group would wait for ever.
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
    target.publish(version);
    lastCompany = company;
    commits.add(count);
    operations.add(ops);
    userBytes.add(bytes);
  }

  /** Runs an action if nobody commits; false if somebody does and nothing was done. */
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
        // Its owner is shutting down, or it has no thread left; better here than never.
        firstAsync.completeAll();
      }
    }
  }
}

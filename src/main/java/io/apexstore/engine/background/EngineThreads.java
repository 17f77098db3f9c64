package io.apexstore.engine.background;

import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an engine: the executors that it was given, and threads of its own for the rest.
 * Its own threads are daemons; they start when there is work and end after ten idle seconds. They
 * are never interrupted, because an interrupt closes the file channel that the thread is using.
 *
 * <p><b>Threads:</b> any.
 */
public final class EngineThreads implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;
  private static final int CHECK_THREADS = 2;

  private final @Nullable ThreadPoolExecutor ownCommits;
  private final @Nullable ThreadPoolExecutor ownFlushes;
  private final @Nullable ThreadPoolExecutor ownCompactions;
  private final @Nullable ThreadPoolExecutor ownCloser;
  private final @Nullable ThreadPoolExecutor ownLog;
  private final @Nullable ThreadPoolExecutor ownFeed;
  private final @Nullable ThreadPoolExecutor ownChecks;
  private final @Nullable ThreadPoolExecutor ownSweeps;
  private final @Nullable ScheduledThreadPoolExecutor ownTicker;
  private final Executor commits;
  private final Executor flushes;
  private final Executor compactions;
  private final Executor completions;
  private final Executor checks;
  private final Executor sweeps;
  private final Executor closer;
  private final Executor log;
  private final Executor feed;
  private final AtomicInteger closing = new AtomicInteger();

  /**
   * @param given executors to use; null entries are replaced by own threads
   * @param compactionThreads number of own compaction threads
   * @param tickers number of ticks that may run at once; a tick that syncs must not delay others
   */
  public EngineThreads(EngineExecutors given, int compactionThreads, int tickers) {
    ownCommits = given.commits() == null ? pool("apexstore-commit", 1) : null;
    ownFlushes = given.flushes() == null ? pool("apexstore-flush", 1) : null;
    ownCompactions =
        given.compactions() == null ? pool("apexstore-compaction", compactionThreads) : null;
    ownCloser = given.closer() == null ? closerPool() : null;
    ownLog = given.closer() == null ? pool("apexstore-log", 1) : null;
    ownFeed = given.closer() == null ? pool("apexstore-feed", 1) : null;
    ownChecks = given.closer() == null ? pool("apexstore-check", CHECK_THREADS) : null;
    ownSweeps = given.closer() == null ? pool("apexstore-expiry", 1) : null;
    ownTicker = given.ticks() ? ticker(tickers) : null;
    commits = either(given.commits(), ownCommits);
    flushes = either(given.flushes(), ownFlushes);
    compactions = either(given.compactions(), ownCompactions);
    Executor closerThread = either(given.closer(), ownCloser);
    closer = task -> closeLater(closerThread, task);
    log = either(given.closer(), ownLog);
    feed = either(given.closer(), ownFeed);
    completions = either(given.completions(), ForkJoinPool.commonPool());
    checks = either(given.closer(), ownChecks);
    sweeps = either(given.closer(), ownSweeps);
  }

  /** Returns the executor that leads asynchronous commits, one task at a time. */
  public Executor commits() {
    return commits;
  }

  Executor flushes() {
    return flushes;
  }

  Executor compactions() {
    return compactions;
  }

  /** Returns the executor that completes asynchronous commits. */
  public Executor completions() {
    return completions;
  }

  /**
   * Returns the executor that prepares deferred commits; it may wait for the disk and runs merge
   * operators.
   */
  public Executor checks() {
    return checks;
  }

  /** Returns the executor of sweeps; it may wait for the disk. */
  public Executor sweeps() {
    return sweeps;
  }

  /**
   * Returns the executor that closes tables, memtables and views whose last reader has gone. After
   * the store is opened it also opens the tables that no one has read yet.
   */
  public Executor closer() {
    return closer;
  }

  /** Returns the executor that creates log segments ahead of need and deletes old ones. */
  public Executor log() {
    return log;
  }

  /** Returns the executor that wakes consumers of change feeds. */
  public Executor feed() {
    return feed;
  }

  /** Returns whether the closer has unfinished tasks. */
  public boolean isClosing() {
    return closing.get() > 0;
  }

  /**
   * Starts periodic calls of the engine's tick, unless the engine was given executors without
   * ticks.
   *
   * @param options sync mode, sync interval and delay of {@code ASYNC}
   * @param tick receives whether the sync interval has passed since the last call with true
   */
  public void startTicking(StoreOptions options, Consumer<Boolean> tick) {
    ScheduledExecutorService ticks = ownTicker;
    if (ticks == null) {
      return;
    }
    long syncMs = options.syncMode().isDurable() ? 1_000 : options.syncInterval().toMillis();
    // At a fixed rate, so that the duration of a sync does not lengthen the interval.
    var _ =
        ticks.scheduleAtFixedRate(() -> tick.accept(true), syncMs, syncMs, TimeUnit.MILLISECONDS);
    if (options.syncMode() == SyncMode.ASYNC) {
      // Twice as often, so that a commit just after a tick is not late at the next one.
      long delayMs = Math.max(1, options.asyncDelay().toMillis() / 2);
      var _ =
          ticks.scheduleAtFixedRate(
              () -> tick.accept(false), delayMs, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  /** Stops the ticks, and waits until a running tick has ended. */
  public void stopTicking() {
    if (ownTicker != null) {
      end(ownTicker);
    }
  }

  /** Ends the engine's own threads after they have finished their tasks. */
  @Override
  public void close() {
    stopTicking();
    end(ownCommits);
    end(ownFlushes);
    end(ownCompactions);
    end(ownLog);
    end(ownFeed);
    end(ownSweeps);
    end(ownChecks);
    end(ownCloser);
  }

  private void closeLater(Executor thread, Runnable task) {
    closing.incrementAndGet();
    thread.execute(
        () -> {
          try {
            task.run();
          } finally {
            closing.decrementAndGet();
          }
        });
  }

  private static Executor either(@Nullable Executor given, @Nullable Executor own) {
    if (given != null) {
      return given;
    }
    if (own == null) {
      throw new IllegalStateException("neither a given executor nor an own one");
    }
    return own;
  }

  private static void end(@Nullable ThreadPoolExecutor pool) {
    if (pool == null) {
      return;
    }
    if (!pool.getQueue().isEmpty()) {
      pool.prestartCoreThread();
    }
    pool.shutdown();
    boolean interrupted = false;
    while (!pool.isTerminated()) {
      try {
        if (pool.awaitTermination(1, TimeUnit.DAYS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons(name));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  // Closing one object can release another one, even after the pool was shut down.
  private static ThreadPoolExecutor closerPool() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons("apexstore-closer"),
            (task, ended) -> task.run()) {
          @Override
          public void execute(Runnable task) {
            try {
              super.execute(task);
            } catch (OutOfMemoryError e) {
              // No thread can be started. Closing can wait for the next task, or for the end; its
              // callers, who are in the middle of something else, must not fail for it.
              getQueue().add(task);
            }
          }
        };
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static ScheduledThreadPoolExecutor ticker(int threads) {
    ScheduledThreadPoolExecutor ticker =
        new ScheduledThreadPoolExecutor(threads, daemons("apexstore-ticker"));
    ticker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return ticker;
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}

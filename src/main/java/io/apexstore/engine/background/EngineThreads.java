package io.apexstore.engine.background;

import io.apexstore.engine.EngineComponents;
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
 * Where an engine's work runs: the executors it was given, and threads of its own for the rest. Its
 * own threads are daemons, start when there is something to do and end when there has been nothing
 * for a while. They are never interrupted: an interrupt in the middle of file I/O is nobody's
 * friend.
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
   * Makes them.
   *
   * @param tickers how many ticks may be under way at once: one that syncs must not delay others
   */
  public EngineThreads(EngineComponents.Executors given, int compactionThreads, int tickers) {
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

  public Executor commits() {
    return commits;
  }

  Executor flushes() {
    return flushes;
  }

  Executor compactions() {
    return compactions;
  }

  public Executor completions() {
    return completions;
  }

  /** Where conditions of asynchronous commits are evaluated again; may read the disk. */
  public Executor checks() {
    return checks;
  }

  /** Where what has expired is deleted; reads the disk. */
  public Executor sweeps() {
    return sweeps;
  }

  /**
   * Where is closed what the last reader left. After the open of the store the tables that nobody
   * has read are opened here too, on the thread called closer.
   */
  public Executor closer() {
    return closer;
  }

  /** Where the log makes segments ahead of need and clears old ones away. */
  public Executor log() {
    return log;
  }

  /** Where consumers of changes are woken. */
  public Executor feed() {
    return feed;
  }

  /** Whether something that was given to {@link #closer} is still to be done. */
  public boolean isClosing() {
    return closing.get() > 0;
  }

  /**
   * Has the engine's clockwork call its tick, unless somebody else does.
   *
   * @param tick is told whether the sync interval has passed since the last call with true
   */
  public void startTicking(StoreOptions options, Consumer<Boolean> tick) {
    ScheduledExecutorService ticks = ownTicker;
    if (ticks == null) {
      return;
    }
    long syncMs = options.syncMode().isDurable() ? 1_000 : options.syncInterval().toMillis();
    // At a fixed rate: the interval is not to be as much longer as a sync takes.
    var _ =
        ticks.scheduleAtFixedRate(() -> tick.accept(true), syncMs, syncMs, TimeUnit.MILLISECONDS);
    if (options.syncMode() == SyncMode.ASYNC) {
      // Twice as often, so that what came just after one tick is not late at the next.
      long delayMs = Math.max(1, options.asyncDelay().toMillis() / 2);
      var _ =
          ticks.scheduleAtFixedRate(
              () -> tick.accept(false), delayMs, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  /** Stops the ticking; waits until a tick under way has ended. */
  public void stopTicking() {
    if (ownTicker != null) {
      end(ownTicker);
    }
  }

  /** Ends the engine's own threads once they have done what they were given. */
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
      throw new IllegalStateException("neither a given executor nor one of our own");
    }
    return own;
  }

  private static void end(@Nullable ThreadPoolExecutor pool) {
    if (pool == null) {
      return;
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

  // Closing one thing can leave another to close, also once the pool was told to end.
  private static ThreadPoolExecutor closerPool() {
    ThreadPoolExecutor pool = pool("apexstore-closer", 1);
    pool.setRejectedExecutionHandler((task, ended) -> task.run());
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

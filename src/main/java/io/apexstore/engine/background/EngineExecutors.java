package io.apexstore.engine.background;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The executors that an engine runs its work on. Where one is null, the engine uses threads of its
 * own.
 *
 * @param commits leads asynchronous commits, one task at a time
 * @param flushes flushes memtables, one task at a time
 * @param compactions compacts tables
 * @param completions completes asynchronous commits; null: the common pool
 * @param closer closes what the last reader has released and opens tables that no one has read yet,
 *     one task at a time; also prepares and deletes log segments, notifies feeds, evaluates
 *     conditions again and sweeps
 * @param ticks whether the engine has a thread of its own for periodic work; if false, the caller
 *     calls {@code LsmEngine.tick}
 * @param insteadOfWaiting what a thread does repeatedly instead of waiting for background work, for
 *     simulations in which one thread does everything; null: it waits
 */
public record EngineExecutors(
    @Nullable Executor commits,
    @Nullable Executor flushes,
    @Nullable Executor compactions,
    @Nullable Executor completions,
    @Nullable Executor closer,
    boolean ticks,
    @Nullable Runnable insteadOfWaiting) {

  /** All work runs on the engine's own threads. */
  public static final EngineExecutors OWN =
      new EngineExecutors(null, null, null, null, null, true, null);

  /** Returns the executors of a simulation: one for everything, and no periodic thread. */
  public static EngineExecutors simulated(Executor all, Runnable step) {
    return new EngineExecutors(all, all, all, all, all, false, step);
  }

  /** Returns these executors with another one for flushes; null: the engine's own thread. */
  public EngineExecutors withFlushes(@Nullable Executor executor) {
    return new EngineExecutors(
        commits, executor, compactions, completions, closer, ticks, insteadOfWaiting);
  }

  /** Returns these executors with another one for compactions; null: the engine's own threads. */
  public EngineExecutors withCompactions(@Nullable Executor executor) {
    return new EngineExecutors(
        commits, flushes, executor, completions, closer, ticks, insteadOfWaiting);
  }

  /** Returns these executors without a periodic thread. */
  public EngineExecutors withoutTicks() {
    return new EngineExecutors(
        commits, flushes, compactions, completions, closer, false, insteadOfWaiting);
  }

  /** Whether this is a simulation, in which no thread may sleep or wait. */
  public boolean areSimulated() {
    return insteadOfWaiting != null;
  }
}

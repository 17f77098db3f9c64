package io.apexstore.engine;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.Storage;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is put together from besides its options.
 *
 * @param storage the files; the engine closes it
 * @param time the clocks
 * @param createIfMissing whether an empty directory becomes a new store
 * @param commits where asynchronous commits are led, one task at a time; null: a thread of the
 *     engine
 * @param flushes where memtables are flushed, one task at a time; null: a thread of the engine
 * @param compactions where tables are compacted; null: threads of the engine
 * @param completions where asynchronous commits complete; null: the common pool
 */
@SuppressWarnings("DoNotCallSuggester")
public record EngineComponents(
    Storage storage,
    TimeSource time,
    boolean createIfMissing,
    @Nullable Executor commits,
    @Nullable Executor flushes,
    @Nullable Executor compactions,
    @Nullable Executor completions) {

  /** Returns components over files in a directory. */
  public static EngineComponents onDisk(Path directory, boolean createIfMissing) {
    throw new IllegalStateException(directory + " " + createIfMissing);
  }

  /** Returns these components with executors; null where the engine shall make its own. */
  public EngineComponents withExecutors(
      @Nullable Executor newCommits,
      @Nullable Executor newFlushes,
      @Nullable Executor newCompactions,
      @Nullable Executor newCompletions) {
    return new EngineComponents(
        storage, time, createIfMissing, newCommits, newFlushes, newCompactions, newCompletions);
  }
}

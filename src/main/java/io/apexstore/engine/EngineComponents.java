package io.apexstore.engine;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.encryption.SealListener;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.wal.LogOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is put together from besides its options.
 *
 * @param storage the files; the engine closes it
 * @param time the clocks
 * @param log sizes of the log's segments; how long they are retained, the store's options say
 * @param executors where work runs
 * @param encryption what the files are encrypted with; null: they are not
 * @param filters rules of the user's for what compactions keep, by keyspace
 */
public record EngineComponents(
    Storage storage,
    TimeSource time,
    LogOptions log,
    Executors executors,
    @Nullable Encryption encryption,
    Map<String, UserFilter> filters) {

  /** Copies the map. */
  public EngineComponents {
    filters = Map.copyOf(filters);
  }

  /** Makes components of a store that is not encrypted. */
  public EngineComponents(Storage storage, TimeSource time, Executors executors) {
    this(storage, time, LogOptions.DEFAULT, executors, null, Map.of());
  }

  /**
   * What an encrypted store needs.
   *
   * @param wrapper holds the key-encryption keys
   * @param random makes keys and salts
   * @param listener is told of every seal; for tests
   */
  public record Encryption(
      KeyWrapper wrapper, SecureRandom random, @Nullable SealListener listener) {
    /** Returns what a store with these key-encryption keys needs. */
    public static Encryption with(KeyWrapper wrapper) {
      return new Encryption(wrapper, new SecureRandom(), null);
    }
  }

  /** Returns these components for an encrypted store; null: for one that is not. */
  public EngineComponents withEncryption(@Nullable Encryption newEncryption) {
    return new EngineComponents(storage, time, log, executors, newEncryption, filters);
  }

  /** Returns these components with rules for what compactions keep, by keyspace. */
  public EngineComponents withFilters(Map<String, UserFilter> newFilters) {
    return new EngineComponents(storage, time, log, executors, encryption, newFilters);
  }

  /**
   * Where the engine's work runs; null: on threads of the engine's own.
   *
   * @param commits asynchronous commits are led here, one task at a time
   * @param flushes memtables are flushed here, one task at a time
   * @param compactions tables are compacted here
   * @param completions asynchronous commits complete here; null: in the common pool
   * @param closer what the last reader left is closed here, one task at a time, and tables that
   *     nobody has read are opened; the log makes segments ready and clears old ones away
   * @param ticks whether the engine has a thread that calls {@link LsmEngine#tick} in time
   * @param insteadOfWaiting what a thread that must wait for background work does instead, again
   *     and again; for simulations in which one thread does everything; null: it waits
   */
  public record Executors(
      @Nullable Executor commits,
      @Nullable Executor flushes,
      @Nullable Executor compactions,
      @Nullable Executor completions,
      @Nullable Executor closer,
      boolean ticks,
      @Nullable Runnable insteadOfWaiting) {

    /** Everything on threads of the engine's own. */
    public static final Executors OWN = new Executors(null, null, null, null, null, true, null);

    /** Returns executors for a simulation: one for everything, and no ticking. */
    public static Executors simulated(Executor all, Runnable step) {
      return new Executors(all, all, all, all, all, false, step);
    }
  }

  /**
   * Returns components over files in a directory.
   *
   * @throws EngineException if the directory cannot be used
   */
  public static EngineComponents onDisk(Path directory) {
    try {
      return new EngineComponents(FileStorage.open(directory), TimeSource.SYSTEM, Executors.OWN);
    } catch (IOException e) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "opening directory " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Returns these components with something between the engine and its files. */
  public EngineComponents withStorage(UnaryOperator<Storage> wrapper) {
    return new EngineComponents(wrapper.apply(storage), time, log, executors, encryption, filters);
  }

  /** Returns these components with other sizes of the log's segments. */
  public EngineComponents withLog(LogOptions otherLog) {
    return new EngineComponents(storage, time, otherLog, executors, encryption, filters);
  }

  /** Returns these components with another time. */
  public EngineComponents withTime(TimeSource otherTime) {
    return new EngineComponents(storage, otherTime, log, executors, encryption, filters);
  }

  /** Returns these components with executors of the caller's; null for the engine's own. */
  public EngineComponents withExecutors(
      @Nullable Executor commits,
      @Nullable Executor flushes,
      @Nullable Executor compactions,
      @Nullable Executor completions) {
    return new EngineComponents(
        storage,
        time,
        log,
        new Executors(commits, flushes, compactions, completions, null, true, null),
        encryption,
        filters);
  }
}

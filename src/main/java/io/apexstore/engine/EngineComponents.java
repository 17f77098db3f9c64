package io.apexstore.engine;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.wal.LogOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The components that an engine is assembled from, besides its options.
 *
 * @param storage the files; the engine closes it
 * @param time the clock
 * @param log segment sizes of the log; the retention is one of the store's options
 * @param executors the executors that run the engine's work
 * @param encryption the encryption of the files; null: they are not encrypted
 * @param filters user filters of compactions, by keyspace name
 */
public record EngineComponents(
    Storage storage,
    TimeSource time,
    LogOptions log,
    EngineExecutors executors,
    @Nullable EncryptionComponents encryption,
    Map<String, UserFilter> filters) {

  /** Copies the map. */
  public EngineComponents {
    filters = Map.copyOf(filters);
  }

  /** Creates components of a store that is not encrypted. */
  public EngineComponents(Storage storage, TimeSource time, EngineExecutors executors) {
    this(storage, time, LogOptions.DEFAULT, executors, null, Map.of());
  }

  /** Returns these components with encryption; null: without. */
  public EngineComponents withEncryption(@Nullable EncryptionComponents newEncryption) {
    return new EngineComponents(storage, time, log, executors, newEncryption, filters);
  }

  /** Returns these components with user filters of compactions, by keyspace name. */
  public EngineComponents withFilters(Map<String, UserFilter> newFilters) {
    return new EngineComponents(storage, time, log, executors, encryption, newFilters);
  }

  /**
   * Returns components over files in a directory.
   *
   * @throws EngineException if the directory cannot be used
   */
  public static EngineComponents onDisk(Path directory) {
    try {
      return new EngineComponents(
          FileStorage.open(directory), TimeSource.SYSTEM, EngineExecutors.OWN);
    } catch (IOException e) {
      throw new EngineException(IoFailures.of(e), String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns these components with the storage wrapped. */
  public EngineComponents withStorage(UnaryOperator<Storage> wrapper) {
    return new EngineComponents(wrapper.apply(storage), time, log, executors, encryption, filters);
  }

  /** Returns these components with other sizes of the log's segments. */
  public EngineComponents withLog(LogOptions otherLog) {
    return new EngineComponents(storage, time, otherLog, executors, encryption, filters);
  }

  /** Returns these components with another clock. */
  public EngineComponents withTime(TimeSource otherTime) {
    return new EngineComponents(storage, otherTime, log, executors, encryption, filters);
  }

  /** Returns these components with the caller's executors; null: the engine's own. */
  public EngineComponents withExecutors(
      @Nullable Executor commits,
      @Nullable Executor flushes,
      @Nullable Executor compactions,
      @Nullable Executor completions) {
    return new EngineComponents(
        storage,
        time,
        log,
        new EngineExecutors(commits, flushes, compactions, completions, null, true, null),
        encryption,
        filters);
  }
}

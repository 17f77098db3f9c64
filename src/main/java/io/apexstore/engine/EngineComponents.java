package io.apexstore.engine;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.io.Storage;
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
 * @param createIfMissing whether an empty directory becomes a new store
 * @param executors the executors that run the engine's work
 * @param encryption the encryption of the files; null: they are not encrypted
 * @param filters user filters of compactions, by keyspace name
 */
public record EngineComponents(
    Storage storage,
    TimeSource time,
    boolean createIfMissing,
    EngineExecutors executors,
    @Nullable EncryptionComponents encryption,
    Map<String, UserFilter> filters) {

  /** Copies the map. */
  public EngineComponents {
    filters = Map.copyOf(filters);
  }

  /** Creates components of a store that is not encrypted. */
  public EngineComponents(
      Storage storage, TimeSource time, boolean createIfMissing, EngineExecutors executors) {
    this(storage, time, createIfMissing, executors, null, Map.of());
  }

  /** Returns these components with encryption; null: without. */
  public EngineComponents withEncryption(@Nullable EncryptionComponents newEncryption) {
    return new EngineComponents(storage, time, createIfMissing, executors, newEncryption, filters);
  }

  /** Returns these components with user filters of compactions, by keyspace name. */
  public EngineComponents withFilters(Map<String, UserFilter> newFilters) {
    return new EngineComponents(storage, time, createIfMissing, executors, encryption, newFilters);
  }

  /**
   * Returns components over files in a directory.
   *
   * @throws EngineException if the directory cannot be used
   */
  public static EngineComponents onDisk(Path directory, boolean createIfMissing) {
    try {
      return new EngineComponents(
          FileStorage.open(directory), TimeSource.SYSTEM, createIfMissing, EngineExecutors.OWN);
    } catch (IOException e) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "opening directory " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Returns these components with the storage wrapped. */
  public EngineComponents withStorage(UnaryOperator<Storage> wrapper) {
    return new EngineComponents(
        wrapper.apply(storage), time, createIfMissing, executors, encryption, filters);
  }

  /** Returns these components with another clock. */
  public EngineComponents withTime(TimeSource otherTime) {
    return new EngineComponents(
        storage, otherTime, createIfMissing, executors, encryption, filters);
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
        createIfMissing,
        new EngineExecutors(commits, flushes, compactions, completions, null, true, null),
        encryption,
        filters);
  }
}

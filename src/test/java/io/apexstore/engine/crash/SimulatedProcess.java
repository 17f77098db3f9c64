package io.apexstore.engine.crash;

import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.SimulatedExecutor;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.engine.wal.LogOptions;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A process with an open store that runs everything on one thread: background work runs when {@link
 * #executor} is stepped, or when the engine waits for it.
 */
final class SimulatedProcess {
  /**
   * The newest entry of a key.
   *
   * @param version the version of its commit
   */
  record Found(Entry entry, long version) {}

  final LsmEngine engine;
  final SimulatedExecutor executor;
  private final MemoryStorage files;
  private final ForwardingStorage storage;
  private final @Nullable KeyWrapper keys;

  private SimulatedProcess(
      MemoryStorage files,
      ForwardingStorage storage,
      LsmEngine engine,
      SimulatedExecutor executor,
      @Nullable KeyWrapper keys) {
    this.keys = keys;
    this.files = files;
    this.storage = storage;
    this.engine = engine;
    this.executor = executor;
  }

  /**
   * Opens a store.
   *
   * @param keys the key-encryption keys; null: the store is not encrypted
   */
  static SimulatedProcess open(
      MemoryStorage files,
      ForwardingStorage storage,
      StoreOptions options,
      @Nullable KeyWrapper keys,
      TestClock clock,
      long seed) {
    SimulatedExecutor executor = new SimulatedExecutor(seed);
    Runnable work =
        () -> {
          if (!executor.step()) {
            throw new AssertionError("the engine waits, but no task is left");
          }
        };
    try {
      LsmEngine engine =
          LsmEngine.open(
              new EngineComponents(storage, clock, EngineExecutors.simulated(executor, work))
                  .withLog(LogOptions.DEFAULT.withSegmentBytes(16 << 10, 64 << 10))
                  .withEncryption(keys == null ? null : encryption(keys, seed)),
              options);
      return new SimulatedProcess(files, storage, engine, executor, keys);
    } catch (RuntimeException | Error e) {
      storage.kill();
      files.kill();
      throw e;
    }
  }

  private static EncryptionComponents encryption(KeyWrapper keys, long seed) {
    try {
      SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(seed);
      return new EncryptionComponents(keys, random, null);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns options with which little data fills memtables, levels and log segments. */
  static StoreOptions options(
      SyncMode mode,
      CompactionStrategy compaction,
      Duration historyRetention,
      long logRetentionBytes) {
    return StoreOptions.defaults()
        .withSyncMode(mode)
        .withSyncInterval(Duration.ofMillis(100))
        .withAsyncDelay(Duration.ofMillis(20))
        .withAsyncBytesMax(16 << 10)
        .withMemtableBytesMax(24 << 10)
        .withBlockBytes(1 << 10)
        .withRestartInterval(4)
        .withBlockCacheBytes(256 << 10)
        .withLevel0Threshold(2)
        .withSizeRatio(4)
        .withMaxLevels(4)
        .withCompaction(compaction)
        .withLogRetentionBytes(logRetentionBytes)
        .withHistoryRetention(historyRetention);
  }

  /** Closes the store. */
  void close() {
    try {
      engine.close();
      executor.runAll();
    } finally {
      kill();
    }
  }

  /** Ends the process as SIGKILL does, but frees its memory. */
  void kill() {
    storage.kill();
    files.kill();
    try {
      engine.close();
    } catch (EngineException | AssertionError e) {
      // It cannot write any more. Its memory is free nevertheless.
    }
    executor.discardAll();
  }

  /** Reads everything with scans. */
  StoreContent scanAll(boolean reverse) {
    return scanAll(reverse, null);
  }

  /** Reads everything as of a version with scans. */
  StoreContent scanAll(boolean reverse, @Nullable EngineSnapshot at) {
    StoreContent content = new StoreContent(at == null ? engine.nowMs() : at.timeMs());
    for (String name : engine.keyspaceNames()) {
      KeyspaceTree tree = engine.keyspace(name);
      try (EngineCursor cursor = engine.scan(tree, null, null, reverse, at)) {
        while (cursor.next()) {
          byte[] value = new byte[cursor.valueLength()];
          MemorySegment.copy(
              cursor.valueSegment(),
              ValueLayout.JAVA_BYTE,
              cursor.valueOffset(),
              value,
              0,
              value.length);
          String key = new String(cursor.key(), 0, cursor.keyLength(), StandardCharsets.ISO_8859_1);
          content.put(name, key, new Entry(value, cursor.expiryMs()));
        }
      }
    }
    return content;
  }

  /** Reads one key. */
  byte @Nullable [] get(KeyspaceTree keyspace, String key) {
    return get(keyspace, key, null);
  }

  /** Reads one key as of a version. */
  byte @Nullable [] get(KeyspaceTree keyspace, String key, @Nullable EngineSnapshot at) {
    Found found = find(keyspace, key, at == null ? Long.MAX_VALUE : at.version());
    long nowMs = at == null ? engine.nowMs() : at.timeMs();
    return found != null && found.entry.isVisibleAt(nowMs) ? found.entry.value() : null;
  }

  /** Reads the entry of a key, even if it has expired. */
  @Nullable Found find(KeyspaceTree keyspace, String key, long version) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(StandardCharsets.ISO_8859_1), version, false);
    boolean found =
        engine.get(keyspace, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    byte[] value = found ? lookup.value() : null;
    return value == null ? null : new Found(new Entry(value, lookup.expiryMs()), lookup.version());
  }

  /** Returns the files that nothing refers to, and those that are missing. */
  Set<String> strayFiles() {
    return StrayFiles.in(files, keys);
  }
}

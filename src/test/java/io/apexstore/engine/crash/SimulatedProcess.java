package io.apexstore.engine.crash;

import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.crash.StoreContent.Entry;
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
 * A process that has a store open and does everything on one thread: what the engine would do in
 * the background is done when {@link #executor} is stepped, or when the engine waits for it.
 */
final class SimulatedProcess {
  /** A clock that goes on, or is set back, only when it is asked to. */
  static final class Clock implements TimeSource {
    private long nowMs;
    private long elapsedMs;

    Clock(long nowMs) {
      this.nowMs = nowMs;
    }

    void advance(long ms) {
      nowMs += ms;
      elapsedMs += ms;
    }

    /** Sets it, as an administrator would. */
    void set(long timeMs) {
      nowMs = timeMs;
    }

    @Override
    public long currentTimeMs() {
      return nowMs;
    }

    @Override
    public long nanoTime() {
      return elapsedMs * 1_000_000;
    }
  }

  /**
   * What is found at a key.
   *
   * @param version which commit wrote it
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
   * @param keys if it is encrypted
   */
  static SimulatedProcess open(
      MemoryStorage files,
      ForwardingStorage storage,
      StoreOptions options,
      @Nullable KeyWrapper keys,
      Clock clock,
      long seed) {
    SimulatedExecutor executor = new SimulatedExecutor(seed);
    Runnable work =
        () -> {
          if (!executor.step()) {
            throw new AssertionError("the engine waits, and there is nothing to be done");
          }
        };
    try {
      LsmEngine engine =
          LsmEngine.open(
              new EngineComponents(
                      storage, clock, EngineComponents.Executors.simulated(executor, work))
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

  private static EngineComponents.Encryption encryption(KeyWrapper keys, long seed) {
    try {
      SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(seed);
      return new EngineComponents.Encryption(keys, random, null);
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

  /** Closes the store in order. */
  void close() {
    try {
      engine.close();
      executor.runAll();
    } finally {
      kill();
    }
  }

  /** Ends the process as SIGKILL does, but gives its memory back. */
  void kill() {
    storage.kill();
    files.kill();
    try {
      engine.close();
    } catch (EngineException | AssertionError e) {
      // It could not write any more; whatever it says, its memory is free.
    }
    executor.discardAll();
  }

  /** Reads everything, by scans. */
  StoreContent scanAll(boolean reverse) {
    return scanAll(reverse, null);
  }

  /** Reads everything as it was at a version, by scans. */
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

  /** Reads one key as it was at a version. */
  byte @Nullable [] get(KeyspaceTree keyspace, String key, @Nullable EngineSnapshot at) {
    Found found = find(keyspace, key, at == null ? Long.MAX_VALUE : at.version());
    long nowMs = at == null ? engine.nowMs() : at.timeMs();
    return found != null && found.entry.isVisibleAt(nowMs) ? found.entry.value() : null;
  }

  /** Reads what is at a key, be it expired. */
  @Nullable Found find(KeyspaceTree keyspace, String key, long version) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(StandardCharsets.ISO_8859_1), version, false);
    boolean found =
        engine.get(keyspace, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    byte[] value = found ? lookup.value() : null;
    return value == null ? null : new Found(new Entry(value, lookup.expiryMs()), lookup.version());
  }

  /** Returns the names of files that nothing refers to, or that are missing. */
  Set<String> strayFiles() {
    return StrayFiles.in(files, keys);
  }
}

package io.apexstore.engine;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.wal.LogOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An engine on a storage of the test, with calls whose keys and values are text. */
public final class TestStore implements AutoCloseable {
  private final LsmEngine engine;
  private final KeyspaceTree keyspace;

  private TestStore(LsmEngine engine) {
    this.engine = engine;
    this.keyspace = engine.keyspace("default");
  }

  /** Opens a store with its own threads and small memtables. */
  public static TestStore open(Storage storage, SyncMode mode) {
    return open(storage, mode, TimeSource.SYSTEM, EngineExecutors.OWN);
  }

  /** Opens a store with the executors and the clock of the test, and small memtables. */
  public static TestStore open(
      Storage storage, SyncMode mode, TimeSource time, EngineExecutors executors) {
    return open(new EngineComponents(storage, time, executors), mode);
  }

  /** Opens a store with the components of the test, and small memtables. */
  static TestStore open(EngineComponents components, SyncMode mode) {
    return new TestStore(LsmEngine.open(components, options(mode)));
  }

  /** Opens an encrypted store with its own threads and small log segments; null: not encrypted. */
  public static TestStore open(Storage storage, @Nullable EncryptionComponents encryption) {
    return open(storage, encryption, 32 << 10);
  }

  /** Opens an encrypted store that retains this much of its log; null: not encrypted. */
  static TestStore open(
      Storage storage, @Nullable EncryptionComponents encryption, long logRetentionBytes) {
    EngineComponents components =
        new EngineComponents(storage, TimeSource.SYSTEM, EngineExecutors.OWN)
            .withLog(LogOptions.DEFAULT.withSegmentBytes(16 << 10, 64 << 10))
            .withEncryption(encryption);
    return new TestStore(
        LsmEngine.open(
            components, options(SyncMode.GROUP).withLogRetentionBytes(logRetentionBytes)));
  }

  /** Returns options with small memtables, and a log that is kept for no one. */
  public static StoreOptions options(SyncMode mode) {
    return StoreOptions.defaults()
        .withSyncMode(mode)
        .withSyncInterval(Duration.ofMillis(50))
        .withAsyncBytesMax(64 << 10)
        .withMemtableBytesMax(128 << 10)
        .withRestartInterval(16)
        .withBlockCacheBytes(1 << 20)
        .withMaxLevels(5)
        .withLogRetentionBytes(0);
  }

  public LsmEngine engine() {
    return engine;
  }

  public long put(String key, String value) {
    Batch batch = new Batch(64);
    batch.put(keyspace.id(), bytes(key), 0, MemorySegment.ofArray(bytes(value)));
    batch.seal();
    return engine.commit(batch, null);
  }

  public @Nullable String get(String key) {
    Lookup lookup = new Lookup();
    lookup.start(bytes(key), Long.MAX_VALUE, false);
    boolean found =
        engine.get(keyspace, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    byte[] value = found ? lookup.value() : null;
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }

  /** Returns all entries. */
  public Map<String, String> scan() {
    Map<String, String> entries = new TreeMap<>();
    try (EngineCursor cursor = engine.scan(keyspace, null, null, false, null)) {
      while (cursor.next()) {
        byte[] value =
            cursor
                .valueSegment()
                .asSlice(cursor.valueOffset(), cursor.valueLength())
                .toArray(ValueLayout.JAVA_BYTE);
        entries.put(
            new String(cursor.key(), 0, cursor.keyLength(), StandardCharsets.UTF_8),
            new String(value, StandardCharsets.UTF_8));
      }
    }
    return entries;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    engine.close();
  }
}

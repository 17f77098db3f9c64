package io.apexstore.bench.store;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.ScanOptions;
import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * ApexStore through its embedded API. One thread flushes and one compacts; the peers have two
 * background jobs. A point read returns an array; a cursor lends keys and values.
 */
final class ApexBenchStore implements BenchStore {
  private final ApexStore store;

  /** A replacement for a key file; reading one is not measured. */
  private static final EncryptionKeyProvider KEYS =
      EncryptionKeyProvider.ofText("A".repeat(43) + "=");

  ApexBenchStore(
      Path directory, StoreSettings settings, boolean encrypted, CompactionStrategy compaction) {
    StoreOptions options =
        StoreOptions.defaults()
            .withSyncMode(settings.durable() ? SyncMode.GROUP : SyncMode.INTERVAL)
            .withBlockCacheBytes(settings.cacheBytes())
            .withMemtableBytesMax(settings.writeBufferBytes())
            .withCompactionThreads(1)
            .withCompaction(compaction)
            .withLogRetentionBytes(settings.logKept() ? 4L << 30 : 256L << 20);
    ApexStore.Builder builder = ApexStore.builder(directory).options(options);
    this.store = encrypted ? builder.keyProvider(KEYS).open() : builder.open();
  }

  @Override
  public Session session() {
    return new ApexSession(store);
  }

  @Override
  public void settle() {
    store.compact();
  }

  @Override
  public void flush() {
    store.flush();
  }

  @Override
  public ChangeReader changes() {
    return new ApexChanges(store.changes().from("0").open());
  }

  @Override
  public void deleteAll() {
    store.deleteRange(KeyRange.all());
  }

  @Override
  public long expired() {
    return store.stats().expired();
  }

  @Override
  public void sync() {
    store.sync();
  }

  @Override
  public long tableBytesWritten() {
    StoreStats.WriteStats writes = store.stats().writes();
    return writes.flushBytes() + writes.compactionWriteBytes();
  }

  @Override
  public long tableBytesOnDisk() {
    return store.stats().keyspaces().stream()
        .flatMap(keyspace -> keyspace.levels().stream())
        .mapToLong(StoreStats.LevelStats::bytes)
        .sum();
  }

  /** A read of a table asks the cache twice: for an index block and for a data block. */
  @Override
  public long filterPasses() {
    StoreStats.CacheStats cache = store.stats().cache();
    return (cache.hits() + cache.misses()) / 2;
  }

  @Override
  public void close() {
    store.close();
  }

  private record ApexChanges(ChangeFeed feed) implements ChangeReader {
    @Override
    public long read() {
      long count = 0;
      Change change;
      while ((change = feed.poll()) != null) {
        count += change instanceof Change.KeyChange ? 1 : 0;
      }
      return count;
    }

    @Override
    public void close() {
      feed.close();
    }
  }

  private static final class ApexSession implements Session {
    private final ApexStore store;
    private final Keyspace keyspace;
    private final Function<MemorySegment, @Nullable Void> touch = this::touch;
    private long touched;

    ApexSession(ApexStore store) {
      this.store = store;
      this.keyspace = store.keyspace("default");
    }

    @Override
    public void put(byte[] key, byte[] value) {
      store.put(key, value);
    }

    @Override
    public void putExpiring(byte[] key, byte[] value, Duration ttl) {
      keyspace.put(key, value, ttl);
    }

    @Override
    public void replace(byte[] key, byte[] value) {
      keyspace.update(
          key,
          before -> {
            touched += before == null ? 0 : before[0];
            return value;
          });
    }

    @Override
    public CompletionStage<?> putAsync(byte[] key, byte[] value) {
      return store.putAsync(key, value);
    }

    @Override
    public boolean get(byte[] key) {
      byte[] value = store.get(key);
      if (value == null) {
        return false;
      }
      touched += value[0];
      return true;
    }

    @Override
    public byte @Nullable [] value(byte[] key) {
      return store.get(key);
    }

    @Override
    public int scan(byte[] from, int count) {
      return walk(KeyRange.from(from), ScanOptions.DEFAULT, count);
    }

    @Override
    public int scanReverse(byte[] before, int count) {
      return walk(KeyRange.below(before), ScanOptions.REVERSE, count);
    }

    private int walk(KeyRange range, ScanOptions options, int count) {
      int seen = 0;
      try (Cursor cursor = store.scan(range, options)) {
        while (seen < count && cursor.next()) {
          cursor.withKey(touch);
          cursor.withValue(touch);
          seen++;
        }
      }
      return seen;
    }

    private @Nullable Void touch(MemorySegment bytes) {
      touched += bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
      return null;
    }

    @Override
    public long touched() {
      return touched;
    }
  }
}

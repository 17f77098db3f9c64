package io.apexstore.bench.store;

import java.nio.file.Path;
import java.util.Arrays;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/**
 * H2's MVStore: pages as objects on the heap, a cache of the configured size, written in the
 * background. It has no log, so its writes are not compared.
 */
final class MvBenchStore implements BenchStore {
  private static final int MIB = 1 << 20;

  private final MVStore store;
  private final MVMap<byte[], byte[]> map;

  MvBenchStore(Path directory, StoreSettings settings) {
    this.store =
        new MVStore.Builder()
            .fileName(directory.resolve("bench.mv").toString())
            .cacheSize(Math.toIntExact(settings.cacheBytes() / MIB))
            .open();
    this.map =
        store.openMap(
            "bench",
            new MVMap.Builder<byte[], byte[]>()
                .keyType(ByteArrayDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
  }

  @Override
  public Session session() {
    return new MvSession(map);
  }

  @Override
  public void settle() {
    store.commit();
    store.sync();
  }

  @Override
  public void flush() {
    store.commit();
  }

  @Override
  public void close() {
    store.close();
  }

  private static final class MvSession implements Session {
    private final MVMap<byte[], byte[]> map;
    private long touched;

    MvSession(MVMap<byte[], byte[]> map) {
      this.map = map;
    }

    @Override
    public void put(byte[] key, byte[] value) {
      map.put(key.clone(), value); // The map keeps the array.
    }

    @Override
    public boolean get(byte[] key) {
      byte[] value = map.get(key);
      if (value == null) {
        return false;
      }
      touched += value[0];
      return true;
    }

    @Override
    public byte @Nullable [] value(byte[] key) {
      return map.get(key);
    }

    @Override
    public int scan(byte[] from, int count) {
      return walk(map.cursor(from), count, null);
    }

    @Override
    public int scanReverse(byte[] before, int count) {
      return walk(map.cursor(before, null, true), count, before);
    }

    private int walk(Cursor<byte[], byte[]> cursor, int count, byte @Nullable [] except) {
      int seen = 0;
      while (seen < count && cursor.hasNext()) {
        byte[] key = cursor.next();
        if (except != null && Arrays.equals(key, except)) {
          continue;
        }
        touched += key[0] + cursor.getValue()[0];
        seen++;
      }
      return seen;
    }

    @Override
    public long touched() {
      return touched;
    }
  }
}

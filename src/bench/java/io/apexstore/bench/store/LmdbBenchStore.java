package io.apexstore.bench.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * LMDB through lmdbjava with its fastest proxy and without its checks. A write is a transaction,
 * synced if writes are durable, and otherwise in the writable map. Each read renews the transaction
 * of its thread and touches the value in the map.
 */
final class LmdbBenchStore implements BenchStore {
  private static final long MAP_BYTES = 64L << 30;
  private static final int LOAD_BATCH = 10_000;

  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> dbi;

  LmdbBenchStore(Path directory, StoreSettings settings) {
    List<EnvFlags> flags = new ArrayList<>(List.of(EnvFlags.MDB_NOTLS));
    if (!settings.durable()) {
      flags.add(EnvFlags.MDB_NOSYNC);
      flags.add(EnvFlags.MDB_WRITEMAP);
    }
    this.env =
        Env.create(ByteBufferProxy.PROXY_OPTIMAL)
            .setMapSize(MAP_BYTES)
            .setMaxDbs(1)
            .setMaxReaders(256)
            .open(directory.toFile(), flags.toArray(EnvFlags[]::new));
    this.dbi = env.openDbi("bench".getBytes(StandardCharsets.UTF_8), DbiFlags.MDB_CREATE);
  }

  @Override
  public Session session() {
    return new LmdbSession(env, dbi);
  }

  @Override
  public void load(Dataset dataset) {
    byte[] key = new byte[KeyShape.LENGTH];
    ByteBuffer keyBuffer = ByteBuffer.allocateDirect(KeyShape.LENGTH);
    ByteBuffer valueBuffer = ByteBuffer.allocateDirect(ValuePool.LENGTH);
    KeyOrder order = dataset.order();
    for (long first = 0; first < dataset.keys(); first += LOAD_BATCH) {
      try (Txn<ByteBuffer> txn = env.txnWrite()) {
        long end = Math.min(dataset.keys(), first + LOAD_BATCH);
        for (long i = first; i < end; i++) {
          long number = order.at(i);
          dataset.shape().fill(key, number);
          dbi.put(
              txn,
              keyBuffer.clear().put(key).flip(),
              valueBuffer.clear().put(dataset.values().at(number)).flip());
        }
        txn.commit();
      }
    }
  }

  @Override
  public void settle() {
    env.sync(true);
  }

  @Override
  public void flush() {
    env.sync(true);
  }

  @Override
  public void close() {
    env.close();
  }

  private static final class LmdbSession implements Session {
    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> dbi;
    private final Txn<ByteBuffer> reads;
    private final Cursor<ByteBuffer> cursor;
    private final ByteBuffer keyBuffer = ByteBuffer.allocateDirect(KeyShape.LENGTH);
    private final ByteBuffer valueBuffer = ByteBuffer.allocateDirect(ValuePool.LENGTH);
    private long touched;

    LmdbSession(Env<ByteBuffer> env, Dbi<ByteBuffer> dbi) {
      this.env = env;
      this.dbi = dbi;
      this.reads = env.txnRead();
      this.cursor = dbi.openCursor(reads);
      reads.reset();
    }

    @Override
    public void put(byte[] key, byte[] value) {
      try (Txn<ByteBuffer> txn = env.txnWrite()) {
        dbi.put(txn, direct(key), valueBuffer.clear().put(value).flip());
        txn.commit();
      }
    }

    @Override
    public boolean get(byte[] key) {
      reads.renew();
      try {
        ByteBuffer value = dbi.get(reads, direct(key));
        if (value == null) {
          return false;
        }
        touched += value.get(0);
        return true;
      } finally {
        reads.reset();
      }
    }

    @Override
    public byte @Nullable [] value(byte[] key) {
      reads.renew();
      try {
        ByteBuffer found = dbi.get(reads, direct(key));
        if (found == null) {
          return null;
        }
        byte[] value = new byte[found.remaining()];
        found.get(value);
        return value;
      } finally {
        reads.reset();
      }
    }

    private ByteBuffer direct(byte[] key) {
      return keyBuffer.clear().put(key).flip();
    }

    @Override
    public int scan(byte[] from, int count) {
      reads.renew();
      try {
        cursor.renew(reads);
        int seen = 0;
        boolean found = cursor.get(direct(from), GetOp.MDB_SET_RANGE);
        while (found) {
          touch();
          if (++seen == count) {
            break;
          }
          found = cursor.next();
        }
        return seen;
      } finally {
        reads.reset();
      }
    }

    @Override
    public int scanReverse(byte[] before, int count) {
      reads.renew();
      try {
        cursor.renew(reads);
        int seen = 0;
        boolean found =
            cursor.get(direct(before), GetOp.MDB_SET_RANGE) ? cursor.prev() : cursor.last();
        while (found) {
          touch();
          if (++seen == count) {
            break;
          }
          found = cursor.prev();
        }
        return seen;
      } finally {
        reads.reset();
      }
    }

    private void touch() {
      touched += cursor.key().getLong(0) + cursor.val().getLong(0);
    }

    @Override
    public long touched() {
      return touched;
    }

    @Override
    public void close() {
      reads.renew();
      cursor.close();
      reads.close();
    }
  }
}

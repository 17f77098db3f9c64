package io.apexstore.bench.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.FlushOptions;
import org.rocksdb.HyperClockCache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Statistics;
import org.rocksdb.TickerType;
import org.rocksdb.TransactionLogIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB through JNI: LZ4, 10-bit Bloom filters, the configured cache and write buffer, two
 * background jobs. Point reads, puts and cursors reuse direct buffers, which needs the fewest
 * copies in JNI. A scan refreshes the iterator of its thread.
 *
 * <p>The system properties {@code bench.rocksdb.cache} ({@code clock} or {@code lru}), {@code
 * bench.rocksdb.index} ({@code binary} or {@code hash}) and {@code bench.rocksdb.buffers} ({@code
 * direct} or {@code array}) choose among reasonable configurations; the defaults follow the guide
 * of RocksDB.
 */
final class RocksBenchStore implements BenchStore {
  private static final boolean ARRAYS =
      System.getProperty("bench.rocksdb.buffers", "direct").equals("array");

  // The number of write buffers at which ApexStore stops its writers.
  private static final int WRITE_BUFFERS = Integer.getInteger("bench.rocksdb.buffers.max", 6);
  // A recycled log needs no new blocks, so that a sync writes no metadata.
  private static final int RECYCLED_LOGS = Integer.getInteger("bench.rocksdb.logs.recycled", 4);

  static {
    RocksDB.loadLibrary();
  }

  private final BloomFilter filter = new BloomFilter(10);
  private final Cache cache;
  private final Options options;
  private final WriteOptions writes;
  private final Statistics statistics = new Statistics();
  private final RocksDB db;

  RocksBenchStore(Path directory, StoreSettings settings) throws RocksDBException {
    this.cache =
        System.getProperty("bench.rocksdb.cache", "clock").equals("lru")
            ? new LRUCache(settings.cacheBytes())
            : new HyperClockCache(settings.cacheBytes(), 0, -1, false);
    BlockBasedTableConfig tables =
        new BlockBasedTableConfig().setFilterPolicy(filter).setBlockCache(cache).setBlockSize(4096);
    if (System.getProperty("bench.rocksdb.index", "hash").equals("hash")) {
      tables.setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash);
    }
    this.options =
        new Options()
            .setCreateIfMissing(true)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setWriteBufferSize(settings.writeBufferBytes())
            .setMaxWriteBufferNumber(WRITE_BUFFERS)
            .setRecycleLogFileNum(RECYCLED_LOGS)
            .setMaxBackgroundJobs(2)
            .setTableFormatConfig(tables);
    if (settings.logKept()) {
      options.setWalTtlSeconds(3_600);
    }
    if (settings.counting()) {
      options.setStatistics(statistics);
    }
    this.writes = new WriteOptions().setSync(settings.durable());
    this.db = RocksDB.open(options, directory.toString());
  }

  @Override
  public Session session() {
    return new RocksSession(db, writes);
  }

  @Override
  public void settle() throws RocksDBException {
    flush();
    db.compactRange();
  }

  @Override
  public void flush() throws RocksDBException {
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      db.flush(flush);
    }
  }

  @Override
  public ChangeReader changes() {
    return new RocksChanges(db);
  }

  @Override
  public void deleteAll() throws RocksDBException {
    byte[] end = new byte[KeyShape.LENGTH + 1];
    Arrays.fill(end, (byte) 0xFF);
    db.deleteRange(new byte[0], end);
  }

  @Override
  public void sync() throws RocksDBException {
    db.syncWal();
  }

  @Override
  public long tableBytesWritten() {
    return statistics.getTickerCount(TickerType.COMPACT_WRITE_BYTES)
        + statistics.getTickerCount(TickerType.FLUSH_WRITE_BYTES);
  }

  @Override
  public long tableBytesOnDisk() {
    try {
      return db.getLongProperty("rocksdb.total-sst-files-size");
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public long filterPasses() {
    return statistics.getTickerCount(TickerType.BLOOM_FILTER_FULL_POSITIVE);
  }

  @Override
  public void close() {
    db.close();
    writes.close();
    options.close();
    cache.close();
    filter.close();
    statistics.close();
  }

  /** Reads the log through {@code getUpdatesSince}, whose iterator ends at the end of the log. */
  private static final class RocksChanges implements ChangeReader {
    private final RocksDB db;
    private final ChangeCounter counter = new ChangeCounter();
    private long next = 1;

    RocksChanges(RocksDB db) {
      this.db = db;
    }

    @Override
    public long read() throws RocksDBException {
      long before = counter.count;
      if (db.getLatestSequenceNumber() < next) {
        return 0;
      }
      try (TransactionLogIterator log = db.getUpdatesSince(next)) {
        for (; log.isValid(); log.next()) {
          TransactionLogIterator.BatchResult batch = log.getBatch();
          try (WriteBatch operations = batch.writeBatch()) {
            operations.iterate(counter);
            next = batch.sequenceNumber() + operations.count();
          }
        }
      }
      return counter.count - before;
    }

    @Override
    public void close() {
      counter.close();
    }
  }

  private static final class RocksSession implements Session {
    private final RocksDB db;
    private final WriteOptions writes;
    private final ReadOptions reads = new ReadOptions();
    private final ByteBuffer keyBuffer = ByteBuffer.allocateDirect(KeyShape.LENGTH);
    private final ByteBuffer valueBuffer = ByteBuffer.allocateDirect(ValuePool.LENGTH);
    private final byte[] valueArray = new byte[ValuePool.LENGTH];
    private @Nullable RocksIterator iterator;
    private long touched;

    RocksSession(RocksDB db, WriteOptions writes) {
      this.db = db;
      this.writes = writes;
    }

    @Override
    public void put(byte[] key, byte[] value) throws RocksDBException {
      if (ARRAYS) {
        db.put(writes, key, value);
      } else {
        db.put(writes, direct(key), valueBuffer.clear().put(value).flip());
      }
    }

    @Override
    public boolean get(byte[] key) throws RocksDBException {
      if (ARRAYS) {
        if (db.get(reads, key, valueArray) < 0) {
          return false;
        }
        touched += valueArray[0];
        return true;
      }
      if (db.get(reads, direct(key), valueBuffer.clear()) < 0) {
        return false;
      }
      touched += valueBuffer.get(0);
      return true;
    }

    @Override
    public byte @Nullable [] value(byte[] key) throws RocksDBException {
      return db.get(reads, key);
    }

    private ByteBuffer direct(byte[] key) {
      return keyBuffer.clear().put(key).flip();
    }

    @Override
    public int scan(byte[] from, int count) throws RocksDBException {
      RocksIterator iterator = fresh();
      iterator.seek(direct(from));
      int seen = 0;
      while (seen < count && iterator.isValid()) {
        touch(iterator);
        iterator.next();
        seen++;
      }
      return seen;
    }

    @Override
    public int scanReverse(byte[] before, int count) throws RocksDBException {
      RocksIterator iterator = fresh();
      iterator.seekForPrev(direct(before));
      int seen = 0;
      while (seen < count && iterator.isValid()) {
        touch(iterator);
        iterator.prev();
        seen++;
      }
      return seen;
    }

    /** The refreshed iterator of the thread; created late, because an idle one keeps old tables. */
    private RocksIterator fresh() throws RocksDBException {
      RocksIterator current = iterator;
      if (current == null) {
        current = db.newIterator(reads);
        iterator = current;
      } else {
        current.refresh();
      }
      return current;
    }

    private void touch(RocksIterator iterator) {
      iterator.key(keyBuffer.clear());
      iterator.value(valueBuffer.clear());
      touched += keyBuffer.getLong(0) + valueBuffer.getLong(0);
    }

    @Override
    public long touched() {
      return touched;
    }

    @Override
    public void close() {
      if (iterator != null) {
        iterator.close();
      }
      reads.close();
    }
  }
}

package io.apexstore.options;

import io.apexstore.error.ApexException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;

/**
 * The options of a store. Start from {@link #defaults()} and change what differs; each {@code with}
 * method returns a copy. They hold until the store is closed; the next open may give others.
 *
 * <p><b>Threads:</b> immutable.
 *
 * @param syncMode when a write is acknowledged; default {@code GROUP}. A weaker mode is faster and
 *     a crash loses more
 * @param syncInterval time between two syncs of the log in {@code INTERVAL} and {@code ASYNC}, 1 ms
 *     to 1 day; default 1 s. A power failure loses at most the writes of this time and of one sync
 * @param asyncDelay longest time that a write in {@code ASYNC} is in memory only, 1 ms to 1 day;
 *     default 10 ms. A crash of the process loses at most the writes of this time
 * @param asyncBytesMax bytes of writes in {@code ASYNC} that may be in memory only, at least 1;
 *     default 1 MiB. A crash of the process loses at most this much
 * @param memtableBytesMax size in bytes at which a memtable is sealed and flushed, 16 KiB to 1 GiB;
 *     default 32 MiB. All keyspaces share it. A larger one means fewer and larger flushes, and a
 *     longer replay of the log when the store is opened
 * @param blockBytes size in bytes of a data block of a table before compression, 512 B to 1 MiB;
 *     default 4096. Smaller blocks make point reads cheaper and indexes larger
 * @param restartInterval entries from one key that a block stores whole to the next, 1 to 128;
 *     default 8. Fewer make point reads faster and tables larger
 * @param blockCacheBytes budget in bytes of the block cache, outside the heap, at least 256 KiB;
 *     default 64 MiB
 * @param largeReadBytesMax the most memory in bytes, outside the heap, that readers of values above
 *     64 KiB may hold at once, at least 160 MiB; default 1 PiB, in effect no limit. A read for
 *     which too little is left fails with {@code MEMORY_EXHAUSTED}
 * @param openTablesMax how many files of tables may be open at once, 8 to 1,000,000; default 1000.
 *     The one that was not read for the longest time is closed, and opened again when a block of it
 *     must be read from disk. Reads that run at the same time may exceed the number, each by one
 * @param bloomFalsePositiveRate share of absent keys that a table's filter lets through, 0.0001 to
 *     0.5; default 0.01, about 10 bits a key. A smaller share means fewer reads of tables in vain,
 *     and larger filters
 * @param compression compression of the blocks of new tables; default {@code LZ4}
 * @param level0Threshold number of tables at level 0 that starts a compaction, 2 to 64; default 4.
 *     A larger number means fewer compactions and slower reads
 * @param sizeRatio how many times larger each level is than the one above, 2 to 100; default 10. A
 *     larger ratio means fewer levels, and more bytes that a compaction rewrites
 * @param maxLevels number of levels, 2 to 10; default 7
 * @param compactionThreads number of compactions that may run at once, 1 to 64; default 1
 * @param compaction compaction strategy of new keyspaces whose options name none; default {@code
 *     LEVELED}. {@code FIFO} is not allowed: it deletes entries, so a keyspace must ask for it
 * @param backgroundBytesPerSecond bytes of keys and values that flushes and compactions together
 *     may process in a second, 0 or at least 64 KiB; default 0, no limit. Only compactions wait for
 *     it. If writes bring more than it leaves, they are slowed down in the end
 * @param logRetentionBytes bytes of closed log segments that are kept for change feeds, at least 0;
 *     default 256 MiB
 * @param logRetentionTime time for which closed log segments are kept, whatever their size, at
 *     least 0; default 0. 292 million years or more mean for ever
 * @param historyRetention time for which old versions can be read, at least 0, see {@link
 *     io.apexstore.ApexStore#snapshotAt}; default 0: only versions that a snapshot holds can be
 *     read. Overwritten and deleted entries take space for this time; 292 million years or more
 *     mean for ever
 * @param valueBytesMax longest value in bytes that is accepted, 1 B to 64 MiB; default 64 MiB. A
 *     longer one is refused with {@code INVALID_REQUEST}
 * @param batchBytesMax most bytes of keys, values and bounds of ranges that one write may have, a
 *     put as well as a batch, a transaction or the result of merges, 64 KiB to 80 MiB; default 80
 *     MiB. A larger write is refused with {@code TOO_LARGE}. What the store adds to a write for
 *     itself does not count
 * @param createIfMissing whether an empty or absent directory becomes a new store; default true. If
 *     false, opening one fails with {@code INVALID_REQUEST}
 */
public record StoreOptions(
    SyncMode syncMode,
    Duration syncInterval,
    Duration asyncDelay,
    long asyncBytesMax,
    long memtableBytesMax,
    int blockBytes,
    int restartInterval,
    long blockCacheBytes,
    long largeReadBytesMax,
    int openTablesMax,
    double bloomFalsePositiveRate,
    Compression compression,
    int level0Threshold,
    int sizeRatio,
    int maxLevels,
    int compactionThreads,
    CompactionStrategy compaction,
    long backgroundBytesPerSecond,
    long logRetentionBytes,
    Duration logRetentionTime,
    Duration historyRetention,
    int valueBytesMax,
    int batchBytesMax,
    boolean createIfMissing) {

  private static final Duration TIME_MIN = Duration.ofMillis(1);
  private static final Duration INTERVAL_MAX = Duration.ofDays(1);
  private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();

  private static final StoreOptions DEFAULTS = new Edit().toOptions();

  /**
   * Checks every option.
   *
   * @throws ApexException {@code INVALID_REQUEST}; the message names the option, its value and what
   *     is allowed
   */
  public StoreOptions {
    within("syncInterval", syncInterval, TIME_MIN, INTERVAL_MAX);
    within("asyncDelay", asyncDelay, TIME_MIN, INTERVAL_MAX);
    atLeast("asyncBytesMax", asyncBytesMax, 1);
    within("memtableBytesMax", memtableBytesMax, 16 << 10, 1 << 30);
    within("blockBytes", blockBytes, 512, 1 << 20);
    within("restartInterval", restartInterval, 1, 128);
    atLeast("blockCacheBytes", blockCacheBytes, 256 << 10);
    atLeast("largeReadBytesMax", largeReadBytesMax, 160L << 20);
    within("openTablesMax", openTablesMax, 8, 1_000_000);
    if (!(bloomFalsePositiveRate >= 0.0001 && bloomFalsePositiveRate <= 0.5)) {
      throw invalid("bloomFalsePositiveRate", bloomFalsePositiveRate, "0.0001 to 0.5");
    }
    within("level0Threshold", level0Threshold, 2, 64);
    within("sizeRatio", sizeRatio, 2, 100);
    within("maxLevels", maxLevels, 2, 10);
    within("compactionThreads", compactionThreads, 1, 64);
    if (compaction.deletesOldest()) {
      throw invalid("compaction", compaction, "one of " + CompactionStrategy.storeDefaults());
    }
    if (backgroundBytesPerSecond != 0 && backgroundBytesPerSecond < 64 << 10) {
      throw invalid("backgroundBytesPerSecond", backgroundBytesPerSecond, "0 or at least 65536");
    }
    atLeast("logRetentionBytes", logRetentionBytes, 0);
    within("logRetentionTime", logRetentionTime, Duration.ZERO, FOR_EVER);
    within("historyRetention", historyRetention, Duration.ZERO, FOR_EVER);
    within("valueBytesMax", valueBytesMax, 1, 64 << 20);
    within("batchBytesMax", batchBytesMax, 64 << 10, 80 << 20);
  }

  /** Returns the default options. */
  public static StoreOptions defaults() {
    return DEFAULTS;
  }

  /** Returns these options with another {@code syncMode}. */
  public StoreOptions withSyncMode(SyncMode value) {
    return with(edit -> edit.syncMode = value);
  }

  /** Returns these options with another {@code syncInterval}. */
  public StoreOptions withSyncInterval(Duration value) {
    return with(edit -> edit.syncInterval = value);
  }

  /** Returns these options with another {@code asyncDelay}. */
  public StoreOptions withAsyncDelay(Duration value) {
    return with(edit -> edit.asyncDelay = value);
  }

  /** Returns these options with another {@code asyncBytesMax}. */
  public StoreOptions withAsyncBytesMax(long value) {
    return with(edit -> edit.asyncBytesMax = value);
  }

  /** Returns these options with another {@code memtableBytesMax}. */
  public StoreOptions withMemtableBytesMax(long value) {
    return with(edit -> edit.memtableBytesMax = value);
  }

  /** Returns these options with another {@code blockBytes}. */
  public StoreOptions withBlockBytes(int value) {
    return with(edit -> edit.blockBytes = value);
  }

  /** Returns these options with another {@code restartInterval}. */
  public StoreOptions withRestartInterval(int value) {
    return with(edit -> edit.restartInterval = value);
  }

  /** Returns these options with another {@code blockCacheBytes}. */
  public StoreOptions withBlockCacheBytes(long value) {
    return with(edit -> edit.blockCacheBytes = value);
  }

  /** Returns these options with another {@code largeReadBytesMax}. */
  public StoreOptions withLargeReadBytesMax(long value) {
    return with(edit -> edit.largeReadBytesMax = value);
  }

  /** Returns these options with another {@code openTablesMax}. */
  public StoreOptions withOpenTablesMax(int value) {
    return with(edit -> edit.openTablesMax = value);
  }

  /** Returns these options with another {@code bloomFalsePositiveRate}. */
  public StoreOptions withBloomFalsePositiveRate(double value) {
    return with(edit -> edit.bloomFalsePositiveRate = value);
  }

  /** Returns these options with another {@code compression}. */
  public StoreOptions withCompression(Compression value) {
    return with(edit -> edit.compression = value);
  }

  /** Returns these options with another {@code level0Threshold}. */
  public StoreOptions withLevel0Threshold(int value) {
    return with(edit -> edit.level0Threshold = value);
  }

  /** Returns these options with another {@code sizeRatio}. */
  public StoreOptions withSizeRatio(int value) {
    return with(edit -> edit.sizeRatio = value);
  }

  /** Returns these options with another {@code maxLevels}. */
  public StoreOptions withMaxLevels(int value) {
    return with(edit -> edit.maxLevels = value);
  }

  /** Returns these options with another {@code compactionThreads}. */
  public StoreOptions withCompactionThreads(int value) {
    return with(edit -> edit.compactionThreads = value);
  }

  /** Returns these options with another {@code compaction}. */
  public StoreOptions withCompaction(CompactionStrategy value) {
    return with(edit -> edit.compaction = value);
  }

  /** Returns these options with another {@code backgroundBytesPerSecond}. */
  public StoreOptions withBackgroundBytesPerSecond(long value) {
    return with(edit -> edit.backgroundBytesPerSecond = value);
  }

  /** Returns these options with another {@code logRetentionBytes}. */
  public StoreOptions withLogRetentionBytes(long value) {
    return with(edit -> edit.logRetentionBytes = value);
  }

  /** Returns these options with another {@code logRetentionTime}. */
  public StoreOptions withLogRetentionTime(Duration value) {
    return with(edit -> edit.logRetentionTime = value);
  }

  /** Returns these options with another {@code historyRetention}. */
  public StoreOptions withHistoryRetention(Duration value) {
    return with(edit -> edit.historyRetention = value);
  }

  /** Returns these options with another {@code valueBytesMax}. */
  public StoreOptions withValueBytesMax(int value) {
    return with(edit -> edit.valueBytesMax = value);
  }

  /** Returns these options with another {@code batchBytesMax}. */
  public StoreOptions withBatchBytesMax(int value) {
    return with(edit -> edit.batchBytesMax = value);
  }

  /** Returns these options with another {@code createIfMissing}. */
  public StoreOptions withCreateIfMissing(boolean value) {
    return with(edit -> edit.createIfMissing = value);
  }

  private StoreOptions with(Consumer<Edit> change) {
    Edit edit = new Edit(this);
    change.accept(edit);
    return edit.toOptions();
  }

  private static void within(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw invalid(name, value, min + " to " + max);
    }
  }

  private static void within(String name, Duration value, Duration min, Duration max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw invalid(name, value, max.equals(FOR_EVER) ? "at least " + min : min + " to " + max);
    }
  }

  private static void atLeast(String name, long value, long min) {
    if (value < min) {
      throw invalid(name, value, "at least " + min);
    }
  }

  private static ApexException invalid(String name, Object given, String allowed) {
    return new ApexException(
        ApexException.Code.INVALID_REQUEST,
        "option " + name + " is " + given + ", allowed is " + allowed,
        null);
  }

  /** Options that can be changed, with their defaults. */
  private static final class Edit {
    private SyncMode syncMode = SyncMode.GROUP;
    private Duration syncInterval = Duration.ofSeconds(1);
    private Duration asyncDelay = Duration.ofMillis(10);
    private long asyncBytesMax = 1L << 20;
    private long memtableBytesMax = 32L << 20;
    private int blockBytes = 4096;
    private int restartInterval = 8;
    private long blockCacheBytes = 64L << 20;
    private long largeReadBytesMax = 1L << 50;
    private int openTablesMax = 1000;
    private double bloomFalsePositiveRate = 0.01;
    private Compression compression = Compression.LZ4;
    private int level0Threshold = 4;
    private int sizeRatio = 10;
    private int maxLevels = 7;
    private int compactionThreads = 1;
    private CompactionStrategy compaction = CompactionStrategy.LEVELED;
    private long backgroundBytesPerSecond = 0;
    private long logRetentionBytes = 256L << 20;
    private Duration logRetentionTime = Duration.ZERO;
    private Duration historyRetention = Duration.ZERO;
    private int valueBytesMax = 64 << 20;
    private int batchBytesMax = 80 << 20;
    private boolean createIfMissing = true;

    Edit() {}

    Edit(StoreOptions options) {
      syncMode = options.syncMode;
      syncInterval = options.syncInterval;
      asyncDelay = options.asyncDelay;
      asyncBytesMax = options.asyncBytesMax;
      memtableBytesMax = options.memtableBytesMax;
      blockBytes = options.blockBytes;
      restartInterval = options.restartInterval;
      blockCacheBytes = options.blockCacheBytes;
      largeReadBytesMax = options.largeReadBytesMax;
      openTablesMax = options.openTablesMax;
      bloomFalsePositiveRate = options.bloomFalsePositiveRate;
      compression = options.compression;
      level0Threshold = options.level0Threshold;
      sizeRatio = options.sizeRatio;
      maxLevels = options.maxLevels;
      compactionThreads = options.compactionThreads;
      compaction = options.compaction;
      backgroundBytesPerSecond = options.backgroundBytesPerSecond;
      logRetentionBytes = options.logRetentionBytes;
      logRetentionTime = options.logRetentionTime;
      historyRetention = options.historyRetention;
      valueBytesMax = options.valueBytesMax;
      batchBytesMax = options.batchBytesMax;
      createIfMissing = options.createIfMissing;
    }

    StoreOptions toOptions() {
      return new StoreOptions(
          syncMode,
          syncInterval,
          asyncDelay,
          asyncBytesMax,
          memtableBytesMax,
          blockBytes,
          restartInterval,
          blockCacheBytes,
          largeReadBytesMax,
          openTablesMax,
          bloomFalsePositiveRate,
          compression,
          level0Threshold,
          sizeRatio,
          maxLevels,
          compactionThreads,
          compaction,
          backgroundBytesPerSecond,
          logRetentionBytes,
          logRetentionTime,
          historyRetention,
          valueBytesMax,
          batchBytesMax,
          createIfMissing);
    }
  }
}

package io.apexstore.options;

import io.apexstore.error.ApexException;
import java.time.Duration;

/**
 * The options of a store. Start from {@link #defaults()} and change what differs.
 *
 * @param syncMode when a write is acknowledged; default {@code GROUP}. Less careful is faster and
 *     loses more
 * @param syncInterval time between syncs in {@code INTERVAL} and {@code ASYNC}, at least 1 ms;
 *     default 1 s. What a power failure may take
 * @param asyncDelay longest time a write in {@code ASYNC} stays in memory only; default 10 ms. What
 *     a crash of the process may take
 * @param asyncBytesMax most bytes of writes in {@code ASYNC} that are in memory only; default 1 MiB
 * @param memtableBytesMax size in bytes at which a memtable is sealed and flushed, 64 KiB to 1 GiB;
 *     default 32 MiB. More makes fewer, larger flushes and a longer replay
 * @param blockBytes size in bytes of a table's data blocks before compression, 512 B to 1 MiB;
 *     default 4096. Less makes point reads cheaper and the index larger
 * @param restartInterval entries between keys that are stored whole in a block, 1 to 128; default
 *     8. Less makes point reads faster and tables larger
 * @param blockCacheBytes budget in bytes of the off-heap block cache, at least 1 MiB; default 64
 *     MiB
 * @param bloomFalsePositiveRate share of absent keys that a table's filter lets through, 0.0001 to
 *     0.5; default 0.01, about 10 bits a key
 * @param compression how blocks are compressed; default {@code LZ4}
 * @param level0Threshold tables at level 0 that start a compaction, 2 to 64; default 4
 * @param sizeRatio how much larger each level is than the one above, 2 to 100; default 10
 * @param maxLevels number of levels, 2 to 10; default 7
 * @param compactionThreads compactions that may run at once, 1 to 64; default 1
 * @param compaction how the tables of keyspaces are merged that are made without saying so; default
 *     {@code LEVELED}, and not {@code FIFO}, which a keyspace must ask for
 * @param backgroundBytesPerSecond bytes of keys and values that flushes and compactions together
 *     may go through in a second, at least 64 KiB; default 0, no limit. Only compactions wait for
 *     it; if writers bring more than that leaves, they are slowed in the end
 * @param logRetentionBytes bytes of closed log segments that are kept for readers of changes;
 *     default 256 MiB
 * @param logRetentionTime time for which closed log segments are kept whatever their size; default
 *     0
 * @param historyRetention for how long old versions can be read, see {@link
 *     io.apexstore.ApexStore#snapshotAt}; default 0: only what snapshots hold. What is overwritten
 *     or deleted takes room for so long
 * @param valueBytesMax longest value in bytes that is accepted, up to 64 MiB; default 64 MiB
 * @param createIfMissing whether an empty or absent directory becomes a new store; default true. If
 *     false, opening one fails
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
    boolean createIfMissing) {

  private static final StoreOptions DEFAULTS =
      new StoreOptions(
          SyncMode.GROUP,
          Duration.ofSeconds(1),
          Duration.ofMillis(10),
          1L << 20,
          32L << 20,
          4096,
          8,
          64L << 20,
          0.01,
          Compression.LZ4,
          4,
          10,
          7,
          1,
          CompactionStrategy.LEVELED,
          0,
          256L << 20,
          Duration.ZERO,
          Duration.ZERO,
          64 << 20,
          true);

  /**
   * Checks every option.
   *
   * @throws ApexException {@code INVALID_REQUEST}, naming the option, what was given and what is
   *     allowed
   */
  public StoreOptions {
    atLeast("syncInterval in ms", syncInterval.toMillis(), 1);
    atLeast("asyncDelay in ms", asyncDelay.toMillis(), 1);
    atLeast("asyncBytesMax", asyncBytesMax, 1);
    within("memtableBytesMax", memtableBytesMax, 64 << 10, 1 << 30);
    within("blockBytes", blockBytes, 512, 1 << 20);
    within("restartInterval", restartInterval, 1, 128);
    atLeast("blockCacheBytes", blockCacheBytes, 1 << 20);
    if (!(bloomFalsePositiveRate >= 0.0001 && bloomFalsePositiveRate <= 0.5)) {
      throw invalid("bloomFalsePositiveRate", bloomFalsePositiveRate, "0.0001 to 0.5");
    }
    within("level0Threshold", level0Threshold, 2, 64);
    within("sizeRatio", sizeRatio, 2, 100);
    within("maxLevels", maxLevels, 2, 10);
    within("compactionThreads", compactionThreads, 1, 64);
    if (compaction.deletesOldest()) {
      throw invalid("compaction", compaction, "LEVELED, TIERED or LAZY_LEVELING");
    }
    if (backgroundBytesPerSecond != 0 && backgroundBytesPerSecond < 64 << 10) {
      throw invalid("backgroundBytesPerSecond", backgroundBytesPerSecond, "0 or at least 65536");
    }
    atLeast("logRetentionBytes", logRetentionBytes, 0);
    atLeast("logRetentionTime in ms", logRetentionTime.toMillis(), 0);
    atLeast("historyRetention in ms", historyRetention.toMillis(), 0);
    within("valueBytesMax", valueBytesMax, 1, 64 << 20);
  }

  /** Returns the options that a store has unless told otherwise. */
  public static StoreOptions defaults() {
    return DEFAULTS;
  }

  /** Returns these options with another {@code syncMode}. */
  public StoreOptions withSyncMode(SyncMode value) {
    Edit edit = new Edit(this);
    edit.syncMode = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code syncInterval}. */
  public StoreOptions withSyncInterval(Duration value) {
    Edit edit = new Edit(this);
    edit.syncInterval = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code asyncDelay}. */
  public StoreOptions withAsyncDelay(Duration value) {
    Edit edit = new Edit(this);
    edit.asyncDelay = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code asyncBytesMax}. */
  public StoreOptions withAsyncBytesMax(long value) {
    Edit edit = new Edit(this);
    edit.asyncBytesMax = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code memtableBytesMax}. */
  public StoreOptions withMemtableBytesMax(long value) {
    Edit edit = new Edit(this);
    edit.memtableBytesMax = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code blockBytes}. */
  public StoreOptions withBlockBytes(int value) {
    Edit edit = new Edit(this);
    edit.blockBytes = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code restartInterval}. */
  public StoreOptions withRestartInterval(int value) {
    Edit edit = new Edit(this);
    edit.restartInterval = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code blockCacheBytes}. */
  public StoreOptions withBlockCacheBytes(long value) {
    Edit edit = new Edit(this);
    edit.blockCacheBytes = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code bloomFalsePositiveRate}. */
  public StoreOptions withBloomFalsePositiveRate(double value) {
    Edit edit = new Edit(this);
    edit.bloomFalsePositiveRate = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code compression}. */
  public StoreOptions withCompression(Compression value) {
    Edit edit = new Edit(this);
    edit.compression = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code level0Threshold}. */
  public StoreOptions withLevel0Threshold(int value) {
    Edit edit = new Edit(this);
    edit.level0Threshold = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code sizeRatio}. */
  public StoreOptions withSizeRatio(int value) {
    Edit edit = new Edit(this);
    edit.sizeRatio = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code maxLevels}. */
  public StoreOptions withMaxLevels(int value) {
    Edit edit = new Edit(this);
    edit.maxLevels = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code compactionThreads}. */
  public StoreOptions withCompactionThreads(int value) {
    Edit edit = new Edit(this);
    edit.compactionThreads = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code compaction}. */
  public StoreOptions withCompaction(CompactionStrategy value) {
    Edit edit = new Edit(this);
    edit.compaction = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code backgroundBytesPerSecond}. */
  public StoreOptions withBackgroundBytesPerSecond(long value) {
    Edit edit = new Edit(this);
    edit.backgroundBytesPerSecond = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code logRetentionBytes}. */
  public StoreOptions withLogRetentionBytes(long value) {
    Edit edit = new Edit(this);
    edit.logRetentionBytes = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code logRetentionTime}. */
  public StoreOptions withLogRetentionTime(Duration value) {
    Edit edit = new Edit(this);
    edit.logRetentionTime = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code historyRetention}. */
  public StoreOptions withHistoryRetention(Duration value) {
    Edit edit = new Edit(this);
    edit.historyRetention = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code valueBytesMax}. */
  public StoreOptions withValueBytesMax(int value) {
    Edit edit = new Edit(this);
    edit.valueBytesMax = value;
    return edit.toOptions();
  }

  /** Returns these options with another {@code createIfMissing}. */
  public StoreOptions withCreateIfMissing(boolean value) {
    Edit edit = new Edit(this);
    edit.createIfMissing = value;
    return edit.toOptions();
  }

  private static void within(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw invalid(name, value, min + " to " + max);
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

  /** All options, one of which is about to differ. */
  private static final class Edit {
    private SyncMode syncMode;
    private Duration syncInterval;
    private Duration asyncDelay;
    private long asyncBytesMax;
    private long memtableBytesMax;
    private int blockBytes;
    private int restartInterval;
    private long blockCacheBytes;
    private double bloomFalsePositiveRate;
    private Compression compression;
    private int level0Threshold;
    private int sizeRatio;
    private int maxLevels;
    private int compactionThreads;
    private CompactionStrategy compaction;
    private long backgroundBytesPerSecond;
    private long logRetentionBytes;
    private Duration logRetentionTime;
    private Duration historyRetention;
    private int valueBytesMax;
    private boolean createIfMissing;

    Edit(StoreOptions options) {
      syncMode = options.syncMode;
      syncInterval = options.syncInterval;
      asyncDelay = options.asyncDelay;
      asyncBytesMax = options.asyncBytesMax;
      memtableBytesMax = options.memtableBytesMax;
      blockBytes = options.blockBytes;
      restartInterval = options.restartInterval;
      blockCacheBytes = options.blockCacheBytes;
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
          createIfMissing);
    }
  }
}

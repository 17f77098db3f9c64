package io.apexstore.stats;

import io.apexstore.options.CompactionStrategy;
import java.util.ArrayList;
import java.util.List;

/**
 * The statistics of an open store. Counters start at 0 when the store is opened and only grow;
 * sizes, in bytes unless another unit is named, are those of the moment of the call. Nothing waits
 * for the figures, so those of one answer may be some moments apart.
 *
 * @param directory where the store is
 * @param version newest version that readers see
 * @param durableVersion newest version that a power failure cannot take away
 * @param keyspaces the keyspaces with their levels, without dropped ones
 * @param memtables the memtables
 * @param log the write-ahead log
 * @param cache the block cache
 * @param writes commits, flushes and compactions
 * @param reads point reads and scans
 * @param stall whether writers are held back, and why
 * @param tableMemoryBytes off-heap memory of the filters and indexes of open tables
 * @param openTables number of tables whose files are open
 * @param openTablesMax how many may be open at once; running reads may exceed it, each by one
 * @param openCursors number of open cursors
 * @param snapshots open snapshots, and how old a version can be read
 * @param expired entries that the store deleted because they had expired, or because {@code FIFO}
 *     gave them up
 * @param feeds open change feeds
 * @param compactions running compactions
 * @param dataKeys the data keys that files are encrypted with, by ascending epoch, the current one
 *     last; empty if the store is not encrypted
 * @param damage damage that was found, one line each: tables that cannot be read, keyspaces that
 *     are no longer compacted; empty if there is none
 */
public record StoreStats(
    String directory,
    long version,
    long durableVersion,
    List<KeyspaceStats> keyspaces,
    MemtableStats memtables,
    LogStats log,
    CacheStats cache,
    WriteStats writes,
    ReadStats reads,
    StallStats stall,
    long tableMemoryBytes,
    int openTables,
    int openTablesMax,
    int openCursors,
    SnapshotStats snapshots,
    long expired,
    FeedStats feeds,
    List<CompactionStats> compactions,
    List<DataKeyStats> dataKeys,
    List<String> damage) {

  /**
   * Returns the state of the store in one word, with its causes. It is derived from {@link #stall}
   * and {@link #damage}, so whoever shows it shows the same.
   */
  public Health health() {
    Health.State state = Health.State.HEALTHY;
    List<Health.Cause> causes = new ArrayList<>();
    String word =
        switch (stall.state()) {
          case "none" -> "";
          case "slow", "stopped" -> "work_behind";
          case "unavailable" -> "storage_unavailable";
          case "failed" -> "storage_failed";
          default -> stall.state();
        };
    if (!word.isEmpty()) {
      causes.add(new Health.Cause(word, stall.reason()));
      state =
          switch (word) {
            case "work_behind" -> Health.State.SLOWED;
            case "storage_failed" -> Health.State.FAILED;
            default -> Health.State.READ_ONLY;
          };
    }
    boolean writable = state == Health.State.HEALTHY || state == Health.State.SLOWED;
    for (String line : damage) {
      causes.add(new Health.Cause("damage", line));
      state = Health.State.FAILED;
    }
    return new Health(state, writable, List.copyOf(causes));
  }

  /**
   * The state of a store.
   *
   * @param state the state that the worst cause leads to
   * @param writable whether writes are accepted, be it after a delay
   * @param causes why the store is not healthy; empty if and only if it is
   */
  public record Health(State state, boolean writable, List<Cause> causes) {
    /** The words of the causes, of which {@link Cause#word} is one. */
    public static final List<String> CAUSES =
        List.of("work_behind", "disk_full", "storage_unavailable", "storage_failed", "damage");

    /** The states, from the best to the worst. */
    public enum State {
      /** Reads and writes succeed. */
      HEALTHY,
      /** Writes are delayed until background work catches up. */
      SLOWED,
      /** Writes are refused for a reason that can pass; the store tries again. */
      READ_ONLY,
      /**
       * Something broke that does not mend itself: the log cannot be written, or data is damaged.
       */
      FAILED
    }

    /**
     * A cause.
     *
     * @param word one of {@link #CAUSES}
     * @param text what happened; it names files and keyspaces, and no keys
     */
    public record Cause(String word, String text) {}
  }

  /**
   * One keyspace.
   *
   * @param name its name
   * @param id its number in the log
   * @param compaction its compaction strategy
   * @param pendingBytes estimate of the bytes that compactions must write until none is due
   * @param levels its levels from level 0 down, including empty ones
   */
  public record KeyspaceStats(
      String name,
      int id,
      CompactionStrategy compaction,
      long pendingBytes,
      List<LevelStats> levels) {}

  /**
   * A running compaction.
   *
   * @param keyspace name of the keyspace
   * @param fromLevel uppermost level that it reads tables from
   * @param toLevel level of the result
   * @param reason why it was due
   * @param tables number of tables that it reads
   * @param bytes their length on disk
   * @param bytesDone estimate of the bytes that are done
   * @param startedMs when it started, in ms since the epoch
   */
  public record CompactionStats(
      String keyspace,
      int fromLevel,
      int toLevel,
      String reason,
      int tables,
      long bytes,
      long bytesDone,
      long startedMs) {}

  /**
   * One level of a keyspace.
   *
   * @param level its number
   * @param tables number of tables
   * @param bytes their length on disk
   * @param entries entries of any kind
   * @param tombstones entries that are tombstones of a single key
   * @param rangeTombstones fragments of range tombstones
   */
  public record LevelStats(
      int level, int tables, long bytes, long entries, long tombstones, long rangeTombstones) {}

  /**
   * The memtables of all keyspaces.
   *
   * @param activeBytes arena bytes of the active ones
   * @param sealedCount number of sealed ones, which wait for a flush
   * @param sealedBytes arena bytes of the sealed ones
   * @param limitBytes size of the active ones at which one is sealed
   * @param activeEntries entries in the active ones
   */
  public record MemtableStats(
      long activeBytes, int sealedCount, long sealedBytes, long limitBytes, long activeEntries) {}

  /**
   * The write-ahead log.
   *
   * @param diskBytes bytes on disk, including retained and spare segments
   * @param retainedBytes bytes of segments that are kept for change feeds only
   * @param unflushedBytes bytes that a restart would replay
   * @param writtenBytes bytes of batches that were appended
   * @param syncs number of syncs
   * @param syncNanos time spent in syncs, in ns
   */
  public record LogStats(
      long diskBytes,
      long retainedBytes,
      long unflushedBytes,
      long writtenBytes,
      long syncs,
      long syncNanos) {}

  /**
   * The open snapshots.
   *
   * @param open number of open snapshots
   * @param oldestVersion oldest version that one of them shows; 0 if none is open
   * @param oldestOpened where and when the oldest one was opened; empty if none is open
   * @param readableSince oldest version that a new snapshot can show
   */
  public record SnapshotStats(
      int open, long oldestVersion, String oldestOpened, long readableSince) {}

  /**
   * The open change feeds.
   *
   * @param readers number of open feeds
   * @param oldestPosition version that the last feed has reached; if none is open, the newest
   *     version that one could reach
   * @param lagVersions number of versions between that position and the newest one
   */
  public record FeedStats(int readers, long oldestPosition, long lagVersions) {}

  /**
   * The block cache.
   *
   * @param hits blocks that were found; counted without coordination, so a few may be missing under
   *     contention
   * @param misses blocks that were absent and were read from disk
   * @param evictions blocks that were evicted to free memory
   * @param blocks number of cached blocks
   * @param bytes bytes of the frames that hold a block
   * @param allocatedBytes memory allocated so far; it is freed when the store is closed
   * @param limitBytes the budget of the cache
   * @param largeBytes memory of blocks that are too large for the cache, and of lent values, while
   *     they are read
   * @param largeLimitBytes the most of it that clients may hold
   */
  public record CacheStats(
      long hits,
      long misses,
      long evictions,
      long blocks,
      long bytes,
      long allocatedBytes,
      long limitBytes,
      long largeBytes,
      long largeLimitBytes) {}

  /**
   * Writes and what they cost.
   *
   * @param commits committed batches
   * @param operations puts and deletes in them
   * @param userBytes bytes of keys and values in them
   * @param flushes memtables that were flushed
   * @param flushBytes bytes of tables that flushes wrote
   * @param compactions compactions that merged tables and have ended
   * @param compactionReadBytes bytes of tables that they read
   * @param compactionWriteBytes bytes of tables that they wrote
   * @param compactionPacedNanos time that they waited for the rate of background work, in ns
   */
  public record WriteStats(
      long commits,
      long operations,
      long userBytes,
      long flushes,
      long flushBytes,
      long compactions,
      long compactionReadBytes,
      long compactionWriteBytes,
      long compactionPacedNanos) {
    /**
     * Returns the bytes written to tables for each byte that the user wrote; 0 before the first
     * write.
     */
    public double tableWriteAmplification() {
      return userBytes == 0 ? 0 : (double) (flushBytes + compactionWriteBytes) / userBytes;
    }
  }

  /**
   * The reads that callers asked for. Reads that the store makes for itself do not count: those of
   * conditions, updates, merges, previous values, expiry, feeds and these statistics.
   *
   * @param gets point reads. A read of the cache that finds out that it needs the disk does not
   *     count; the read of the disk after it does
   * @param scans cursors that were opened
   */
  public record ReadStats(long gets, long scans) {}

  /**
   * Whether writers are held back.
   *
   * @param state {@code none}, {@code slow}, {@code stopped}, {@code disk_full}, {@code
   *     unavailable} (writes are refused, because the system refuses file operations for now) or
   *     {@code failed}
   * @param reason why they are; if {@code none}, why background work is postponed, or empty
   * @param slowedNanos total time that writers were slowed, in ns
   * @param stops how often they were stopped
   * @param stoppedNanos total time that they were stopped, in ns
   * @param longestNanos longest time that one group of writes was held back, in ns
   */
  public record StallStats(
      String state,
      String reason,
      long slowedNanos,
      long stops,
      long stoppedNanos,
      long longestNanos) {}

  /**
   * How much is encrypted with one data key. After a rotation, compactions rewrite the tables of
   * older data keys until none is left, and the retention removes the log segments; then the data
   * key is dropped.
   *
   * @param epoch number of the data key; the largest one encrypts new files
   * @param createdMs when it was created, in ms since the epoch
   * @param keyEncryptionKeyId id of the key-encryption key that it is wrapped with
   * @param tables number of tables
   * @param tableBytes their length on disk
   * @param logSegments number of log segments
   */
  public record DataKeyStats(
      long epoch,
      long createdMs,
      String keyEncryptionKeyId,
      int tables,
      long tableBytes,
      int logSegments) {}
}

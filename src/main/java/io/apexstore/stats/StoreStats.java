package io.apexstore.stats;

import io.apexstore.options.CompactionStrategy;
import java.util.List;

/**
 * What a store is doing and has done since it was opened. Counters only grow; sizes are as of the
 * call. Sizes are in bytes.
 *
 * @param directory where the store is
 * @param version newest version that reads see
 * @param durableVersion newest version that a power failure cannot take away
 * @param keyspaces each keyspace with its levels
 * @param memtables write buffers
 * @param log the write-ahead log
 * @param cache the block cache
 * @param writes commits and what they cost
 * @param reads point reads and scans
 * @param stall whether writers are being held back, and by what
 * @param tableMemoryBytes filters and indexes of open tables, off-heap
 * @param openCursors cursors that are open
 * @param snapshots snapshots that are open, and how far back versions can be read
 * @param expired entries deleted because they had expired
 * @param feeds change feeds that are open
 * @param compactions what is being compacted now
 * @param keyEpochs the data keys that files are encrypted with, by rising number, the current one
 *     last; empty if the store is not encrypted
 * @param damage what was found damaged, one line each and none if all is well: tables of which
 *     nothing can be read, keyspaces that are not compacted any more
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
    int openCursors,
    SnapshotStats snapshots,
    long expired,
    FeedStats feeds,
    List<CompactionStats> compactions,
    List<KeyEpochStats> keyEpochs,
    List<String> damage) {

  /**
   * One keyspace.
   *
   * @param name its name
   * @param id its number in the log
   * @param compaction how its tables are merged
   * @param pendingBytes bytes that compactions must write until nothing is due, about
   * @param levels from level 0 down; empty levels included
   */
  public record KeyspaceStats(
      String name,
      int id,
      CompactionStrategy compaction,
      long pendingBytes,
      List<LevelStats> levels) {}

  /**
   * A compaction under way.
   *
   * @param keyspace the keyspace's name
   * @param fromLevel the uppermost level that it takes tables from
   * @param toLevel the level of the result
   * @param reason why it was due
   * @param tables how many tables it takes
   * @param bytes their length on disk
   * @param bytesDone how much of that is done, about
   * @param startedMs when it began, in ms since the epoch
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
   * @param tables how many tables
   * @param bytes their length on disk
   * @param entries entries of any kind
   * @param tombstones entries that are deletions
   * @param rangesDeleted fragments of ranges deleted
   */
  public record LevelStats(
      int level, int tables, long bytes, long entries, long tombstones, long rangesDeleted) {}

  /**
   * Memtables of all keyspaces.
   *
   * @param activeBytes arena bytes of the active ones
   * @param sealedCount how many wait to be flushed
   * @param sealedBytes arena bytes of those
   * @param limitBytes size at which one is sealed
   * @param activeEntries entries in the active ones
   */
  public record MemtableStats(
      long activeBytes, int sealedCount, long sealedBytes, long limitBytes, long activeEntries) {}

  /**
   * The log.
   *
   * @param diskBytes bytes on disk, retained and spare segments included
   * @param retainedBytes bytes of those that are kept for feeds of changes alone
   * @param unflushedBytes bytes that a restart would replay
   * @param writtenBytes bytes appended since the store was opened
   * @param syncs syncs since the store was opened
   * @param syncNanos time spent in them, in ns
   */
  public record LogStats(
      long diskBytes,
      long retainedBytes,
      long unflushedBytes,
      long writtenBytes,
      long syncs,
      long syncNanos) {}

  /**
   * Snapshots.
   *
   * @param open how many are open
   * @param oldestVersion the oldest version one of them shows; 0 if none is open
   * @param oldestOpened where and when that one was opened; empty if none is open
   * @param readableSince the oldest version that can still be read
   */
  public record SnapshotStats(
      int open, long oldestVersion, String oldestOpened, long readableSince) {}

  /**
   * Those who consume changes.
   *
   * @param readers feeds that are open
   * @param oldestPosition the version that the last of them has reached; the newest that could be
   *     if there is none
   * @param lagVersions how many versions that one is behind
   */
  public record FeedStats(int readers, long oldestPosition, long lagVersions) {}

  /**
   * The block cache.
   *
   * @param hits blocks found
   * @param misses blocks read from disk
   * @param evictions blocks that made room
   * @param bytes in use
   * @param limitBytes its budget
   */
  public record CacheStats(long hits, long misses, long evictions, long bytes, long limitBytes) {}

  /**
   * Writes and what they cost.
   *
   * @param commits batches committed
   * @param operations puts and deletes in them
   * @param userBytes keys and values in them
   * @param flushes memtables flushed
   * @param flushBytes bytes of the tables that made
   * @param compactions compactions that ended
   * @param compactionReadBytes bytes of their inputs
   * @param compactionWriteBytes bytes of their outputs
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
    /** Bytes written to tables for each byte the user wrote; 0 before the first. */
    public double tableWriteAmplification() {
      return userBytes == 0 ? 0 : (double) (flushBytes + compactionWriteBytes) / userBytes;
    }
  }

  /**
   * Reads.
   *
   * @param gets point reads
   * @param scans cursors opened
   */
  public record ReadStats(long gets, long scans) {}

  /**
   * Whether writers are held back.
   *
   * @param state {@code none}, {@code slow}, {@code stopped}, {@code disk_full} or {@code failed}
   * @param reason what for, empty if {@code none}
   * @param slowedNanos how long writers were slowed altogether, in ns
   * @param stops how often they were stopped
   * @param stoppedNanos how long they were stopped altogether, in ns
   * @param longestNanos the longest time one group of writes was held back, in ns
   */
  public record StallStats(
      String state,
      String reason,
      long slowedNanos,
      long stops,
      long stoppedNanos,
      long longestNanos) {}

  /**
   * How much is encrypted with one data key. After a rotation the tables of older ones become fewer
   * until there are none; log segments go as the retention lets them; then the key is dropped.
   *
   * @param epoch the key's number
   * @param madeMs when it was made, ms since the epoch
   * @param keyId the key-encryption key that it is wrapped with
   * @param tables how many tables
   * @param tableBytes their length on disk
   * @param logSegments how many segments of the log
   */
  public record KeyEpochStats(
      long epoch, long madeMs, String keyId, int tables, long tableBytes, int logSegments) {}
}

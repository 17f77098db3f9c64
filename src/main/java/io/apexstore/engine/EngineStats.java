package io.apexstore.engine;

import io.apexstore.engine.cache.CacheStats;
import io.apexstore.engine.compaction.WorkStats;
import io.apexstore.engine.feed.ChangeLog;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.List;

/**
 * What an engine is doing and has done. Sizes are in bytes; counters begin when the store is
 * opened.
 *
 * @param directory where the store is
 * @param version newest version that readers see
 * @param durableVersion newest version that is durable
 * @param trees the tables of each keyspace
 * @param memtables the memtables
 * @param log the log
 * @param cache the block cache
 * @param work flushes and compactions
 * @param commits commits and what was in them
 * @param stall how writers are held back
 * @param gets point reads
 * @param scans cursors opened
 * @param openCursors cursors open now
 * @param tableMemoryBytes filters and indexes of open tables
 * @param snapshots snapshots that are open
 * @param expired entries deleted because they had expired
 * @param changes those who consume changes
 * @param compactions what is being compacted now
 * @param compactionPacedNanos time that compactions waited for the rate of background work, in ns
 * @param keyEpochs the keys in use, by rising epoch; empty if the store is not encrypted
 * @param damage what was found damaged, one line each: tables that cannot be read, keyspaces that
 *     are not compacted any more
 */
public record EngineStats(
    String directory,
    long version,
    long durableVersion,
    List<Tree> trees,
    Memtables memtables,
    Log log,
    CacheStats cache,
    WorkStats.Sums work,
    Commits commits,
    Stall stall,
    long gets,
    long scans,
    int openCursors,
    long tableMemoryBytes,
    Snapshots snapshots,
    long expired,
    ChangeLog.Stats changes,
    List<Compaction> compactions,
    long compactionPacedNanos,
    List<KeyUse> keyEpochs,
    List<String> damage) {

  /**
   * Snapshots.
   *
   * @param open how many are open
   * @param oldestVersion the oldest version one of them shows; 0 if none is open
   * @param oldestOpened where and when that one was opened; empty if none is open
   * @param readableSince the oldest version a new one could show
   */
  public record Snapshots(int open, long oldestVersion, String oldestOpened, long readableSince) {}

  /**
   * A keyspace.
   *
   * @param id its number
   * @param name its name
   * @param compaction how its tables are merged
   * @param shape its tables
   * @param pendingBytes bytes that compactions must write until nothing is due, about
   */
  public record Tree(
      int id, String name, CompactionStrategy compaction, TreeShape shape, long pendingBytes) {}

  /**
   * A compaction under way.
   *
   * @param keyspace the keyspace's name
   * @param fromLevel the uppermost level that it takes tables from
   * @param toLevel the level of the result
   * @param reason why it was due
   * @param tables how many tables it takes
   * @param bytes bytes of those
   * @param bytesDone how much of that is done, about
   * @param startedMs when it began, in ms since the epoch
   */
  public record Compaction(
      String keyspace,
      int fromLevel,
      int toLevel,
      String reason,
      int tables,
      long bytes,
      long bytesDone,
      long startedMs) {}

  /**
   * Memtables of all keyspaces.
   *
   * @param activeBytes arena bytes of those that take commits
   * @param sealed how many wait to be flushed
   * @param sealedBytes arena bytes of those
   * @param activeEntries entries in those that take commits
   */
  public record Memtables(long activeBytes, int sealed, long sealedBytes, long activeEntries) {}

  /**
   * The log.
   *
   * @param diskBytes bytes on disk
   * @param retainedBytes bytes of closed segments that only consumers of changes need
   * @param unflushedBytes bytes that a restart would replay
   * @param writtenBytes bytes of batches appended
   * @param syncs syncs
   * @param syncNanos time spent in them, in ns
   */
  public record Log(
      long diskBytes,
      long retainedBytes,
      long unflushedBytes,
      long writtenBytes,
      long syncs,
      long syncNanos) {}

  /**
   * Commits.
   *
   * @param commits batches
   * @param operations puts and deletes in them
   * @param userBytes keys and values in them
   */
  public record Commits(long commits, long operations, long userBytes) {}

  /**
   * How writers are held back.
   *
   * @param state none, slow, stopped, disk_full or failed
   * @param reason why
   * @param slowedNanos time they were slowed, in ns
   * @param stops how often they were stopped
   * @param stoppedNanos time they were stopped, in ns
   * @param longestNanos the longest single wait, in ns
   */
  public record Stall(
      String state,
      String reason,
      long slowedNanos,
      long stops,
      long stoppedNanos,
      long longestNanos) {}

  /**
   * How much is encrypted with one epoch's data key.
   *
   * @param epoch its number; the largest is the one that new files get
   * @param madeMs when it was made, ms since the epoch
   * @param wrappedWith id of the key-encryption key it is wrapped with
   * @param tables tables
   * @param tableBytes their length
   * @param logs log segments
   */
  public record KeyUse(
      long epoch, long madeMs, String wrappedWith, int tables, long tableBytes, int logs) {}
}

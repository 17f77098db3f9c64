package io.apexstore.engine.wal;

import java.util.List;

/**
 * The result of a replay.
 *
 * @param lastVersion the newest version in the log, 0 if there is none
 * @param lastCommitTimeMs the newest commit time in the log, ms since the epoch
 * @param end the end of the last whole group, where the log was cut if its tail was torn
 * @param tornBytes bytes after that end that look written; 0 if nothing was cut
 * @param synced the position up to which the log is known to be synced; never after the end
 * @param syncedVersion the newest version before that position
 * @param unsyncedGroups number of groups between {@code synced} and {@code end}: read, but not
 *     known to be durable
 * @param ended segments whose logical end must be recorded now
 * @param retained all segments that are kept, including those in {@code ended}, oldest first
 * @param dropped segments without any commit that is known to be synced
 */
public record ReplayResult(
    long lastVersion,
    long lastCommitTimeMs,
    LogPosition end,
    long tornBytes,
    LogPosition synced,
    long syncedVersion,
    long unsyncedGroups,
    List<AdoptedSegment> ended,
    List<AdoptedSegment> retained,
    List<Long> dropped) {
  /** Copies the lists. */
  public ReplayResult {
    ended = List.copyOf(ended);
    retained = List.copyOf(retained);
    dropped = List.copyOf(dropped);
  }
}

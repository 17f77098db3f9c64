package io.apexstore.engine.wal;

import java.util.List;

/**
 * What a replay found.
 *
 * @param lastVersion the newest version in the log, 0 if there is none
 * @param lastCommitTimeMs the newest commit time in the log, ms since the epoch
 * @param end behind the last whole group: where the log was cut if its tail was torn
 * @param tornBytes bytes behind that end that look as if they had been written; 0 if nothing was
 *     cut
 * @param synced how far the log is known to have been synced; never behind the end
 * @param syncedVersion the newest version before that
 * @param unsyncedGroups groups between the two: read, but not known to be durable
 * @param ended segments whose logical end is to be recorded now
 * @param retained all segments that stay, those in {@code ended} included, oldest first
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

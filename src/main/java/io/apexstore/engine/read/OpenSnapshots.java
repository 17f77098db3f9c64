package io.apexstore.engine.read;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionTimeIndex;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongUnaryOperator;

/**
 * The registry of open snapshots, with the place where each was opened.
 *
 * <p><b>Threads:</b> any.
 */
public final class OpenSnapshots {
  private static final Logger LOG = SafeLogger.of(OpenSnapshots.class);
  // With this many open a leak is likely, so the stack trace of the next one is worth its cost.
  private static final int LIKELY_LEAKED = 64;

  private final SnapshotList versions;
  private final TimeSource time;
  private final LongUnaryOperator commitTimes;
  private final Set<EngineSnapshot> open = ConcurrentHashMap.newKeySet();

  /**
   * Creates an empty registry.
   *
   * @param commitTimes the time at which a version was committed, in ms since the epoch; {@link
   *     VersionTimeIndex#UNKNOWN} if it is not known any more
   */
  public OpenSnapshots(SnapshotList versions, TimeSource time, LongUnaryOperator commitTimes) {
    this.versions = versions;
    this.time = time;
    this.commitTimes = commitTimes;
  }

  /** Keeps the newest version readable. Its readers judge expiry by the present. */
  public EngineSnapshot open() {
    long version = versions.register();
    return add(version, time.currentTimeMs(), commitTimes.applyAsLong(version));
  }

  /**
   * Keeps an older version readable. Its readers judge expiry by the time of its commit, so however
   * often it is opened, they see the same.
   *
   * @throws EngineException {@code VERSION_EXPIRED} if it is no longer readable or its time is not
   *     known any more, {@code INVALID_REQUEST} if it is newer than the newest
   */
  public EngineSnapshot openAt(long version, long newest) {
    if (versions.registerAt(version)) {
      long committedMs = commitTime(version);
      if (committedMs == VersionTimeIndex.UNKNOWN) {
        versions.release(version);
        throw new EngineException(
            Failure.VERSION_EXPIRED,
            "version " + version + " is no longer readable: its time is not known any more");
      }
      return add(version, committedMs, committedMs);
    }
    if (version > newest) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "version " + version + " does not exist yet, the newest is " + newest);
    }
    throw new EngineException(
        Failure.VERSION_EXPIRED,
        "version "
            + version
            + " is no longer readable, the oldest readable version is "
            + versions.readableSince());
  }

  /** Returns the number of open snapshots. */
  public int count() {
    return open.size();
  }

  /** Returns the open snapshot with the oldest version. */
  public Optional<EngineSnapshot> oldest() {
    return open.stream().min(Comparator.comparingLong(EngineSnapshot::version));
  }

  /** Logs a warning for each snapshot that is still open. */
  public void warnOfOpen() {
    open.forEach(
        snapshot ->
            LOG.log(Level.WARNING, "a snapshot was left open: opened {0}", snapshot.opened()));
  }

  void closed(EngineSnapshot snapshot) {
    open.remove(snapshot);
    versions.release(snapshot.version());
  }

  // An open snapshot knows the time of its version, however long it has been open.
  private long commitTime(long version) {
    long known = commitTimes.applyAsLong(version);
    if (known != VersionTimeIndex.UNKNOWN) {
      return known;
    }
    return open.stream()
        .filter(snapshot -> snapshot.version() == version)
        .mapToLong(EngineSnapshot::committedMs)
        .findAny()
        .orElse(VersionTimeIndex.UNKNOWN);
  }

  private EngineSnapshot add(long version, long timeMs, long committedMs) {
    LeakTrace opened = LeakTrace.here(time.currentTimeMs(), open.size() >= LIKELY_LEAKED);
    EngineSnapshot snapshot = new EngineSnapshot(this, version, timeMs, committedMs, opened);
    open.add(snapshot);
    return snapshot;
  }
}

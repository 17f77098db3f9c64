package io.apexstore.engine.read;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.version.SnapshotList;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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
  private final Set<EngineSnapshot> open = ConcurrentHashMap.newKeySet();

  /** Creates an empty registry. */
  public OpenSnapshots(SnapshotList versions, TimeSource time) {
    this.versions = versions;
    this.time = time;
  }

  /** Keeps the newest version readable. */
  public EngineSnapshot open() {
    return add(versions.register());
  }

  /**
   * Keeps an older version readable.
   *
   * @throws EngineException {@code VERSION_EXPIRED} if it is no longer readable, {@code
   *     INVALID_REQUEST} if it is newer than the newest
   */
  public EngineSnapshot openAt(long version, long newest) {
    if (versions.registerAt(version)) {
      return add(version);
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

  private EngineSnapshot add(long version) {
    long now = time.currentTimeMs();
    EngineSnapshot snapshot =
        new EngineSnapshot(this, version, now, LeakTrace.here(now, open.size() >= LIKELY_LEAKED));
    open.add(snapshot);
    return snapshot;
  }
}

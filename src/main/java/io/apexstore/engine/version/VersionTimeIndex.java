package io.apexstore.engine.version;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TimeMark;
import io.apexstore.engine.manifest.VersionEdit;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The times at which versions were committed. It answers two questions: when was a version
 * committed, by which readers of the past judge expiry; and which was the newest version at a past
 * time, by which history is retained.
 *
 * <pre>
 *   mark (t, v)   every version above v was committed at t or later
 *   publish       a group of commits at time t, the first ones for a resolution r: mark (t, v),
 *                 where v is the newest version before the group
 *   idle          mark (t, v) for the newest commit, so that the present becomes the past
 * </pre>
 *
 * <p>So the last mark before a version gives its commit time, less than r too early: the resolution
 * is 1 ms, or 1/131072 of the longest time for which old versions are asked for, if that is more.
 *
 * <p>Where old versions are to stay readable, every edit of the manifest takes the new marks along.
 * Marks of commits that no edit has followed come back when the log is replayed: an edit follows
 * each flush, and the log is replayed from there. Otherwise marks are in memory only, and go with
 * the process.
 *
 * <p><b>Threads:</b> {@link #publishing} and {@link #settle} by the leader of commits, or after
 * commits have ended; {@link #replayed} before that; the rest by any.
 */
public final class VersionTimeIndex implements VersionSet.Companion {
  /** Returned for a version whose time is not known any more. */
  public static final long UNKNOWN = TimeMarks.UNKNOWN;

  private final TimeMarks marks;
  private final long retentionMs;
  private final LongSupplier longestAgeMs;
  private volatile long resolutionMs;
  private volatile long longestMs;
  private volatile long dropBeforeMs = Long.MIN_VALUE;

  // Owned by the leader of commits.
  private long nextMarkMs = Long.MIN_VALUE;
  private long lastTimeMs;
  private long lastVersion;

  /**
   * Creates the index of a store with the marks of its manifest.
   *
   * @param retentionMs how long versions stay readable in ms, 0 for not at all
   * @param longestAgeMs how far back, in ms, others ask for versions by their time, 0 for not at
   *     all
   */
  public VersionTimeIndex(StoreState state, long retentionMs, LongSupplier longestAgeMs) {
    this.retentionMs = retentionMs;
    this.longestAgeMs = longestAgeMs;
    longestMayHaveChanged();
    // If no versions are asked for, the marks of the manifest are from an earlier run and outdated.
    this.marks = new TimeMarks(longestMs == 0 ? List.of() : state.timeMarks());
  }

  private void longestMayHaveChanged() {
    long longest = Math.max(retentionMs, longestAgeMs.getAsLong());
    longestMs = longest;
    resolutionMs = Math.max(1, longest / TimeMarks.MARKS_MAX);
  }

  /** Adds what the log says about a commit that is replayed; they come in order. */
  public void replayed(long version, long timeMs) {
    if (timeMs >= nextMarkMs && version - 1 >= marks.lastVersion()) {
      marks.add(timeMs, version - 1);
      nextMarkMs = timeMs + resolutionMs;
    }
  }

  /**
   * Ends the recovery.
   *
   * @param recoveredVersion the newest version that readers see
   * @param timeMs the time of the newest commit, in ms since the epoch
   */
  public void recovered(long recoveredVersion, long timeMs) {
    if (marks.lastVersion() < recoveredVersion - 1) {
      marks.add(timeMs, recoveredVersion - 1);
    }
    nextMarkMs = Long.MIN_VALUE;
    lastTimeMs = timeMs;
    lastVersion = recoveredVersion;
  }

  /**
   * Called before a group of commits is published.
   *
   * @param timeMs the commit time of the group in ms since the epoch; never decreases
   * @param before the newest version that is published
   * @param version the newest version of the group
   */
  public void publishing(long timeMs, long before, long version) {
    if (timeMs >= nextMarkMs) {
      marks.add(timeMs, before);
      nextMarkMs = timeMs + resolutionMs;
    }
    lastTimeMs = timeMs;
    lastVersion = version;
  }

  /** Marks the newest commit, if it is not marked yet. */
  public void settle() {
    if (marks.lastVersion() < lastVersion) {
      marks.add(lastTimeMs, lastVersion);
    }
  }

  /** Drops marks that no one asks for any more. */
  public void tick(TimeSource clock) {
    longestMayHaveChanged();
    if (longestMs > 0) {
      dropBeforeMs = clock.currentTimeMs() - longestMs;
      marks.dropBefore(dropBeforeMs);
    }
  }

  /**
   * Returns the time at which a version was committed, in ms since the epoch, at most the
   * resolution too early; {@link #UNKNOWN} if it is not known any more. For one version it is
   * always the same.
   */
  public long timeOf(long version) {
    return marks.timeOf(version);
  }

  /**
   * The version from which on all versions are to stay readable; {@link Long#MAX_VALUE} if none
   * need stay.
   */
  public long retainedSince(TimeSource clock) {
    return retentionMs == 0
        ? Long.MAX_VALUE
        : marks.newestUpTo(clock.currentTimeMs() - retentionMs);
  }

  /** The newest version that is known to have been published by a time, 0 if none is known. */
  public long newestUpTo(long timeMs) {
    return longestMs == 0 ? 0 : marks.newestUpTo(timeMs);
  }

  @Override
  public Runnable addTo(VersionEdit.Builder edit) {
    if (longestMs == 0) {
      return () -> {};
    }
    TimeMark[] added = marks.unrecorded();
    if (added.length == 0) {
      return () -> {};
    }
    for (int i = 0; i < added.length; i++) {
      edit.addTimeMark(added[i], i == added.length - 1 ? dropBeforeMs : Long.MIN_VALUE);
    }
    return () -> marks.recorded(added[added.length - 1]);
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.manifest.TimeMark;
import io.apexstore.engine.manifest.VersionEdit;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The times at which versions were published: it finds the newest version of a past time. The
 * manifest keeps pairs of a time and a version, as far back as old versions are to stay readable or
 * others ask for them, so a restart does not shorten the retention.
 *
 * <p><b>Threads:</b> {@link #retainedSince} and {@link #newestUpTo} by any; {@link #tick} by one at
 * a time.
 */
public final class VersionTimeIndex {
  private static final int MARKS_PER_RETENTION = 32;
  private static final int MARKS_MAX = 1_024;
  private static final long BETWEEN_MARKS_MS_MIN = 1_000;

  private final VersionSet versions;
  private final TimeSource clock;
  private final long retentionMs;
  private final LongSupplier longestAgeMs;

  /**
   * Creates the index of a store.
   *
   * @param retentionMs how long versions stay readable in ms, 0 for not at all
   * @param longestAgeMs how far back, in ms, others ask for versions by their time, 0 for not at
   *     all
   */
  public VersionTimeIndex(
      VersionSet versions, TimeSource clock, long retentionMs, LongSupplier longestAgeMs) {
    this.versions = versions;
    this.clock = clock;
    this.retentionMs = retentionMs;
    this.longestAgeMs = longestAgeMs;
  }

  /**
   * The version from which on all versions are to stay readable; {@link Long#MAX_VALUE} if none
   * need stay.
   */
  public long retainedSince() {
    if (retentionMs == 0) {
      return Long.MAX_VALUE;
    }
    return newestUpTo(clock.currentTimeMs() - retentionMs);
  }

  /** The newest version that is known to have been published by a time, 0 if none is known. */
  public long newestUpTo(long timeMs) {
    long version = 0;
    if (retentionMs == 0 && longestAgeMs.getAsLong() == 0) {
      return version; // The marks in the manifest, if any, are from an earlier run and outdated.
    }
    for (TimeMark mark : versions.state().timeMarks()) {
      if (mark.timeMs() > timeMs) {
        break;
      }
      version = mark.version();
    }
    return version;
  }

  /**
   * Records the newest version, if the last record is old enough.
   *
   * @throws io.apexstore.engine.base.EngineException if the manifest could not be written
   */
  public void tick(long published) {
    long longestAgeMsNow = longestAgeMs.getAsLong();
    long longestMs = Math.max(retentionMs, longestAgeMsNow);
    if (longestMs == 0) {
      return;
    }
    long now = clock.currentTimeMs();
    List<TimeMark> marks = versions.state().timeMarks();
    long between = betweenMarksMs(longestAgeMsNow, longestMs);
    if (!marks.isEmpty()) {
      TimeMark last = marks.getLast();
      if (now - last.timeMs() < between || published <= last.version()) {
        return;
      }
    }
    versions.logAndApply(
        VersionEdit.builder().addTimeMark(new TimeMark(now, published), now - longestMs).build());
  }

  // Dense enough for the shorter of the two times, as long as the longer one does not need too
  // many.
  private long betweenMarksMs(long longestAgeMsNow, long longestMs) {
    boolean both = retentionMs > 0 && longestAgeMsNow > 0;
    long shorterMs = both ? Math.min(retentionMs, longestAgeMsNow) : longestMs;
    return Math.max(
        BETWEEN_MARKS_MS_MIN, Math.max(shorterMs / MARKS_PER_RETENTION, longestMs / MARKS_MAX));
  }
}

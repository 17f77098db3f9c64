package io.apexstore.engine.version;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.manifest.TimeMark;
import io.apexstore.engine.manifest.VersionEdit;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Which version was the newest when, as far back as old versions are to stay readable. The manifest
 * keeps some pairs of time and version, so that a restart does not shorten the history.
 *
 * <p><b>Threads:</b> {@link #start} and {@link #newestUpTo} by any; {@link #tick} by one at a time.
 */
public final class VersionTimeIndex {
  private static final int MARKS_PER_RETENTION = 32;
  private static final int MARKS_MAX = 1_024;
  private static final long BETWEEN_MARKS_MS_MIN = 1_000;

  private final VersionSet versions;
  private final TimeSource clock;
  private final long retentionMs;
  private final LongSupplier agesMs;

  /**
   * Makes the history of a store.
   *
   * @param retentionMs for how long versions stay readable, 0 for not at all
   * @param agesMs how far back somebody else asks for versions by their time, 0 for not at all
   */
  public VersionTimeIndex(
      VersionSet versions, TimeSource clock, long retentionMs, LongSupplier agesMs) {
    this.versions = versions;
    this.clock = clock;
    this.retentionMs = retentionMs;
    this.agesMs = agesMs;
  }

  /** The version from which on all are to be kept; {@link Long#MAX_VALUE} if none need be. */
  public long start() {
    if (retentionMs == 0) {
      return Long.MAX_VALUE;
    }
    return newestUpTo(clock.currentTimeMs() - retentionMs);
  }

  /** The newest version that is known to have been published at a time, 0 if none is known. */
  public long newestUpTo(long timeMs) {
    long version = 0;
    if (retentionMs == 0 && agesMs.getAsLong() == 0) {
      return version; // Marks of an earlier life are not kept up.
    }
    for (TimeMark mark : versions.state().timeMarks()) {
      if (mark.timeMs() > timeMs) {
        break;
      }
      version = mark.version();
    }
    return version;
  }

  /** Notes the newest version, if it is time to. */
  public void tick(long published) {
    long agesMsNow = agesMs.getAsLong();
    long longestMs = Math.max(retentionMs, agesMsNow);
    if (longestMs == 0) {
      return;
    }
    long now = clock.currentTimeMs();
    List<TimeMark> marks = versions.state().timeMarks();
    long between = betweenMarksMs(agesMsNow, longestMs);
    if (!marks.isEmpty()) {
      TimeMark last = marks.getLast();
      if (now - last.timeMs() < between || published <= last.version()) {
        return;
      }
    }
    versions.logAndApply(
        VersionEdit.builder().addTimeMark(new TimeMark(now, published), now - longestMs).build());
  }

  // Dense enough for the shorter of the two, as long as that does not make too many for the longer.
  private long betweenMarksMs(long agesMsNow, long longestMs) {
    boolean both = retentionMs > 0 && agesMsNow > 0;
    long shorterMs = both ? Math.min(retentionMs, agesMsNow) : longestMs;
    return Math.max(
        BETWEEN_MARKS_MS_MIN, Math.max(shorterMs / MARKS_PER_RETENTION, longestMs / MARKS_MAX));
  }
}

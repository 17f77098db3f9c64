package io.apexstore.engine.compaction;

import io.apexstore.engine.tombstone.RangeTombstones;
import java.util.Arrays;

/**
 * Decides which deletions of ranges some reader may still need; the rule of {@link EntryFilter} for
 * ranges.
 *
 * <p>In each stratum of versions only the newest deletion of a fragment counts. In the lowest one
 * it hides only entries that go too; when no table below overlaps the fragment, it goes.
 */
final class TombstoneFilter {
  private TombstoneFilter() {}

  /**
   * Returns what is to be kept.
   *
   * @param visible the versions that must go on looking as they do, rising
   */
  static RangeTombstones kept(RangeTombstones ranges, long[] visible, LowerLevels below) {
    if (ranges.isEmpty()) {
      return ranges;
    }
    RangeTombstones.Builder kept = new RangeTombstones.Builder();
    for (int i = 0; i < ranges.count(); i++) {
      boolean keepsLowest = below.mayOverlap(ranges.start(i), ranges.end(i));
      long[] versions = kept(ranges.versions(i), visible, keepsLowest);
      if (versions.length > 0) {
        kept.add(ranges.start(i), ranges.end(i), versions);
      }
    }
    return kept.build();
  }

  private static long[] kept(long[] newestFirst, long[] visible, boolean keepsLowest) {
    long[] kept = new long[newestFirst.length];
    int count = 0;
    int stratum = visible.length;
    boolean taken = false;
    for (long version : newestFirst) {
      while (stratum > 0 && visible[stratum - 1] >= version) {
        stratum--;
        taken = false;
      }
      boolean needed = stratum == visible.length || (!taken && (stratum > 0 || keepsLowest));
      taken = true;
      if (needed) {
        kept[count++] = version;
      }
    }
    return Arrays.copyOf(kept, count);
  }
}

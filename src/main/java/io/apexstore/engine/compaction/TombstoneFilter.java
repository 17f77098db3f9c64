package io.apexstore.engine.compaction;

import io.apexstore.engine.tombstone.RangeTombstones;
import java.util.Arrays;

/**
 * Decides which range tombstones some reader may still need: the rule of {@link EntryFilter},
 * applied to fragments of range tombstones. A pure function.
 *
 * <p>In each snapshot stripe only the newest tombstone of a fragment counts. In the lowest stripe
 * it hides only entries that are dropped too; where no lower level overlaps the fragment, it is
 * dropped as well.
 */
final class TombstoneFilter {
  private TombstoneFilter() {}

  /**
   * Returns the range tombstones that are kept.
   *
   * @param visible the versions that readers may read at, ascending
   */
  static RangeTombstones kept(RangeTombstones tombstones, long[] visible, LowerLevels lowerLevels) {
    if (tombstones.isEmpty()) {
      return tombstones;
    }
    RangeTombstones.Builder kept = new RangeTombstones.Builder();
    for (int i = 0; i < tombstones.count(); i++) {
      boolean keepsLowest = lowerLevels.mayOverlap(tombstones.start(i), tombstones.end(i));
      long[] versions = kept(tombstones.versions(i), visible, keepsLowest);
      if (versions.length > 0) {
        kept.add(tombstones.start(i), tombstones.end(i), versions);
      }
    }
    return kept.build();
  }

  private static long[] kept(long[] newestFirst, long[] visible, boolean keepsLowest) {
    long[] kept = new long[newestFirst.length];
    int count = 0;
    int stripe = visible.length;
    boolean isStripeTaken = false;
    for (long version : newestFirst) {
      while (stripe > 0 && visible[stripe - 1] >= version) {
        stripe--;
        isStripeTaken = false;
      }
      boolean isAboveHorizon = stripe == visible.length;
      boolean isKept = isAboveHorizon || (!isStripeTaken && (stripe > 0 || keepsLowest));
      isStripeTaken = true;
      if (isKept) {
        kept[count++] = version;
      }
    }
    return Arrays.copyOf(kept, count);
  }
}

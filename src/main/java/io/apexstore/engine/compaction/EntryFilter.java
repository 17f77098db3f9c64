package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.tombstone.RangeTombstones;

/**
 * Decides, entry by entry in key order and newest version first, which of them some reader may
 * still need.
 *
 * <p>The visible versions (see {@link io.apexstore.engine.version.SnapshotList}) cut the versions
 * into strata: all versions up to the first visible one, those above it up to the second, and so
 * on. In each stratum a reader sees only the newest entry of a key, so the others go. Above the
 * horizon, the last of the visible versions, everything stays. A deletion in the lowest stratum
 * hides only entries that go too; when no table below holds its key, nothing is left for it to
 * hide, and it goes. A deletion of a range counts as an entry of every key that it covers: in its
 * stratum, and below the horizon, older entries go.
 *
 * <p><b>Threads:</b> confined to one at a time. Nothing is allocated for an entry.
 */
final class EntryFilter {
  private final long[] visible;
  private final LowerLevels below;
  private final RangeTombstones ranges;
  // The fragment of the ranges that the current key is in or before.
  private int fragment;
  private boolean isCovered;
  private byte[] key = new byte[64];
  private int keyLength = -1;
  private long keyCount;
  private int stratum;
  private boolean stratumTaken;
  private long lastVersion;

  EntryFilter(long[] visible, LowerLevels below, RangeTombstones ranges) {
    this.visible = visible;
    this.below = below;
    this.ranges = ranges;
  }

  /** Whether the iterator's current entry is needed. Entries come in the iterator's order. */
  boolean keeps(InternalIterator entry) {
    long version = entry.version();
    if (!isSameKey(entry)) {
      begin(entry);
    } else if (version == lastVersion) {
      return false;
    }
    lastVersion = version;
    while (stratum > 0 && visible[stratum - 1] >= version) {
      stratum--;
      stratumTaken = false;
    }
    if (stratum == visible.length) {
      return true;
    }
    if (stratumTaken || (isCovered && ranges.newest(fragment, visible[stratum]) > version)) {
      return false;
    }
    stratumTaken = true;
    return stratum > 0 || entry.kind() != ValueKind.DELETE || below.mayHold(key, keyLength);
  }

  /**
   * Whether somebody may need the entry that {@link #keeps} was asked about last as it is: it is a
   * deletion, or one that a snapshot or the history may show.
   */
  boolean isNeeded(InternalIterator entry) {
    return stratum > 0 || entry.kind() != ValueKind.PUT;
  }

  /** Whether a table below may hold the key that {@link #keeps} was asked about last. */
  boolean mayBeBelow() {
    return below.mayHold(key, keyLength);
  }

  /** The deletions of ranges that are needed. */
  RangeTombstones keptRanges() {
    return TombstoneFilter.kept(ranges, visible, below);
  }

  /** The version above which everything is kept. */
  long horizon() {
    return visible[visible.length - 1];
  }

  /** How many different keys were met so far. */
  long keyCount() {
    return keyCount;
  }

  private boolean isSameKey(InternalIterator entry) {
    return keyLength == entry.keyLength()
        && Keys.compare(key, 0, keyLength, entry.key(), 0, keyLength) == 0;
  }

  private void begin(InternalIterator entry) {
    int length = entry.keyLength();
    if (length > key.length) {
      key = new byte[Math.max(length, key.length * 2)];
    }
    System.arraycopy(entry.key(), 0, key, 0, length);
    keyLength = length;
    keyCount++;
    stratum = visible.length;
    stratumTaken = false;
    if (!ranges.isEmpty()) {
      findFragment();
    }
  }

  private void findFragment() {
    while (fragment < ranges.count() && compareToKey(ranges.end(fragment)) <= 0) {
      fragment++;
    }
    isCovered = fragment < ranges.count() && compareToKey(ranges.start(fragment)) <= 0;
  }

  private int compareToKey(byte[] bound) {
    return Keys.compare(bound, 0, bound.length, key, 0, keyLength);
  }
}

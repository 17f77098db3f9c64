package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.tombstone.RangeTombstones;

/**
 * Decides which entries of a job some reader may still need. It sees them in key order, the newest
 * version of a key first.
 *
 * <p>The visible versions (see {@link io.apexstore.engine.version.SnapshotList#visible}) divide the
 * versions into snapshot stripes: all versions up to the first visible one, those above it up to
 * the second, and so on. Within a stripe, readers see only the newest entry of a key; the others
 * are dropped. Above the horizon, the last visible version, every entry is kept. A tombstone in the
 * lowest stripe hides only entries that are dropped too; where no lower level may hold its key, it
 * is dropped as well. A range tombstone counts as an entry of every key that it covers: within its
 * stripe, and below the horizon, older entries are dropped.
 *
 * <p><b>Threads:</b> confined to one at a time. Nothing is allocated for an entry.
 */
final class EntryFilter {
  private final long[] visible;
  private final LowerLevels lowerLevels;
  private final RangeTombstones tombstones;
  // The range tombstone fragment that the current key is in or before.
  private int fragment;
  private boolean isCovered;
  private byte[] key = new byte[64];
  private int keyLength = -1;
  private long keyCount;
  // The index of the visible version that ends the stripe; visible.length above the horizon.
  private int stripe;
  // Whether an entry of the key was kept in this stripe.
  private boolean isStripeTaken;
  private long lastVersion;

  EntryFilter(long[] visible, LowerLevels lowerLevels, RangeTombstones tombstones) {
    this.visible = visible;
    this.lowerLevels = lowerLevels;
    this.tombstones = tombstones;
  }

  /** Whether the iterator's current entry is kept. Entries must come in the iterator's order. */
  boolean keeps(InternalIterator entry) {
    long version = entry.version();
    if (!isSameKey(entry)) {
      startKey(entry);
    } else if (version == lastVersion) {
      return false;
    }
    lastVersion = version;
    while (stripe > 0 && visible[stripe - 1] >= version) {
      stripe--;
      isStripeTaken = false;
    }
    if (stripe == visible.length) {
      return true;
    }
    if (isStripeTaken || (isCovered && tombstones.newest(fragment, visible[stripe]) > version)) {
      return false;
    }
    isStripeTaken = true;
    return stripe > 0 || entry.kind() != ValueKind.DELETE || lowerLevels.mayHold(key, keyLength);
  }

  /**
   * Whether the entry that {@link #keeps} returned true for last must be written unchanged: it is a
   * tombstone, or it is above the lowest stripe.
   */
  boolean mustStay(InternalIterator entry) {
    return stripe > 0 || entry.kind() != ValueKind.PUT;
  }

  /** Whether a lower level may hold the key of the last entry. */
  boolean mayBeInLowerLevels() {
    return lowerLevels.mayHold(key, keyLength);
  }

  /** Returns the range tombstones that are kept. */
  RangeTombstones keptTombstones() {
    return TombstoneFilter.kept(tombstones, visible, lowerLevels);
  }

  /** The version above which every entry is kept. */
  long horizon() {
    return visible[visible.length - 1];
  }

  /** How many different keys were seen. */
  long keyCount() {
    return keyCount;
  }

  private boolean isSameKey(InternalIterator entry) {
    return keyLength == entry.keyLength()
        && Keys.compare(key, 0, keyLength, entry.key(), 0, keyLength) == 0;
  }

  private void startKey(InternalIterator entry) {
    int length = entry.keyLength();
    if (length > key.length) {
      key = new byte[Math.max(length, key.length * 2)];
    }
    System.arraycopy(entry.key(), 0, key, 0, length);
    keyLength = length;
    keyCount++;
    stripe = visible.length;
    isStripeTaken = false;
    if (!tombstones.isEmpty()) {
      findFragment();
    }
  }

  private void findFragment() {
    while (fragment < tombstones.count() && compareToKey(tombstones.end(fragment)) <= 0) {
      fragment++;
    }
    isCovered = fragment < tombstones.count() && compareToKey(tombstones.start(fragment)) <= 0;
  }

  private int compareToKey(byte[] bound) {
    return Keys.compare(bound, 0, bound.length, key, 0, keyLength);
  }
}

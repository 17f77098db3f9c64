package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import io.apexstore.engine.tombstone.TombstoneTree;
import io.apexstore.engine.tombstone.TombstoneTreeWriter;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of keys that were deleted while a memtable took commits.
 *
 * <p>For each version that deleted some it keeps {@link TombstoneTree}: which deletion is the
 * newest, of each key, for readers at that version. A deletion makes new ones of those before it,
 * and shares all nodes but a logarithm with them: that, and nothing that grows with what it covers,
 * is what it costs in time and memory.
 *
 * <p><b>Threads:</b> {@link #add} by the memtable's writer, all else by any. <b>Invariants:</b> for
 * a reader at a version, every moment of an addition of a greater version looks the same.
 *
 * <p><b>Given up:</b> one set of steps, each with all deletions that cover it. A deletion then
 * costs as much as there are steps in it: deletions of ranges within ranges took the square of
 * their number in time and memory.
 */
final class MemTableTombstones implements TombstoneSource {
  // The least legal key; no key comes before it.
  private static final byte[] FIRST_KEY = {0};
  // About what a deletion takes on the heap besides its nodes and the bytes of its bounds.
  private static final int TOMBSTONE_BYTES = 64;

  private final TombstoneTreeWriter treeWriter = new TombstoneTreeWriter();
  private volatile State state = new State(new long[4], new TombstoneTree[4], 0);
  // The writer's.
  private long tombstoneCount;

  /**
   * What readers look at.
   *
   * @param versions rising; the first {@code count}
   * @param steps for readers at each of these versions, up to the next one
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record State(long[] versions, @Nullable TombstoneTree[] trees, int count) {

    @Nullable TombstoneTree at(long readVersion) {
      int i = count - 1;
      if (i >= 0 && versions[i] > readVersion) {
        int found = Arrays.binarySearch(versions, 0, count, readVersion);
        i = found >= 0 ? found : -found - 2;
      }
      return i < 0 ? null : trees[i];
    }

    State with(long version, TombstoneTree newest) {
      boolean sameVersion = count > 0 && versions[count - 1] == version;
      int at = sameVersion ? count - 1 : count;
      boolean full = at == versions.length;
      long[] newVersions = full ? Arrays.copyOf(versions, 2 * at) : versions;
      @Nullable TombstoneTree[] newTrees = full ? Arrays.copyOf(trees, 2 * at) : trees;
      newVersions[at] = version;
      newTrees[at] = newest;
      return new State(newVersions, newTrees, at + 1);
    }
  }

  /**
   * Adds a deletion.
   *
   * @param from first key; no bytes: no bound
   * @param to first key past the range, or null for no bound
   * @param version not less than that of any other
   * @return the bytes of heap that it takes, about; 0 if no key lies in the range
   */
  long add(byte[] from, byte @Nullable [] to, long version) {
    byte[] start = from.length == 0 ? FIRST_KEY : from;
    if (to != null && Keys.compare(start, to) >= 0) {
      return 0;
    }
    State old = state;
    TombstoneTree newest = treeWriter.add(old.at(version), start, to, version);
    state = old.with(version, newest);
    tombstoneCount++;
    int boundBytes = from.length + (to == null ? 0 : to.length);
    return TOMBSTONE_BYTES + boundBytes + (long) treeWriter.nodesCreated() * TombstoneTree.BYTES;
  }

  /** A bound for the versions of all fragments, if more are added and so many may be visible. */
  long fragmentVersionsMax(long moreVersions, long moreTombstones, long visibleMax) {
    return Math.min(state.count + moreVersions, visibleMax) * 2 * (tombstoneCount + moreTombstones);
  }

  @Override
  public long newestCovering(byte[] key, int keyLength, long readVersion) {
    TombstoneTree floor = TombstoneTree.floor(state.at(readVersion), key, keyLength);
    return floor == null ? 0 : floor.version();
  }

  @Override
  public void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion) {
    TombstoneTree tree = state.at(readVersion);
    TombstoneTree floor = TombstoneTree.floor(tree, key, keyLength);
    TombstoneTree next = TombstoneTree.higher(tree, key, keyLength);
    span.narrow(
        floor == null ? null : floor.key(),
        next == null ? null : next.key(),
        floor == null ? 0 : floor.version());
  }

  @Override
  public long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion) {
    byte[] start = from == null || from.length == 0 ? FIRST_KEY : from;
    if (to != null && Keys.compare(start, to) >= 0) {
      return 0;
    }
    TombstoneTree tree = state.at(readVersion);
    TombstoneTree floor = TombstoneTree.floor(tree, start, start.length);
    if (floor != null && floor.version() > after) {
      return floor.version();
    }
    return TombstoneTree.anyNewer(tree, start, to, after);
  }

  /** Whether a range without an upper bound was deleted. */
  boolean isUnbounded() {
    TombstoneTree newest = state.at(Long.MAX_VALUE);
    return newest != null && TombstoneTree.last(newest).version() > 0;
  }

  /**
   * Returns them as fragments, without those deletions that no reader needs. Nothing may be added
   * meanwhile.
   *
   * @param largestKey no key above it was ever written that a range without a bound could hide
   * @param visible at these versions, rising, and at all above the last of them, somebody may read
   */
  RangeTombstones fragments(byte[] largestKey, long[] visible) {
    NavigableMap<byte[], Chain> chains = new TreeMap<>(Arrays::compareUnsigned);
    State now = state;
    for (long version : visible) {
      cover(chains, now.at(version), 1);
    }
    long horizon = visible[visible.length - 1];
    for (int i = 0; i < now.count; i++) {
      if (now.versions[i] > horizon) {
        cover(chains, now.trees[i], now.versions[i]);
      }
    }
    return fragments(chains, largestKey);
  }

  /** The deletions that cover a fragment, from the newest; of version 0: none. */
  private record Chain(long version, int length, @Nullable Chain older) {
    static final Chain NONE = new Chain(0, 0, null);

    long[] versions() {
      long[] versions = new long[length];
      Chain at = this;
      for (int i = 0; i < length && at != null; i++) {
        versions[i] = at.version;
        at = at.older;
      }
      return versions;
    }
  }

  // With those deletions among the newest of each key that are not older than a version.
  private static void cover(
      NavigableMap<byte[], Chain> chains, @Nullable TombstoneTree tree, long notBefore) {
    TombstoneTree.forEach(
        tree,
        notBefore,
        boundary -> {
          TombstoneTree end = TombstoneTree.higher(tree, boundary.key(), boundary.key().length);
          cover(chains, boundary.key(), end == null ? null : end.key(), boundary.version());
        });
  }

  private static void cover(
      NavigableMap<byte[], Chain> chains, byte[] from, byte @Nullable [] to, long version) {
    splitAt(chains, from);
    NavigableMap<byte[], Chain> covered;
    if (to == null) {
      covered = chains.tailMap(from, true);
    } else {
      splitAt(chains, to);
      covered = chains.subMap(from, true, to, false);
    }
    for (Map.Entry<byte[], Chain> boundary : covered.entrySet()) {
      Chain older = boundary.getValue();
      if (older.version < version) {
        boundary.setValue(new Chain(version, older.length + 1, older));
      }
    }
  }

  private static void splitAt(NavigableMap<byte[], Chain> chains, byte[] at) {
    Map.Entry<byte[], Chain> floor = chains.floorEntry(at);
    chains.putIfAbsent(at, floor == null ? Chain.NONE : floor.getValue());
  }

  private static RangeTombstones fragments(NavigableMap<byte[], Chain> chains, byte[] largestKey) {
    RangeTombstones.Builder fragments = new RangeTombstones.Builder();
    Iterator<Map.Entry<byte[], Chain>> rest = chains.entrySet().iterator();
    Map.Entry<byte[], Chain> boundary = rest.next();
    while (rest.hasNext()) {
      Map.Entry<byte[], Chain> next = rest.next();
      add(fragments, boundary, next.getKey());
      boundary = next;
    }
    // Behind the last step; it keeps at least the step's own key.
    byte[] last = Keys.compare(largestKey, boundary.getKey()) < 0 ? boundary.getKey() : largestKey;
    add(fragments, boundary, Keys.successor(last));
    return fragments.build();
  }

  private static void add(
      RangeTombstones.Builder fragments, Map.Entry<byte[], Chain> boundary, byte[] end) {
    if (boundary.getValue().version > 0) {
      fragments.add(boundary.getKey(), end, boundary.getValue().versions());
    }
  }
}

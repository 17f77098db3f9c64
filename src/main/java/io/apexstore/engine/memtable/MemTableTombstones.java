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
 * The range tombstones of a memtable.
 *
 * <p>For each version that added some it keeps a {@link TombstoneTree}: for each key, the newest
 * range tombstone that a reader at that version sees. Adding a range tombstone creates a new tree
 * from the last one and shares all nodes but a logarithm of them with it. So the cost in time and
 * memory is logarithmic and does not grow with what the range covers.
 *
 * <p><b>Threads:</b> {@link #add} by the memtable's writer, all else by any. <b>Invariants:</b> for
 * a reader at a version, every moment of an addition of a greater version looks the same.
 *
 * <p><b>Given up:</b> one tree of fragments, each with all range tombstones that cover it. Adding a
 * range tombstone then costs as much as there are fragments in its range: nested ranges took the
 * square of their number in time and memory.
 */
final class MemTableTombstones implements TombstoneSource {
  // The least key that is legal; no key comes before it.
  private static final byte[] FIRST_KEY = {0};
  // About the heap that a range tombstone takes besides its nodes and the bytes of its bounds.
  private static final int TOMBSTONE_BYTES = 64;

  private final TombstoneTreeWriter treeWriter = new TombstoneTreeWriter();
  private volatile State state = new State(new long[4], new TombstoneTree[4], 0);
  // Used by the writer only.
  private long tombstoneCount;

  /**
   * The state that readers see.
   *
   * @param versions ascending; the first {@code count} are valid
   * @param trees for readers at each of these versions, up to the next one
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
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
   * Adds a range tombstone.
   *
   * @param from first key; empty for no bound
   * @param to first key past the range, or null for no bound
   * @param version not less than that of any other
   * @return the approximate bytes of heap that it takes; 0 if no key lies in the range
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

  /**
   * Returns an upper bound of the versions in all fragments, if more range tombstones are added and
   * {@code visibleMax} versions are visible.
   */
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

  /** Whether a range tombstone has no upper bound. */
  boolean isUnbounded() {
    TombstoneTree newest = state.at(Long.MAX_VALUE);
    return newest != null && TombstoneTree.last(newest).version() > 0;
  }

  /**
   * Returns the range tombstones as fragments, without those that no reader needs: in each snapshot
   * stripe, the newest one that covers a key is kept. Nothing may be added meanwhile.
   *
   * @param largestKey no greater key was ever written that a range without an upper bound could
   *     hide
   * @param visible the versions, ascending, at which readers may read; they may also read at all
   *     versions above the last
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

  /** The range tombstones that cover a fragment, newest first; of version 0: none. */
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

  // Adds the boundaries of a tree that are not older than a version.
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
    // After the last boundary; the fragment has at least the boundary's own key.
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

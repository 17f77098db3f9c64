package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Range tombstones cut into fragments: in ascending order of keys, without overlaps, each with the
 * versions of all range tombstones that cover it. The tombstones [a, m) of version 5 and [g, z) of
 * version 7 become
 *
 * <pre>
 *   [a, g) 5
 *   [g, m) 7 5
 *   [m, z) 7
 * </pre>
 *
 * <p>A key lies in one fragment at most, so a binary search finds it. Adjacent fragments with the
 * same versions are merged into one.
 *
 * <p><b>Threads:</b> any; instances are immutable. Arrays that are returned must not be changed.
 */
public final class RangeTombstones implements TombstoneSource {
  /** No range tombstone. */
  public static final RangeTombstones NONE =
      new RangeTombstones(new byte[0][], new byte[0][], new long[0][]);

  private static final long[] NO_VERSIONS = {};

  private final byte[][] starts;
  private final byte[][] ends;
  // Of each fragment, newest first.
  private final long[][] versions;

  private RangeTombstones(byte[][] starts, byte[][] ends, long[][] versions) {
    this.starts = starts;
    this.ends = ends;
    this.versions = versions;
  }

  /** Collects fragments in ascending order of keys. */
  public static final class Builder {
    private final List<byte[]> starts = new ArrayList<>();
    private final List<byte[]> ends = new ArrayList<>();
    private final List<long[]> versions = new ArrayList<>();

    /** Creates an empty builder. */
    public Builder() {}

    /**
     * Adds a fragment after the others.
     *
     * @param start first key
     * @param end first key past the fragment
     * @param newestFirst versions of the range tombstones that cover it, at least one
     * @throws IllegalArgumentException if the fragment is empty or not after the others
     */
    public Builder add(byte[] start, byte[] end, long[] newestFirst) {
      boolean first = starts.isEmpty();
      int order = first ? -1 : Keys.compare(ends.getLast(), start);
      if (Keys.compare(start, end) >= 0 || newestFirst.length == 0 || order > 0) {
        throw new IllegalArgumentException(
            "fragment from " + KeyText.of(start) + " to " + KeyText.of(end) + " is out of order");
      }
      for (int i = 1; i < newestFirst.length; i++) {
        if (newestFirst[i - 1] <= newestFirst[i]) {
          throw new IllegalArgumentException("versions of a fragment do not descend");
        }
      }
      if (order == 0 && Arrays.equals(versions.getLast(), newestFirst)) {
        ends.set(ends.size() - 1, end);
      } else {
        starts.add(start);
        ends.add(end);
        versions.add(newestFirst);
      }
      return this;
    }

    /** Returns the fragments that were added. */
    public RangeTombstones build() {
      return starts.isEmpty()
          ? NONE
          : new RangeTombstones(
              starts.toArray(new byte[0][]),
              ends.toArray(new byte[0][]),
              versions.toArray(new long[0][]));
    }
  }

  /** Returns the union of several sets of range tombstones. */
  public static RangeTombstones merge(List<RangeTombstones> parts) {
    List<RangeTombstones> some = parts.stream().filter(part -> !part.isEmpty()).toList();
    if (some.size() <= 1) {
      return some.isEmpty() ? NONE : some.getFirst();
    }
    // Each key starts a fragment with these versions, which ends at the next key.
    NavigableMap<byte[], long[]> fragments = new TreeMap<>(Arrays::compareUnsigned);
    for (RangeTombstones part : some) {
      for (int i = 0; i < part.count(); i++) {
        splitAt(fragments, part.starts[i]);
        splitAt(fragments, part.ends[i]);
        for (Map.Entry<byte[], long[]> fragment :
            fragments.subMap(part.starts[i], true, part.ends[i], false).entrySet()) {
          fragment.setValue(union(fragment.getValue(), part.versions[i]));
        }
      }
    }
    Builder merged = new Builder();
    Iterator<Map.Entry<byte[], long[]>> rest = fragments.entrySet().iterator();
    Map.Entry<byte[], long[]> fragment = rest.next();
    while (rest.hasNext()) {
      Map.Entry<byte[], long[]> next = rest.next();
      if (fragment.getValue().length > 0) {
        merged.add(fragment.getKey(), next.getKey(), fragment.getValue());
      }
      fragment = next;
    }
    return merged.build();
  }

  private static void splitAt(NavigableMap<byte[], long[]> fragments, byte[] at) {
    Map.Entry<byte[], long[]> floor = fragments.floorEntry(at);
    if (floor == null) {
      fragments.put(at, NO_VERSIONS);
    } else if (!Arrays.equals(floor.getKey(), at)) {
      fragments.put(at, floor.getValue());
    }
  }

  private static long[] union(long[] a, long[] b) {
    long[] all = new long[a.length + b.length];
    int count = 0;
    int i = 0;
    int j = 0;
    while (i < a.length || j < b.length) {
      long next;
      if (j == b.length || (i < a.length && a[i] > b[j])) {
        next = a[i++];
      } else {
        next = b[j++];
        i += i < a.length && a[i] == next ? 1 : 0;
      }
      all[count++] = next;
    }
    return Arrays.copyOf(all, count);
  }

  /** The number of fragments. */
  public int count() {
    return starts.length;
  }

  /** Whether there is no fragment. */
  public boolean isEmpty() {
    return starts.length == 0;
  }

  /** The first key of a fragment. */
  public byte[] start(int fragment) {
    return starts[fragment];
  }

  /** The first key past a fragment. */
  public byte[] end(int fragment) {
    return ends[fragment];
  }

  /** The versions of the range tombstones that cover a fragment, newest first. */
  public long[] versions(int fragment) {
    return versions[fragment];
  }

  /**
   * Returns the newest version of a fragment that is not above {@code readVersion}, 0 if there is
   * none.
   */
  public long newest(int fragment, long readVersion) {
    long[] all = versions[fragment];
    if (all[0] <= readVersion) {
      return all[0];
    }
    int low = 1;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (all[middle] > readVersion) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == all.length ? 0 : all[low];
  }

  /** The oldest version in any fragment, {@link Long#MAX_VALUE} if there is none. */
  public long minVersion() {
    long oldest = Long.MAX_VALUE;
    for (long[] all : versions) {
      oldest = Math.min(oldest, all[all.length - 1]);
    }
    return oldest;
  }

  /** The newest version in any fragment, 0 if there is none. */
  public long maxVersion() {
    long newest = 0;
    for (long[] all : versions) {
      newest = Math.max(newest, all[0]);
    }
    return newest;
  }

  /** Returns the range tombstones cut to the range [{@code from}, {@code to}); null: no bound. */
  public RangeTombstones clip(byte @Nullable [] from, byte @Nullable [] to) {
    Builder clipped = new Builder();
    int i = from == null ? 0 : firstEndingAfter(from, from.length);
    for (; i < starts.length && (to == null || Keys.compare(starts[i], to) < 0); i++) {
      byte[] start = from != null && Keys.compare(from, starts[i]) > 0 ? from : starts[i];
      byte[] end = to != null && Keys.compare(to, ends[i]) < 0 ? to : ends[i];
      if (Keys.compare(start, end) < 0) {
        clipped.add(start, end, versions[i]);
      }
    }
    return clipped.build();
  }

  /**
   * Whether range tombstones hide every entry of a range of keys.
   *
   * @param smallest first key of the range
   * @param largest last key of the range, which must be covered, too
   * @param newestEntry no entry is newer; only tombstones above this version count
   * @param readVersion only tombstones up to this version count
   */
  public boolean coverRange(byte[] smallest, byte[] largest, long newestEntry, long readVersion) {
    int i = fragmentOf(smallest, smallest.length);
    if (i < 0) {
      return false;
    }
    while (newest(i, readVersion) > newestEntry) {
      if (Keys.compare(ends[i], largest) > 0) {
        return true;
      }
      if (i + 1 == starts.length || !Arrays.equals(ends[i], starts[i + 1])) {
        return false;
      }
      i++;
    }
    return false;
  }

  @Override
  public long newestCovering(byte[] key, int keyLength, long readVersion) {
    int i = fragmentOf(key, keyLength);
    return i < 0 ? 0 : newest(i, readVersion);
  }

  @Override
  public void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion) {
    int i = firstEndingAfter(key, keyLength);
    if (i == starts.length) {
      span.narrow(i == 0 ? null : ends[i - 1], null, 0);
    } else if (Keys.compare(starts[i], 0, starts[i].length, key, 0, keyLength) <= 0) {
      span.narrow(starts[i], ends[i], newest(i, readVersion));
    } else {
      span.narrow(i == 0 ? null : ends[i - 1], starts[i], 0);
    }
  }

  @Override
  public long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion) {
    if (from != null && to != null && Keys.compare(from, to) >= 0) {
      return 0;
    }
    int i = from == null ? 0 : firstEndingAfter(from, from.length);
    for (; i < starts.length && (to == null || Keys.compare(starts[i], to) < 0); i++) {
      long newest = newest(i, readVersion);
      if (newest > after) {
        return newest;
      }
    }
    return 0;
  }

  // The fragment that contains a key, or -1.
  private int fragmentOf(byte[] key, int keyLength) {
    int i = firstEndingAfter(key, keyLength);
    return i < starts.length && Keys.compare(starts[i], 0, starts[i].length, key, 0, keyLength) <= 0
        ? i
        : -1;
  }

  /** Returns the first fragment that ends past a key, {@link #count()} if none does. */
  private int firstEndingAfter(byte[] key, int keyLength) {
    int low = 0;
    int high = ends.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Keys.compare(ends[middle], 0, ends[middle].length, key, 0, keyLength) > 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Prints the fragments, one a line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < starts.length; i++) {
      text.append('[').append(KeyText.of(starts[i])).append(", ").append(KeyText.of(ends[i]));
      text.append(") @");
      for (int j = 0; j < versions[i].length; j++) {
        text.append(j == 0 ? "" : " @").append(versions[i][j]);
      }
      text.append('\n');
    }
    return text.toString();
  }
}

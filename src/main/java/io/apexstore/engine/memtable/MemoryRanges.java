package io.apexstore.engine.memtable;

import io.apexstore.engine.base.DeletedRanges;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.RangeTombstones;
import io.apexstore.engine.base.Stretch;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of keys that were deleted while a memtable took commits.
 *
 * <p>It is a function of the key that changes in steps: each step's key leads to the deletions that
 * cover the keys from there up to the next step, newest first. To add one, its two ends become
 * steps, which changes nothing, and then every step between them gets it in front. So a deletion
 * costs a logarithm of the steps, and a constant for each that it covers.
 *
 * <p><b>Threads:</b> {@link #add} by the memtable's writer, all else by any. <b>Invariants:</b> for
 * a reader at a version, every moment of an addition of a greater version looks the same.
 */
final class MemoryRanges implements DeletedRanges {
  private static final Deletion NONE = new Deletion(0, null);
  // The least legal key; no key comes before it.
  private static final byte[] FIRST_KEY = {0};
  // About what a step and a deletion take on the heap, besides the step's key.
  private static final long STEP_BYTES = 96;
  private static final long DELETION_BYTES = 24;

  private final ConcurrentSkipListMap<byte[], Deletion> steps =
      new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

  /** A deletion and those before it; of version 0: none. */
  private record Deletion(long version, @Nullable Deletion older) {
    long newest(long readVersion) {
      Deletion at = this;
      while (at.version > readVersion) {
        Deletion next = at.older;
        if (next == null) {
          return 0;
        }
        at = next;
      }
      return at.version;
    }

    long[] versions() {
      int count = 0;
      for (Deletion at = this; at != null && at.version > 0; at = at.older) {
        count++;
      }
      long[] versions = new long[count];
      Deletion at = this;
      for (int i = 0; i < count && at != null; i++) {
        versions[i] = at.version;
        at = at.older;
      }
      return versions;
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
    long bytes = cut(start) + (to == null ? 0 : cut(to));
    NavigableMap<byte[], Deletion> covered =
        to == null ? steps.tailMap(start, true) : steps.subMap(start, true, to, false);
    for (Map.Entry<byte[], Deletion> step : covered.entrySet()) {
      Deletion before = step.getValue();
      if (before.version < version) {
        steps.put(step.getKey(), new Deletion(version, before));
        bytes += DELETION_BYTES;
      }
    }
    return bytes;
  }

  private long cut(byte[] at) {
    Map.Entry<byte[], Deletion> floor = steps.floorEntry(at);
    if (floor != null && Arrays.equals(floor.getKey(), at)) {
      return 0;
    }
    steps.put(at, floor == null ? NONE : floor.getValue());
    return at.length + STEP_BYTES;
  }

  @Override
  public long newestAt(byte[] key, int keyLength, long readVersion) {
    Map.Entry<byte[], Deletion> floor = steps.floorEntry(exact(key, keyLength));
    return floor == null ? 0 : floor.getValue().newest(readVersion);
  }

  @Override
  public void narrow(Stretch stretch, byte[] key, int keyLength, long readVersion) {
    byte[] at = exact(key, keyLength);
    Map.Entry<byte[], Deletion> floor = steps.floorEntry(at);
    byte[] next = steps.higherKey(at);
    if (floor == null) {
      stretch.narrow(null, next, 0);
    } else {
      stretch.narrow(floor.getKey(), next, floor.getValue().newest(readVersion));
    }
  }

  @Override
  public long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion) {
    byte[] start = from == null || from.length == 0 ? FIRST_KEY : from;
    if (to != null && Keys.compare(start, to) >= 0) {
      return 0;
    }
    long newest = newestAt(start, start.length, readVersion);
    if (newest > after) {
      return newest;
    }
    NavigableMap<byte[], Deletion> within =
        to == null ? steps.tailMap(start, false) : steps.subMap(start, false, to, false);
    for (Deletion deletion : within.values()) {
      newest = deletion.newest(readVersion);
      if (newest > after) {
        return newest;
      }
    }
    return 0;
  }

  /** Whether a range without an upper bound was deleted. */
  boolean isUnbounded() {
    Map.Entry<byte[], Deletion> last = steps.lastEntry();
    return last != null && last.getValue().version > 0;
  }

  /**
   * Returns them as fragments. Nothing may be added meanwhile.
   *
   * @param largestKey no key above it was ever written that a range without a bound could hide
   */
  RangeTombstones fragments(byte[] largestKey) {
    RangeTombstones.Builder fragments = new RangeTombstones.Builder();
    Iterator<Map.Entry<byte[], Deletion>> rest = steps.entrySet().iterator();
    Map.Entry<byte[], Deletion> step = rest.next();
    while (rest.hasNext()) {
      Map.Entry<byte[], Deletion> next = rest.next();
      add(fragments, step, next.getKey());
      step = next;
    }
    // Behind the last step; it keeps at least the step's own key.
    byte[] last = Keys.compare(largestKey, step.getKey()) < 0 ? step.getKey() : largestKey;
    add(fragments, step, Keys.successor(last));
    return fragments.build();
  }

  private static void add(
      RangeTombstones.Builder fragments, Map.Entry<byte[], Deletion> step, byte[] end) {
    if (step.getValue().version > 0) {
      fragments.add(step.getKey(), end, step.getValue().versions());
    }
  }

  private static byte[] exact(byte[] key, int keyLength) {
    return key.length == keyLength ? key : Arrays.copyOf(key, keyLength);
  }
}

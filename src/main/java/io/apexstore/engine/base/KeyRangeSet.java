package io.apexstore.engine.base;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A union of ranges of keys, for each keyspace.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class KeyRangeSet {
  private static final byte[] NO_BOUND = {};

  // Each range by its first key; the value is the first key past it. No two ranges touch.
  private final Map<Integer, TreeMap<byte[], byte[]>> ranges = new HashMap<>();

  /** Creates an empty union. */
  public KeyRangeSet() {}

  /**
   * Adds a range.
   *
   * @param from first key; no bytes: no bound
   * @param to first key past the range, or null for no bound
   */
  public void add(int keyspaceId, byte[] from, byte @Nullable [] to) {
    if (to != null && Keys.compare(from, to) >= 0) {
      return;
    }
    TreeMap<byte[], byte[]> known =
        ranges.computeIfAbsent(keyspaceId, any -> new TreeMap<>(Arrays::compareUnsigned));
    byte[] start = from;
    byte[] end = to == null ? NO_BOUND : to;
    Map.Entry<byte[], byte[]> before = known.floorEntry(from);
    if (before != null && reaches(before.getValue(), from)) {
      start = before.getKey();
    }
    Iterator<Map.Entry<byte[], byte[]>> touched = known.tailMap(start, true).entrySet().iterator();
    while (touched.hasNext()) {
      Map.Entry<byte[], byte[]> range = touched.next();
      if (!reaches(end, range.getKey())) {
        break;
      }
      if (end.length > 0 && reaches(range.getValue(), end)) {
        end = range.getValue();
      }
      touched.remove();
    }
    known.put(start, end);
  }

  /** Whether a range contains a key. */
  public boolean contains(int keyspaceId, byte[] key) {
    TreeMap<byte[], byte[]> known = ranges.get(keyspaceId);
    Map.Entry<byte[], byte[]> before = known == null ? null : known.floorEntry(key);
    if (before == null) {
      return false;
    }
    byte[] end = before.getValue();
    return end.length == 0 || Keys.compare(end, key) > 0;
  }

  // Whether a range with that end goes on at least up to a key.
  private static boolean reaches(byte[] end, byte[] key) {
    return end.length == 0 || Keys.compare(end, key) >= 0;
  }
}

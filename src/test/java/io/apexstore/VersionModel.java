package io.apexstore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The expected content of a keyspace: the entry of each key at each version. */
final class VersionModel {
  private final NavigableMap<byte[], NavigableMap<Long, Entry>> keys =
      new TreeMap<>(Arrays::compareUnsigned);

  /**
   * The entry of a key at a version.
   *
   * @param value the value; null: none
   * @param expiryMs when it expires; 0: never
   */
  @SuppressWarnings("ArrayRecordComponent") // Never changed.
  record Entry(byte @Nullable [] value, long expiryMs) {
    boolean isVisible(long nowMs) {
      return value != null && (expiryMs == 0 || expiryMs > nowMs);
    }
  }

  /** A key and its entry at a version. */
  record Found(byte[] key, long version, Entry entry) {}

  void put(byte[] key, long version, byte[] value, long expiryMs) {
    set(key, version, new Entry(value, expiryMs));
  }

  void delete(byte[] key, long version) {
    set(key, version, new Entry(null, 0));
  }

  void merge(byte[] key, long version, byte[] operand, MergeOperator operator, long nowMs) {
    Found before = get(key, version, nowMs);
    byte[] merged = operator.merge(key, before == null ? null : before.entry.value, operand);
    if (merged == null) {
      delete(key, version);
    } else {
      put(key, version, merged, before == null ? 0 : before.entry.expiryMs);
    }
  }

  void deleteRange(KeyRange range, long version) {
    within(range).keySet().forEach(key -> delete(key, version));
  }

  private void set(byte[] key, long version, Entry entry) {
    keys.computeIfAbsent(key, absent -> new TreeMap<>()).put(version, entry);
  }

  /** Returns the entry of a key that a reader at a version and a time sees, or null. */
  @Nullable Found get(byte[] key, long version, long nowMs) {
    NavigableMap<Long, Entry> versions = keys.get(key);
    return versions == null ? null : visible(key, versions, version, nowMs);
  }

  private static @Nullable Found visible(
      byte[] key, NavigableMap<Long, Entry> versions, long version, long nowMs) {
    Map.Entry<Long, Entry> newest = versions.floorEntry(version);
    return newest == null || !newest.getValue().isVisible(nowMs)
        ? null
        : new Found(key, newest.getKey(), newest.getValue());
  }

  /** Returns the entries of a range that a reader sees, in the order of a scan. */
  List<Found> range(KeyRange range, boolean reverse, long version, long nowMs) {
    NavigableMap<byte[], NavigableMap<Long, Entry>> within = within(range);
    List<Found> found = new ArrayList<>();
    (reverse ? within.descendingMap() : within)
        .forEach(
            (key, versions) -> {
              Found one = visible(key, versions, version, nowMs);
              if (one != null) {
                found.add(one);
              }
            });
    return found;
  }

  private NavigableMap<byte[], NavigableMap<Long, Entry>> within(KeyRange range) {
    if (range.isEmpty()) {
      return new TreeMap<>(Arrays::compareUnsigned);
    }
    byte[] from = range.from();
    byte[] to = range.to();
    NavigableMap<byte[], NavigableMap<Long, Entry>> above =
        from == null ? keys : keys.tailMap(from, true);
    return to == null ? above : above.headMap(to, false);
  }

  /** Drops what only readers at lower versions could see. */
  void forgetBefore(long version) {
    for (NavigableMap<Long, Entry> versions : keys.values()) {
      Long oldest = versions.floorKey(version);
      if (oldest != null) {
        versions.headMap(oldest, false).clear();
      }
    }
  }
}

package io.apexstore.engine.memtable;

import io.apexstore.engine.base.ValueKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The contents of a memtable in sorted maps. */
final class Model {
  /** One version of a key. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Entry(byte[] key, long version, ValueKind kind, long expiryMs, byte[] value) {
    @Override
    public String toString() {
      return Arrays.toString(key) + "@" + version + " " + kind;
    }
  }

  private final NavigableMap<byte[], NavigableMap<Long, Entry>> keys =
      new TreeMap<>(Arrays::compareUnsigned);

  void put(Entry entry) {
    keys.computeIfAbsent(entry.key, k -> new TreeMap<>()).put(entry.version, entry);
  }

  @Nullable Entry get(byte[] key, long version) {
    NavigableMap<Long, Entry> versions = keys.get(key);
    return versions == null ? null : newest(versions, version);
  }

  /** The visible entries from a key on, ascending. */
  List<Entry> from(byte[] key, long version) {
    return visible(keys.tailMap(key, true), version);
  }

  /** The visible entries before a key, descending. */
  List<Entry> before(byte[] key, long version) {
    return visible(keys.headMap(key, false).descendingMap(), version);
  }

  List<Entry> ascending(long version) {
    return visible(keys, version);
  }

  List<Entry> descending(long version) {
    return visible(keys.descendingMap(), version);
  }

  /** Every entry from a key on: keys ascending, versions descending. */
  List<Entry> allFrom(byte[] key) {
    List<Entry> all = new ArrayList<>();
    keys.tailMap(key, true).values().forEach(v -> all.addAll(v.descendingMap().values()));
    return all;
  }

  private static List<Entry> visible(
      NavigableMap<byte[], NavigableMap<Long, Entry>> of, long version) {
    List<Entry> entries = new ArrayList<>();
    for (NavigableMap<Long, Entry> versions : of.values()) {
      Entry entry = newest(versions, version);
      if (entry != null) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private static @Nullable Entry newest(NavigableMap<Long, Entry> versions, long version) {
    var floor = versions.floorEntry(version);
    return floor == null ? null : floor.getValue();
  }
}

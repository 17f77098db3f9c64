package io.apexstore.engine.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is in a store as somebody sees it at a time: by keyspace and key, the values. What has
 * expired by then is known, but does not count. Keys are text of one byte a character. A
 * fingerprint is kept up to date, so that two contents are compared at a glance.
 *
 * <p>The keyspace {@value #FIRST_IN_FIRST_OUT} may lose entries by itself, whenever it likes.
 */
final class StoreContent {
  /** The keyspace that is first in, first out. */
  static final String FIRST_IN_FIRST_OUT = "events";

  /** The time at which nothing has expired. */
  static final long BEFORE_EVERYTHING = Long.MIN_VALUE;

  private static final long NEVER = 0;

  /** A value, and when it expires. */
  static final class Entry {
    private final byte[] value;
    private final long expiryMs;
    private final int hash;

    /**
     * Makes one.
     *
     * @param expiryMs when it expires, 0 for never
     */
    Entry(byte[] value, long expiryMs) {
      this.value = value;
      this.expiryMs = expiryMs;
      this.hash = Arrays.hashCode(value);
    }

    byte[] value() {
      return value;
    }

    long expiryMs() {
      return expiryMs;
    }

    boolean isVisibleAt(long nowMs) {
      return expiryMs == NEVER || expiryMs > nowMs;
    }

    boolean sameAs(Entry other) {
      return this == other
          || (hash == other.hash
              && expiryMs == other.expiryMs
              && Arrays.equals(value, other.value));
    }

    @Override
    public String toString() {
      return value.length
          + " bytes "
          + CrashHistory.originOf(value)
          + (expiryMs == NEVER ? "" : ", expires at " + expiryMs);
    }
  }

  private final Map<String, TreeMap<String, Entry>> keyspaces = new TreeMap<>();
  private final long nowMs;
  private long fingerprint;

  /** Makes an empty one, seen at a time. */
  StoreContent(long nowMs) {
    this.nowMs = nowMs;
  }

  void put(String keyspace, String key, Entry entry) {
    Entry old = keyspaces.computeIfAbsent(keyspace, k -> new TreeMap<>()).put(key, entry);
    fingerprint ^= hash(keyspace, key, old) ^ hash(keyspace, key, entry);
  }

  void remove(String keyspace, String key) {
    TreeMap<String, Entry> entries = keyspaces.get(keyspace);
    fingerprint ^= hash(keyspace, key, entries == null ? null : entries.remove(key));
  }

  /**
   * Takes away all keys of a range.
   *
   * @param to the first key behind it, or null for no bound
   */
  void removeRange(String keyspace, String from, @Nullable String to) {
    List.copyOf(range(keyspace, from, to).keySet()).forEach(key -> remove(keyspace, key));
  }

  /** Returns the entries of a range, the expired ones too. */
  NavigableMap<String, Entry> range(String keyspace, String from, @Nullable String to) {
    TreeMap<String, Entry> entries = keyspaces.getOrDefault(keyspace, new TreeMap<>());
    if (to == null) {
      return entries.tailMap(from, true);
    }
    return from.compareTo(to) < 0 ? entries.subMap(from, true, to, false) : new TreeMap<>();
  }

  /** Returns an entry, also if it has expired. */
  @Nullable Entry entry(String keyspace, String key) {
    TreeMap<String, Entry> entries = keyspaces.get(keyspace);
    return entries == null ? null : entries.get(key);
  }

  /** Returns the value of a key, or null if it has none or that has expired. */
  byte @Nullable [] get(String keyspace, String key) {
    Entry entry = entry(keyspace, key);
    return entry != null && entry.isVisibleAt(nowMs) ? entry.value : null;
  }

  /** Returns how many entries have not expired. */
  int size() {
    return (int)
        keyspaces.values().stream()
            .flatMap(entries -> entries.values().stream())
            .filter(entry -> entry.isVisibleAt(nowMs))
            .count();
  }

  /** Returns an empty one, seen at the same time. */
  StoreContent emptied() {
    return new StoreContent(nowMs);
  }

  StoreContent copy() {
    return at(nowMs);
  }

  /** Returns the same content as it is seen at a time. */
  StoreContent at(long otherMs) {
    StoreContent copy = new StoreContent(otherMs);
    keyspaces.forEach(
        (name, entries) -> {
          copy.keyspaces.put(name, new TreeMap<>(entries));
          entries.forEach((key, entry) -> copy.fingerprint ^= copy.hash(name, key, entry));
        });
    return copy;
  }

  /** Whether somebody may find the other where this should be. */
  boolean explains(StoreContent found) {
    return fingerprint == found.fingerprint && firstDifference(found) == null;
  }

  /** Returns what is found that should not be, or is missing, in words, or null if nothing is. */
  @Nullable String firstDifference(StoreContent found) {
    TreeSet<String> names = new TreeSet<>(keyspaces.keySet());
    names.addAll(found.keyspaces.keySet());
    for (String name : names) {
      TreeSet<String> keys = new TreeSet<>(range(name, "", null).keySet());
      keys.addAll(found.range(name, "", null).keySet());
      for (String key : keys) {
        Entry mine = visible(name, key);
        Entry others = found.visible(name, key);
        boolean mayHaveGone = others == null && name.equals(FIRST_IN_FIRST_OUT);
        boolean same = (mine == null || others == null) ? mine == others : mine.sameAs(others);
        if (!same && !mayHaveGone) {
          return name + "/" + key + ": " + text(mine) + " against " + text(others);
        }
      }
    }
    return null;
  }

  /** The same, where nothing may have gone by itself. */
  @Nullable String firstDifferenceEitherWay(StoreContent found) {
    String difference = firstDifference(found);
    return difference == null ? found.firstDifference(this) : difference;
  }

  private @Nullable Entry visible(String keyspace, String key) {
    Entry entry = entry(keyspace, key);
    return entry != null && entry.isVisibleAt(nowMs) ? entry : null;
  }

  private static String text(@Nullable Entry entry) {
    return entry == null ? "absent" : entry.toString();
  }

  private long hash(String keyspace, String key, @Nullable Entry entry) {
    if (entry == null || !entry.isVisibleAt(nowMs) || keyspace.equals(FIRST_IN_FIRST_OUT)) {
      return 0;
    }
    long hash = keyspace.hashCode() * 0x9E3779B97F4A7C15L + key.hashCode();
    hash = (hash ^ (hash >>> 29)) * 0xBF58476D1CE4E5B9L + entry.hash;
    hash = (hash ^ (hash >>> 32)) * 0x94D049BB133111EBL + entry.expiryMs;
    return (hash ^ (hash >>> 31)) * 0x9E3779B97F4A7C15L;
  }
}

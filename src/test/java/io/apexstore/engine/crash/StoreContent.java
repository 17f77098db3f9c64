package io.apexstore.engine.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The content of a store as of a time: values by keyspace and key. Expired entries are included,
 * but not visible. Keys are text with one byte per character. A fingerprint is maintained, so that
 * two contents can be compared quickly.
 *
 * <p>The keyspace {@value #FIRST_IN_FIRST_OUT} may delete entries by itself at any time.
 */
final class StoreContent {
  /** The keyspace with first-in, first-out compaction. */
  static final String FIRST_IN_FIRST_OUT = "events";

  /** A time at which nothing has expired. */
  static final long BEFORE_EVERYTHING = Long.MIN_VALUE;

  private static final long NEVER = 0;

  /** A value with its expiry time. */
  static final class Entry {
    private final byte[] value;
    private final long expiryMs;
    private final int hash;

    /**
     * Creates an entry.
     *
     * @param expiryMs the expiry time in ms since the epoch; 0: never
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

  /** Creates an empty content as of a time. */
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
   * Removes all keys of a range.
   *
   * @param to the exclusive end; null: no bound
   */
  void removeRange(String keyspace, String from, @Nullable String to) {
    List.copyOf(range(keyspace, from, to).keySet()).forEach(key -> remove(keyspace, key));
  }

  /** Returns the entries of a range, including expired ones. */
  NavigableMap<String, Entry> range(String keyspace, String from, @Nullable String to) {
    TreeMap<String, Entry> entries = keyspaces.getOrDefault(keyspace, new TreeMap<>());
    if (to == null) {
      return entries.tailMap(from, true);
    }
    return from.compareTo(to) < 0 ? entries.subMap(from, true, to, false) : new TreeMap<>();
  }

  /** Returns an entry, even if it has expired. */
  @Nullable Entry entry(String keyspace, String key) {
    TreeMap<String, Entry> entries = keyspaces.get(keyspace);
    return entries == null ? null : entries.get(key);
  }

  /** Returns the value of a key, or null if it has none or it has expired. */
  byte @Nullable [] get(String keyspace, String key) {
    Entry entry = entry(keyspace, key);
    return entry != null && entry.isVisibleAt(nowMs) ? entry.value : null;
  }

  /** Returns the number of entries that have not expired. */
  int size() {
    return (int)
        keyspaces.values().stream()
            .flatMap(entries -> entries.values().stream())
            .filter(entry -> entry.isVisibleAt(nowMs))
            .count();
  }

  /** Returns an empty content as of the same time. */
  StoreContent emptied() {
    return new StoreContent(nowMs);
  }

  StoreContent copy() {
    return at(nowMs);
  }

  /** Returns the same content as of another time. */
  StoreContent at(long otherMs) {
    StoreContent copy = new StoreContent(otherMs);
    keyspaces.forEach(
        (name, entries) -> {
          copy.keyspaces.put(name, new TreeMap<>(entries));
          entries.forEach((key, entry) -> copy.fingerprint ^= copy.hash(name, key, entry));
        });
    return copy;
  }

  /** Whether the other content is a possible one of a store that should have this one. */
  boolean explains(StoreContent found) {
    return fingerprint == found.fingerprint && firstDifference(found) == null;
  }

  /** Returns the first wrong or missing entry of the other content as text, or null. */
  @Nullable String firstDifference(StoreContent found) {
    TreeSet<String> names = new TreeSet<>(keyspaces.keySet());
    names.addAll(found.keyspaces.keySet());
    for (String name : names) {
      TreeSet<String> keys = new TreeSet<>(range(name, "", null).keySet());
      keys.addAll(found.range(name, "", null).keySet());
      for (String key : keys) {
        Entry mine = visible(name, key);
        Entry others = found.visible(name, key);
        boolean mayBeDeleted = others == null && name.equals(FIRST_IN_FIRST_OUT);
        boolean same = (mine == null || others == null) ? mine == others : mine.sameAs(others);
        if (!same && !mayBeDeleted) {
          return name + "/" + key + ": " + text(mine) + " against " + text(others);
        }
      }
    }
    return null;
  }

  /** Returns the first difference, if no entry may have been deleted by itself; or null. */
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

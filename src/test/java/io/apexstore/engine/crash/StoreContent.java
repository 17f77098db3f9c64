package io.apexstore.engine.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is in a store: by keyspace and key, the values. Keys are text of one byte a character. A
 * fingerprint is kept up to date, so that two contents are compared at a glance.
 */
final class StoreContent {
  private final Map<String, TreeMap<String, byte[]>> keyspaces = new TreeMap<>();
  private long fingerprint;

  void set(String keyspace, String key, byte @Nullable [] value) {
    TreeMap<String, byte[]> entries = keyspaces.computeIfAbsent(keyspace, k -> new TreeMap<>());
    byte[] old = value == null ? entries.remove(key) : entries.put(key, value);
    fingerprint ^= old == null ? 0 : hash(keyspace, key, old);
    fingerprint ^= value == null ? 0 : hash(keyspace, key, value);
  }

  /**
   * Takes away all keys of a range.
   *
   * @param to the first key behind it, or null for no bound
   */
  void deleteRange(String keyspace, String from, @Nullable String to) {
    for (String key : List.copyOf(entries(keyspace).keySet())) {
      if (key.compareTo(from) >= 0 && (to == null || key.compareTo(to) < 0)) {
        set(keyspace, key, null);
      }
    }
  }

  byte @Nullable [] get(String keyspace, String key) {
    TreeMap<String, byte[]> entries = keyspaces.get(keyspace);
    return entries == null ? null : entries.get(key);
  }

  Map<String, byte[]> entries(String keyspace) {
    return keyspaces.getOrDefault(keyspace, new TreeMap<>());
  }

  StoreContent copy() {
    StoreContent copy = new StoreContent();
    keyspaces.forEach((name, entries) -> copy.keyspaces.put(name, new TreeMap<>(entries)));
    copy.fingerprint = fingerprint;
    return copy;
  }

  boolean sameAs(StoreContent other) {
    return fingerprint == other.fingerprint && firstDifference(other) == null;
  }

  /** Returns where the two differ, in words, or null if they do not. */
  @Nullable String firstDifference(StoreContent other) {
    TreeSet<String> names = new TreeSet<>(keyspaces.keySet());
    names.addAll(other.keyspaces.keySet());
    for (String name : names) {
      TreeSet<String> keys = new TreeSet<>(entries(name).keySet());
      keys.addAll(other.entries(name).keySet());
      for (String key : keys) {
        byte[] mine = get(name, key);
        byte[] others = other.get(name, key);
        if (!Arrays.equals(mine, others)) {
          return name + "/" + key + ": " + text(mine) + " against " + text(others);
        }
      }
    }
    return null;
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "absent" : value.length + " bytes " + CrashHistory.originOf(value);
  }

  private static long hash(String keyspace, String key, byte[] value) {
    long hash = keyspace.hashCode() * 0x9E3779B97F4A7C15L + key.hashCode();
    hash = (hash ^ (hash >>> 29)) * 0xBF58476D1CE4E5B9L + Arrays.hashCode(value);
    hash = (hash ^ (hash >>> 32)) * 0x94D049BB133111EBL;
    return hash ^ (hash >>> 31);
  }
}

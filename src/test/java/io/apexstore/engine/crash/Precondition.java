package io.apexstore.engine.crash;

import io.apexstore.engine.crash.StoreContent.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The conditions that must hold just before a commit. */
final class Precondition {
  /** The required state of a key. */
  private enum Demand {
    ABSENT,
    PRESENT,
    EXACT
  }

  private record OfKey(String keyspace, String key, Demand demand, @Nullable Entry expected) {
    boolean holds(StoreContent before, long fromMs, long toMs) {
      Entry entry = before.entry(keyspace, key);
      return switch (demand) {
        case ABSENT -> entry == null || !entry.isVisibleAt(toMs);
        case PRESENT -> entry != null && entry.isVisibleAt(fromMs);
        case EXACT ->
            entry != null
                && entry.isVisibleAt(fromMs)
                && expected != null
                && entry.sameAs(expected);
      };
    }
  }

  private record OfRange(
      String keyspace, String from, String to, NavigableMap<String, Entry> entries) {
    boolean holds(StoreContent before) {
      NavigableMap<String, Entry> now = before.range(keyspace, from, to);
      if (now.size() != entries.size()) {
        return false;
      }
      for (Map.Entry<String, Entry> entry : entries.entrySet()) {
        Entry other = now.get(entry.getKey());
        if (other == null || !other.sameAs(entry.getValue())) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<OfKey> keys = new ArrayList<>();
  private final List<OfRange> ranges = new ArrayList<>();

  void absent(String keyspace, String key) {
    keys.add(new OfKey(keyspace, key, Demand.ABSENT, null));
  }

  void present(String keyspace, String key) {
    keys.add(new OfKey(keyspace, key, Demand.PRESENT, null));
  }

  void exactly(String keyspace, String key, Entry expected) {
    keys.add(new OfKey(keyspace, key, Demand.EXACT, expected));
  }

  /** No key of a range was written since it had these entries, including expired ones. */
  void unchanged(String keyspace, String from, String to, NavigableMap<String, Entry> entries) {
    ranges.add(new OfRange(keyspace, from, to, new TreeMap<>(entries)));
  }

  /**
   * Whether it has conditions on keys only: then the commit is refused only if it does not hold.
   */
  boolean isOfKeysOnly() {
    return ranges.isEmpty();
  }

  /**
   * Whether it may have held at some time of a period.
   *
   * @param before the content before the commit
   * @param fromMs the earliest time of the commit
   * @param toMs the latest time of the commit
   */
  boolean holds(StoreContent before, long fromMs, long toMs) {
    return keys.stream().allMatch(key -> key.holds(before, fromMs, toMs))
        && ranges.stream().allMatch(range -> range.holds(before));
  }

  @Override
  public String toString() {
    return keys.toString() + ranges.stream().map(OfRange::keyspace).toList();
  }
}

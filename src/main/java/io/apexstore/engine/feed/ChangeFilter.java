package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.KeyspaceNames;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A filter for the changes that a consumer receives. Feeds never contain changes of internal
 * keyspaces, whose names begin with {@code _}.
 *
 * @param prefix accepts only keys with this prefix; empty for all keys. Must not be modified
 * @param keyspaces accepts only keyspaces with these names, which need not exist yet; empty for all
 */
@SuppressWarnings("ArrayRecordComponent") // The array is never modified.
public record ChangeFilter(byte[] prefix, Set<String> keyspaces) {
  /** The filter that accepts every change. */
  public static final ChangeFilter ALL = new ChangeFilter(new byte[0], Set.of());

  /**
   * Copies the set.
   *
   * @throws EngineException {@code INVALID_REQUEST} for a name that no keyspace of a caller can
   *     have
   */
  public ChangeFilter {
    keyspaces = Set.copyOf(keyspaces);
    for (String name : keyspaces) {
      KeyspaceNames.checkPublic(name);
    }
  }

  /** Returns whether the filter accepts a keyspace. */
  boolean wantsKeyspace(String name) {
    return !KeyspaceNames.isInternal(name) && (keyspaces.isEmpty() || keyspaces.contains(name));
  }

  /** Returns whether the filter accepts a key. */
  boolean wantsKey(byte[] bytes, int offset, int length) {
    return length >= prefix.length
        && Arrays.equals(bytes, offset, offset + prefix.length, prefix, 0, prefix.length);
  }

  /**
   * Returns whether the filter accepts any key of a range.
   *
   * @param from first key of the range; empty for no bound
   * @param to exclusive end of the range; null for no bound
   */
  boolean wantsSomeOf(byte[] from, byte @Nullable [] to) {
    byte[] end = rangeEnd(to);
    return end == null || Arrays.compareUnsigned(rangeStart(from), end) < 0;
  }

  /** Returns the first accepted key of a range that begins with {@code from}. */
  byte[] rangeStart(byte[] from) {
    return Arrays.compareUnsigned(from, prefix) > 0 ? from : prefix.clone();
  }

  /** Returns the exclusive end of the accepted keys of a range; null for no bound. */
  byte @Nullable [] rangeEnd(byte @Nullable [] to) {
    byte[] end = end();
    return to == null || (end != null && Arrays.compareUnsigned(end, to) < 0) ? end : to;
  }

  /** Returns the exclusive end of the accepted keys; null for no bound. */
  byte @Nullable [] end() {
    return Keys.prefixEnd(prefix);
  }
}

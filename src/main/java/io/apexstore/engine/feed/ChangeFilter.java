package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which changes a consumer wants. Keyspaces whose names begin with {@code _} are never told of.
 *
 * @param prefix keys begin with it; empty for all. Must not be changed
 * @param keyspaces names, also of keyspaces that do not exist yet; empty for all
 */
@SuppressWarnings("ArrayRecordComponent") // never changed once it stands here
public record ChangeFilter(byte[] prefix, Set<String> keyspaces) {
  /** Everything. */
  public static final ChangeFilter ALL = new ChangeFilter(new byte[0], Set.of());

  private static final String INTERNAL_PREFIX = "_";

  /**
   * Copies the set.
   *
   * @throws EngineException {@code INVALID_REQUEST} if an internal keyspace is named
   */
  public ChangeFilter {
    keyspaces = Set.copyOf(keyspaces);
    for (String name : keyspaces) {
      if (name.startsWith(INTERNAL_PREFIX)) {
        throw new EngineException(
            Failure.INVALID_REQUEST, "keyspace " + name + " is internal and has no feed");
      }
    }
  }

  /** Whether a keyspace is the store's own, of which no feed tells. */
  static boolean isInternal(String name) {
    return name.startsWith(INTERNAL_PREFIX);
  }

  /** Whether changes of a keyspace are wanted at all. */
  boolean wantsKeyspace(String name) {
    return !isInternal(name) && (keyspaces.isEmpty() || keyspaces.contains(name));
  }

  /** Whether changes of a key are wanted. */
  boolean wantsKey(byte[] bytes, int offset, int length) {
    return length >= prefix.length
        && Arrays.equals(bytes, offset, offset + prefix.length, prefix, 0, prefix.length);
  }

  /**
   * Whether changes of some key of a range are wanted.
   *
   * @param from first key, or no bytes
   * @param to first key behind it, or null
   */
  boolean wantsSomeOf(byte[] from, byte @Nullable [] to) {
    byte[] end = rangeEnd(to);
    return end == null || Arrays.compareUnsigned(rangeStart(from), end) < 0;
  }

  /** The first key that is wanted of a range with that first key, or no bytes. */
  byte[] rangeStart(byte[] from) {
    return Arrays.compareUnsigned(from, prefix) > 0 ? from : prefix.clone();
  }

  /** The first key behind those that are wanted of a range with that end; null: no bound. */
  byte @Nullable [] rangeEnd(byte @Nullable [] to) {
    byte[] end = end();
    return to == null || (end != null && Arrays.compareUnsigned(end, to) < 0) ? end : to;
  }

  /** The first key past those that are wanted, or null if there is no bound. */
  byte @Nullable [] end() {
    int end = prefix.length;
    while (end > 0 && prefix[end - 1] == (byte) 0xFF) {
      end--;
    }
    if (end == 0) {
      return null;
    }
    byte[] after = Arrays.copyOf(prefix, end);
    after[end - 1]++;
    return after;
  }
}

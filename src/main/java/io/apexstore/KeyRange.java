package io.apexstore;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A range of keys, in the order of unsigned bytes.
 *
 * @param from the first key of the range, or null: from the first key there is
 * @param to the first key past the range, or null: to the last key there is
 */
public record KeyRange(byte @Nullable [] from, byte @Nullable [] to) {
  private static final KeyRange ALL = new KeyRange(null, null);

  /** Returns the range of all keys. */
  public static KeyRange all() {
    return ALL;
  }

  /** Returns the keys that are at least {@code from} and less than {@code to}. */
  public static KeyRange between(byte[] from, byte[] to) {
    return new KeyRange(from.clone(), to.clone());
  }

  /** Returns the keys that are at least {@code from} and less than {@code to}; null: no bound. */
  public static KeyRange of(byte @Nullable [] from, byte @Nullable [] to) {
    return new KeyRange(from, to);
  }

  /** Returns the keys that are at least {@code from}. */
  public static KeyRange from(byte[] from) {
    return new KeyRange(from.clone(), null);
  }

  /** Returns the keys that are less than {@code to}. */
  public static KeyRange below(byte[] to) {
    return new KeyRange(null, to.clone());
  }

  /** Returns the keys that begin with the prefix; an empty prefix is the range of all keys. */
  public static KeyRange prefix(byte[] prefix) {
    int end = prefix.length;
    while (end > 0 && prefix[end - 1] == (byte) 0xFF) {
      end--;
    }
    if (end == 0) {
      return prefix.length == 0 ? ALL : new KeyRange(prefix.clone(), null);
    }
    byte[] after = Arrays.copyOf(prefix, end);
    after[end - 1]++;
    return new KeyRange(prefix.clone(), after);
  }

  /** Whether the key lies in the range. */
  public boolean contains(byte[] key) {
    return (from == null || Arrays.compareUnsigned(key, from) >= 0)
        && (to == null || Arrays.compareUnsigned(key, to) < 0);
  }

  /** Returns the same range with bounds of its own. */
  KeyRange copy() {
    return new KeyRange(from == null ? null : from.clone(), to == null ? null : to.clone());
  }

  /** Whether no key lies in the range. */
  public boolean isEmpty() {
    return to != null
        && (to.length == 0 || (from != null && Arrays.compareUnsigned(from, to) >= 0));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyRange range
        && Arrays.equals(from, range.from)
        && Arrays.equals(to, range.to);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(from) + Arrays.hashCode(to);
  }
}

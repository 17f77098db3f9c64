package io.apexstore;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.error.ApexException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A range of keys, in the order of unsigned bytes.
 *
 * <p>Bounds have 0 B to 64 KiB + 1 B: one byte more than the longest key, so that a range can start
 * just after it.
 *
 * <p><b>Threads:</b> any; it is immutable. Bounds are copied, on construction and when they are
 * read. <b>Errors:</b> {@link ApexException} {@code INVALID_REQUEST} for a bound that is too long.
 *
 * @param from the first key of the range, or null: no lower bound
 * @param to the first key past the range, or null: no upper bound
 */
public record KeyRange(byte @Nullable [] from, byte @Nullable [] to) {
  private static final int BOUND_BYTES_MAX = Limits.KEY_BYTES_MAX + 1;
  private static final KeyRange ALL = new KeyRange(null, null);

  /** Creates a range with bounds of its own. */
  public KeyRange {
    from = copy(from);
    to = copy(to);
  }

  private static byte @Nullable [] copy(byte @Nullable [] bound) {
    if (bound == null) {
      return null;
    }
    if (bound.length > BOUND_BYTES_MAX) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "bound of " + bound.length + " bytes, allowed are up to " + BOUND_BYTES_MAX,
          null);
    }
    return bound.clone();
  }

  /** Returns the range of all keys. */
  public static KeyRange all() {
    return ALL;
  }

  /** Returns the keys that are at least {@code from} and less than {@code to}. */
  public static KeyRange between(byte[] from, byte[] to) {
    return new KeyRange(from, to);
  }

  /** Returns the keys that are at least {@code from} and less than {@code to}; null: no bound. */
  public static KeyRange of(byte @Nullable [] from, byte @Nullable [] to) {
    return new KeyRange(from, to);
  }

  /** Returns the keys that are at least {@code from}. */
  public static KeyRange from(byte[] from) {
    return new KeyRange(from, null);
  }

  /** Returns the keys that are less than {@code to}. */
  public static KeyRange below(byte[] to) {
    return new KeyRange(null, to);
  }

  /** Returns the keys that start with a prefix; an empty prefix is the range of all keys. */
  public static KeyRange prefix(byte[] prefix) {
    return prefix.length == 0 ? ALL : new KeyRange(prefix, Keys.prefixEnd(prefix));
  }

  /** Returns a copy of the first key of the range, or null if there is no lower bound. */
  @Override
  public byte @Nullable [] from() {
    return from == null ? null : from.clone();
  }

  /** Returns a copy of the first key past the range, or null if there is no upper bound. */
  @Override
  public byte @Nullable [] to() {
    return to == null ? null : to.clone();
  }

  /** Whether the key lies in the range. */
  public boolean contains(byte[] key) {
    return (from == null || Arrays.compareUnsigned(key, from) >= 0)
        && (to == null || Arrays.compareUnsigned(key, to) < 0);
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

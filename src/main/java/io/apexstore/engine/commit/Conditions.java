package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must hold when a batch is committed; otherwise nothing of the batch is stored.
 *
 * <p>A violation of a condition that the caller set fails with {@code CONDITION_FAILED}. A
 * violation of one that only protects what an {@link OptimisticWrite} read fails with {@code
 * OVERTAKEN}, and the write is prepared again.
 *
 * <p>The submitter evaluates conditions against what is published at one version, {@link #asOf()},
 * and notes what it found. The writer checks only what changed after that version.
 *
 * <p>Keys and bounds are copied: a caller that changes its arrays later changes no condition.
 *
 * <p><b>Threads:</b> confined to the submitter; while it waits for the commit, to the writer.
 */
public final class Conditions {
  /**
   * Most conditions on single keys that a caller may set. The writer looks each of them up while
   * other writers wait.
   */
  public static final int KEYS_MAX = 10_000;

  /** Most conditions on ranges. */
  public static final int RANGES_MAX = 100;

  private final List<OfKey> keys = new ArrayList<>();
  private final List<OfRange> ranges = new ArrayList<>();
  private long asOf;
  private long rangesHeldAsOf;
  private long bytes;

  /** Creates an empty set of conditions. */
  public Conditions() {}

  /** Requires that a key has no value. */
  public Conditions absent(int keyspaceId, byte[] key) {
    return add(OfKey.of(keyspaceId, key, OfKey.ABSENT, OfKey.Kind.REQUIRED));
  }

  /** Requires that a key has a value. */
  public Conditions present(int keyspaceId, byte[] key) {
    return add(OfKey.of(keyspaceId, key, OfKey.PRESENT, OfKey.Kind.REQUIRED));
  }

  /** Requires that a key has the value that a version wrote. */
  public Conditions version(int keyspaceId, byte[] key, long version) {
    return add(OfKey.of(keyspaceId, key, version, OfKey.Kind.REQUIRED));
  }

  /** Requires that a key's newest entry is the value that a version wrote, expired or not. */
  public Conditions versionEvenIfExpired(int keyspaceId, byte[] key, long version) {
    return add(OfKey.of(keyspaceId, key, version, OfKey.Kind.REQUIRED_EVEN_IF_EXPIRED));
  }

  /**
   * Requires that a key still has the value that the batch was built from; a violation fails with
   * {@code OVERTAKEN}.
   *
   * @param version the version of the value, 0 if there was none
   */
  public Conditions builtFrom(int keyspaceId, byte[] key, long version) {
    return add(OfKey.of(keyspaceId, key, version, OfKey.Kind.READ));
  }

  /**
   * Requires that a key's newest entry, expired or not, is still the one that the batch logs as its
   * previous value; a violation fails with {@code OVERTAKEN}. {@link #KEYS_MAX} does not bound
   * these conditions: there is at most one for each operation.
   *
   * @param key not copied; the caller must not change it
   * @param version the version of the value, 0 if there was none
   */
  Conditions stillNewest(int keyspaceId, byte[] key, long version) {
    return addUnbounded(new OfKey(keyspaceId, key, version, OfKey.Kind.READ_EVEN_IF_EXPIRED));
  }

  private Conditions add(OfKey condition) {
    if (keys.size() >= KEYS_MAX) {
      throw tooMany(KEYS_MAX, "keys");
    }
    return addUnbounded(condition);
  }

  private Conditions addUnbounded(OfKey condition) {
    keys.add(condition);
    bytes += condition.key.length;
    return this;
  }

  private static EngineException tooMany(int max, String of) {
    return new EngineException(
        Failure.INVALID_REQUEST, "more than " + max + " conditions on " + of + " in one commit");
  }

  /**
   * Requires that no key of a range was written after a version.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   */
  public Conditions unchanged(
      int keyspaceId, byte @Nullable [] from, byte @Nullable [] to, long since) {
    return addRange(new OfRange(keyspaceId, copy(from), copy(to), since, Failure.CONDITION_FAILED));
  }

  /**
   * Requires that no key of a range that was read was written after a version; a violation fails
   * with {@code OVERTAKEN}.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   */
  public Conditions builtFromRange(
      int keyspaceId, byte @Nullable [] from, byte @Nullable [] to, long since) {
    return addRange(new OfRange(keyspaceId, copy(from), copy(to), since, Failure.OVERTAKEN));
  }

  private Conditions addRange(OfRange condition) {
    if (ranges.size() == RANGES_MAX) {
      throw tooMany(RANGES_MAX, "ranges");
    }
    ranges.add(condition);
    bytes += condition.bytes();
    return this;
  }

  private static byte @Nullable [] copy(byte @Nullable [] bound) {
    return bound == null ? null : bound.clone();
  }

  /** Returns the number of conditions. */
  public int size() {
    return keys.size() + ranges.size();
  }

  /** Returns the bytes of all keys and bounds. */
  public long bytes() {
    return bytes;
  }

  /** Adds all conditions of others, which are evaluated here from now on. */
  public Conditions addAll(Conditions others) {
    others.keys.forEach(this::addUnbounded);
    others.ranges.forEach(this::addRange);
    return this;
  }

  /** Whether there is no condition. */
  public boolean isEmpty() {
    return keys.isEmpty() && ranges.isEmpty();
  }

  /** Returns the number of conditions on single keys. */
  public int keyCount() {
    return keys.size();
  }

  /** Returns the conditions on single keys; read only. */
  List<OfKey> keys() {
    return keys;
  }

  /** Returns the conditions on ranges; read only. */
  List<OfRange> ranges() {
    return ranges;
  }

  /** Returns the version as of which all of them were found to hold. */
  long asOf() {
    return asOf;
  }

  /** Notes the version as of which all of them were found to hold. */
  void evaluatedAsOf(long version) {
    this.asOf = version;
    this.rangesHeldAsOf = version;
  }

  /**
   * Returns the version up to which the ranges are known to be unchanged, 0 before the first
   * evaluation. A later evaluation need not look at older versions.
   */
  long rangesHeldAsOf() {
    return rangesHeldAsOf;
  }

  /** A condition on one key, with what was found when it was evaluated. */
  static final class OfKey {
    private static final long ABSENT = 0;
    private static final long PRESENT = -1;

    private enum Kind {
      REQUIRED(false, Failure.CONDITION_FAILED),
      REQUIRED_EVEN_IF_EXPIRED(true, Failure.CONDITION_FAILED),
      READ(false, Failure.OVERTAKEN),
      READ_EVEN_IF_EXPIRED(true, Failure.OVERTAKEN);

      private final boolean evenIfExpired;
      private final Failure failure;

      Kind(boolean evenIfExpired, Failure failure) {
        this.evenIfExpired = evenIfExpired;
        this.failure = failure;
      }
    }

    private final int keyspaceId;
    private final byte[] key;
    private final long required;
    private final Kind kind;
    private long foundVersion;
    private long foundExpiryMs;

    private OfKey(int keyspaceId, byte[] key, long required, Kind kind) {
      this.keyspaceId = keyspaceId;
      this.key = key;
      this.required = required;
      this.kind = kind;
    }

    private static OfKey of(int keyspaceId, byte[] key, long required, Kind kind) {
      return new OfKey(keyspaceId, key.clone(), required, kind);
    }

    /** Returns the keyspace of the key. */
    int keyspaceId() {
      return keyspaceId;
    }

    /** Returns the key; read only. */
    byte[] key() {
      return key;
    }

    /**
     * Notes the key's newest entry.
     *
     * @param version the version of the value, 0 if there is none
     * @param expiryMs when the value expires, {@link Limits#NEVER_EXPIRES} if never
     */
    void found(long version, long expiryMs) {
      this.foundVersion = version;
      this.foundExpiryMs = expiryMs;
    }

    /** Whether the condition holds at a time for what was found. */
    boolean holdsAt(long nowMs) {
      long version = versionAt(nowMs);
      return required == PRESENT ? version != 0 : version == required;
    }

    private long versionAt(long nowMs) {
      boolean expired =
          !kind.evenIfExpired && foundExpiryMs != Limits.NEVER_EXPIRES && foundExpiryMs <= nowMs;
      return expired ? 0 : foundVersion;
    }

    /** Returns the failure of a condition that does not hold. */
    EngineException failure(long nowMs) {
      return new EngineException(
          kind.failure,
          "key " + KeyText.of(key) + " " + state(versionAt(nowMs)) + ", required: " + demand());
    }

    private String demand() {
      if (required == PRESENT) {
        return "a value";
      }
      return required == ABSENT ? "no value" : "version " + required;
    }

    private static String state(long version) {
      return version == 0 ? "has no value" : "is at version " + version;
    }
  }

  /**
   * A condition on a range.
   *
   * @param keyspaceId the keyspace of the range
   * @param from first key, or null; read only
   * @param to first key past the range, or null; read only
   * @param since no key of the range may have been written after this version
   * @param violation the failure of a commit that violates it
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record OfRange(
      int keyspaceId, byte @Nullable [] from, byte @Nullable [] to, long since, Failure violation) {
    private long bytes() {
      return (from == null ? 0L : from.length) + (to == null ? 0L : to.length);
    }

    /** Whether a key lies in the range. */
    boolean contains(int keyspace, byte[] bytes, int offset, int length) {
      return keyspace == keyspaceId
          && (from == null || Keys.compare(from, 0, from.length, bytes, offset, length) <= 0)
          && (to == null || Keys.compare(to, 0, to.length, bytes, offset, length) > 0);
    }

    /**
     * Whether a range tombstone overlaps the range.
     *
     * @param first its first key, or no bytes for no bound
     * @param end its first key past the end, or null
     */
    boolean overlaps(int keyspace, byte[] first, byte @Nullable [] end) {
      return keyspace == keyspaceId
          && (to == null || Keys.compare(first, to) < 0)
          && (end == null || from == null || Keys.compare(from, end) < 0);
    }

    /** Returns the failure that a range tombstone causes. */
    EngineException rangeFailure(long version) {
      return new EngineException(
          violation,
          "version "
              + version
              + " deleted keys of the range, required: no write after version "
              + since);
    }

    /** Returns the failure that a write to a key causes. */
    EngineException failure(byte[] key, long version) {
      return new EngineException(
          violation,
          "version "
              + version
              + " wrote key "
              + KeyText.of(key)
              + " of the range, required: no write after version "
              + since);
    }
  }
}

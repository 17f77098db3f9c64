package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must hold when a batch is committed; if it does not, nothing of the batch is.
 *
 * <p>The submitter evaluates them against what is published at one version, {@link #asOf()}, and
 * notes what it found. Whoever commits looks only at what changed since then.
 *
 * <p><b>Threads:</b> confined to the submitter, but for the time in which it waits for the commit:
 * then the writer's.
 */
public final class Conditions {
  /**
   * Most conditions on single keys that a caller may set: the writer looks each of them up, while
   * others wait.
   */
  public static final int KEYS_MAX = 10_000;

  /** Most conditions on ranges. */
  public static final int RANGES_MAX = 100;

  private final List<OfKey> keys = new ArrayList<>();
  private final List<OfRange> ranges = new ArrayList<>();
  private long asOf;
  private long rangesHeldAsOf;
  private long bytes;

  /** Requires that a key has no value. */
  public Conditions absent(int keyspaceId, byte[] key) {
    return add(new OfKey(keyspaceId, key, OfKey.ABSENT, OfKey.Sort.PLAIN));
  }

  /** Requires that a key has a value. */
  public Conditions present(int keyspaceId, byte[] key) {
    return add(new OfKey(keyspaceId, key, OfKey.PRESENT, OfKey.Sort.PLAIN));
  }

  /** Requires that a key has the value that a version gave it. */
  public Conditions version(int keyspaceId, byte[] key, long version) {
    return add(new OfKey(keyspaceId, key, version, OfKey.Sort.PLAIN));
  }

  /** Requires that a key's newest entry is the value that a version gave it, expired or not. */
  public Conditions versionEvenIfExpired(int keyspaceId, byte[] key, long version) {
    return add(new OfKey(keyspaceId, key, version, OfKey.Sort.EVEN_IF_EXPIRED));
  }

  /**
   * Requires that a key still has the value, or none, of which the batch was made; if it does not,
   * the commit fails with {@code OVERTAKEN}.
   *
   * @param version the version of the value, 0 if there was none
   */
  public Conditions madeOf(int keyspaceId, byte[] key, long version) {
    return add(new OfKey(keyspaceId, key, version, OfKey.Sort.MADE_OF));
  }

  /**
   * Requires that a key's newest entry, expired or not, is still the one that the store read to
   * make the batch; {@link #KEYS_MAX} does not bound these: there is one for an operation at most.
   *
   * @param version the version of the value, 0 if there was none
   */
  public Conditions stillNewest(int keyspaceId, byte[] key, long version) {
    return addUnbounded(new OfKey(keyspaceId, key, version, OfKey.Sort.EVEN_IF_EXPIRED));
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
        EngineException.Failure.INVALID_REQUEST,
        "more conditions on " + of + " than a commit may have: " + max);
  }

  /**
   * Requires that no key of a range was written after a version.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   */
  public Conditions unchanged(
      int keyspaceId, byte @Nullable [] from, byte @Nullable [] to, long since) {
    if (ranges.size() == RANGES_MAX) {
      throw tooMany(RANGES_MAX, "ranges");
    }
    ranges.add(new OfRange(keyspaceId, from, to, since));
    bytes += (from == null ? 0 : from.length) + (to == null ? 0 : to.length);
    return this;
  }

  /** How many conditions there are. */
  public int size() {
    return keys.size() + ranges.size();
  }

  /** Bytes of the keys and bounds that they name. */
  public long bytes() {
    return bytes;
  }

  /** Adds all conditions of others, which are evaluated here from then on. */
  public Conditions addAll(Conditions others) {
    others.keys.forEach(this::add);
    others.ranges.forEach(r -> unchanged(r.keyspaceId(), r.from(), r.to(), r.since()));
    return this;
  }

  /** Whether there is no condition. */
  public boolean isEmpty() {
    return keys.isEmpty() && ranges.isEmpty();
  }

  /** The conditions on single keys; not to be changed. */
  public List<OfKey> keys() {
    return keys;
  }

  /** The conditions on ranges; not to be changed. */
  public List<OfRange> ranges() {
    return ranges;
  }

  /** The version as of which they were found to hold. */
  public long asOf() {
    return asOf;
  }

  /** Notes the version as of which they were found to hold. */
  public void evaluatedAsOf(long version) {
    this.asOf = version;
    this.rangesHeldAsOf = version;
  }

  /**
   * The version up to which the ranges were found unchanged, 0 if they were not looked at yet; no
   * later look need go behind it.
   */
  public long rangesHeldAsOf() {
    return rangesHeldAsOf;
  }

  /** A condition on one key, with what was found when it was evaluated. */
  public static final class OfKey {
    private static final long ABSENT = 0;
    private static final long PRESENT = -1;

    private enum Sort {
      PLAIN,
      EVEN_IF_EXPIRED,
      MADE_OF
    }

    private final int keyspaceId;
    private final byte[] key;
    private final long required;
    private final Sort sort;
    private long foundVersion;
    private long foundExpiryMs;

    private OfKey(int keyspaceId, byte[] key, long required, Sort sort) {
      this.keyspaceId = keyspaceId;
      this.key = key;
      this.required = required;
      this.sort = sort;
    }

    /** The keyspace of the key. */
    public int keyspaceId() {
      return keyspaceId;
    }

    /** The key; not to be changed. */
    public byte[] key() {
      return key;
    }

    /**
     * Notes the key's newest entry.
     *
     * @param version the version of the value, 0 if there is none
     * @param expiryMs when the value expires, {@link Limits#NEVER_EXPIRES} if never
     */
    public void found(long version, long expiryMs) {
      this.foundVersion = version;
      this.foundExpiryMs = expiryMs;
    }

    /** Whether the condition holds at a time for what was found. */
    public boolean holdsAt(long nowMs) {
      return holdsFor(versionAt(nowMs));
    }

    private long versionAt(long nowMs) {
      boolean expired =
          sort != Sort.EVEN_IF_EXPIRED
              && foundExpiryMs != Limits.NEVER_EXPIRES
              && foundExpiryMs <= nowMs;
      return expired ? 0 : foundVersion;
    }

    private boolean holdsFor(long version) {
      if (required == PRESENT) {
        return version != 0;
      }
      return version == required;
    }

    /** Returns the failure of a condition that does not hold. */
    public EngineException failure(long nowMs) {
      return new EngineException(
          sort == Sort.MADE_OF
              ? EngineException.Failure.OVERTAKEN
              : EngineException.Failure.CONDITION_FAILED,
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
   * @param from first key, or null
   * @param to first key past the range, or null
   * @param since no key of the range may have been written after this version
   */
  @SuppressWarnings("ArrayRecordComponent") // Lent by the submitter; compared by nobody.
  public record OfRange(int keyspaceId, byte @Nullable [] from, byte @Nullable [] to, long since) {
    /** Whether an operation on a key touches the range. */
    public boolean holds(int keyspace, byte[] bytes, int offset, int length) {
      return keyspace == keyspaceId
          && (from == null || Keys.compare(from, 0, from.length, bytes, offset, length) <= 0)
          && (to == null || Keys.compare(to, 0, to.length, bytes, offset, length) > 0);
    }

    /**
     * Whether an operation on a range of keys touches the range.
     *
     * @param first its first key, or no bytes
     * @param end the first key behind it, or null
     */
    public boolean overlaps(int keyspace, byte[] first, byte @Nullable [] end) {
      return keyspace == keyspaceId
          && (to == null || Keys.compare(first, to) < 0)
          && (end == null || from == null || Keys.compare(from, end) < 0);
    }

    /** Returns the failure of the condition because of the deletion of a range. */
    public EngineException rangeFailure(long version) {
      return new EngineException(
          EngineException.Failure.CONDITION_FAILED,
          "keys of the range were deleted by version "
              + version
              + ", required: nothing after version "
              + since);
    }

    /** Returns the failure of the condition. */
    public EngineException failure(byte[] key, long version) {
      return new EngineException(
          EngineException.Failure.CONDITION_FAILED,
          "key "
              + KeyText.of(key)
              + " of the range was written by version "
              + version
              + ", required: nothing after version "
              + since);
    }
  }
}

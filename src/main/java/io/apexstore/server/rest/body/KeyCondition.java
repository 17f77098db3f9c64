package io.apexstore.server.rest.body;

import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * The condition of a write on one key: none at first, and at most one.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
public final class KeyCondition {
  private static final long IMPOSSIBLE = -3;
  private static final long NONE = -2;
  private static final long PRESENT = -1;
  private static final long ABSENT = 0;

  /** One of the constants, or the version that the key must have. */
  private long required = NONE;

  private @Nullable String impossibleDetail;

  /** Requires that the key has no value. */
  public void requireAbsent() {
    set(ABSENT);
  }

  /** Requires that the key has a value. */
  public void requirePresent() {
    set(PRESENT);
  }

  /**
   * Requires that the key's value was written by a version.
   *
   * @param name what the client calls the condition
   */
  public void requireVersion(String name, long version) {
    if (version < 1) {
      throw malformed(name + " must be a whole number of at least 1, not " + version);
    }
    set(version);
  }

  /**
   * Sets a condition that no key can fulfil.
   *
   * @param detail why not
   */
  public void requireImpossible(String detail) {
    set(IMPOSSIBLE);
    impossibleDetail = detail;
  }

  private void set(long newRequired) {
    if (required != NONE) {
      throw malformed("a key can have only one condition");
    }
    required = newRequired;
  }

  /** Whether the condition is that the key has no value. */
  public boolean requiresAbsent() {
    return required == ABSENT;
  }

  /** Whether no condition is set. */
  public boolean isNone() {
    return required == NONE;
  }

  /**
   * Adds the condition to a batch.
   *
   * @throws ProblemException {@code CONDITION_FAILED} if no key can fulfil it
   */
  public void addTo(WriteBatch batch, Keyspace keyspace, byte[] key) {
    if (impossibleDetail != null) {
      throw Problem.of(Problem.Kind.CONDITION_FAILED, impossibleDetail).exception();
    }
    if (required == ABSENT) {
      batch.requireAbsent(keyspace, key);
    } else if (required == PRESENT) {
      batch.requirePresent(keyspace, key);
    } else if (required != NONE) {
      batch.requireVersion(keyspace, key, required);
    }
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}

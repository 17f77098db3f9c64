package io.apexstore.server.rest.context;

import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of one key for a write to be made; nothing at first, and at most one thing.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class KeyCondition {
  private static final long IMPOSSIBLE = -3;
  private static final long NONE = -2;
  private static final long PRESENT = -1;
  private static final long ABSENT = 0;

  private long required = NONE;
  private @Nullable String impossible;

  /** Requires that the key has no value. */
  public void absent() {
    set(ABSENT);
  }

  /** Requires that the key has a value. */
  public void present() {
    set(PRESENT);
  }

  /**
   * Requires that the key's value is the one that a version gave it.
   *
   * @param member what the client calls it
   */
  public void version(String member, long version) {
    if (version < 1) {
      throw malformed(member + " must be a whole number of at least 1, not " + version);
    }
    set(version);
  }

  /**
   * Requires what no value fulfils.
   *
   * @param detail what that is
   */
  void nothing(String detail) {
    set(IMPOSSIBLE);
    impossible = detail;
  }

  private void set(long what) {
    if (required != NONE) {
      throw malformed("conditions exclude each other: a key can have one");
    }
    required = what;
  }

  /** Whether it was asked that the key has no value. */
  public boolean isAbsent() {
    return required == ABSENT;
  }

  /** Whether nothing is required. */
  public boolean isNone() {
    return required == NONE;
  }

  /**
   * Adds it to a batch.
   *
   * @throws io.apexstore.server.http.ProblemException if no value fulfils it
   */
  public void addTo(WriteBatch batch, Keyspace keyspace, byte[] key) {
    if (impossible != null) {
      throw Problem.of(Problem.Kind.CONDITION_FAILED, impossible).exception();
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

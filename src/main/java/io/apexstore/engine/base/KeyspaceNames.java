package io.apexstore.engine.base;

import io.apexstore.engine.base.EngineException.Failure;

/**
 * The rules for the names of keyspaces. A name is well-formed Unicode text of 1 to {@value
 * #BYTES_MAX} bytes in UTF-8; two names are the same if these bytes are. Names that begin with an
 * underscore are reserved for internal keyspaces.
 */
public final class KeyspaceNames {
  /** The length of the longest name in bytes of UTF-8. */
  public static final int BYTES_MAX = 255;

  private static final String INTERNAL_PREFIX = "_";

  private KeyspaceNames() {}

  /** Whether a name is reserved for an internal keyspace. */
  public static boolean isInternal(String name) {
    return name.startsWith(INTERNAL_PREFIX);
  }

  /**
   * Checks the name of any keyspace.
   *
   * @throws EngineException {@code INVALID_REQUEST} if it is empty, too long or not well-formed
   */
  public static void check(String name) {
    int unpaired = UnicodeText.firstUnpaired(name);
    if (unpaired >= 0) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name "
              + UnicodeText.escaped(name)
              + ": character "
              + unpaired
              + " is half of a surrogate pair; allowed is well-formed Unicode");
    }
    int bytes = name.length() > BYTES_MAX ? name.length() : UnicodeText.encode(name).length;
    if (bytes < 1 || bytes > BYTES_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name of "
              + (name.length() > BYTES_MAX ? "at least " : "")
              + bytes
              + " bytes, allowed are 1 to "
              + BYTES_MAX
              + " in UTF-8");
    }
  }

  /**
   * Checks a name that a caller of the store gives.
   *
   * @throws EngineException {@code INVALID_REQUEST} if it is reserved or {@link #check} refuses it
   */
  public static void checkPublic(String name) {
    check(name);
    if (isInternal(name)) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name "
              + UnicodeText.escaped(name)
              + " begins with an underscore; such names are reserved for internal keyspaces");
    }
  }
}

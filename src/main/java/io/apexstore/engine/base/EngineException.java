package io.apexstore.engine.base;

import org.jspecify.annotations.Nullable;

/** The engine's one exception; its {@link Failure} says what the caller can do about it. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;

  /** Makes an exception with a message that names what was given or found, and what is allowed. */
  public EngineException(Failure failure, String message) {
    this(failure, message, null);
  }

  /** Makes an exception with its cause. */
  public EngineException(Failure failure, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
  }

  /** What kind of failure it is. */
  public Failure failure() {
    return failure;
  }

  /** Returns an exception about damaged bytes, with file, offset, expected and actual. */
  public static EngineException corruption(
      String file, long offset, String what, Object expected, Object actual) {
    return new EngineException(
        Failure.CORRUPTION,
        file
            + " at offset "
            + offset
            + ": "
            + what
            + ": expected "
            + expected
            + ", found "
            + actual);
  }

  /** What the caller can do. */
  public enum Failure {
    /** The request itself is wrong: fix it. Nothing was stored. */
    INVALID_REQUEST,
    /** Bytes on disk are not what was written: restore or repair. */
    CORRUPTION,
    /** The file is of a format that this version does not read: use another version. */
    UNSUPPORTED_FORMAT,
    /** A write or sync failed: writes are refused until the store is opened anew; reads go on. */
    STORAGE_FAILED,
    /** The disk is full: free space; writes resume by themselves. */
    DISK_FULL,
    /** Another process or another open store of this process holds the directory. */
    LOCKED,
    /** The store, cursor or batch was closed before. */
    CLOSED,
    /** A read failed for a reason that may pass: try again. */
    READ_FAILED,
    /** The changes after a token are not kept any more: begin with a snapshot. */
    TOKEN_EXPIRED,
    /** The token is of another store, or of a future that this one does not have. */
    TOKEN_UNKNOWN,
    /** A condition of a commit does not hold: nothing of it was stored. */
    CONDITION_FAILED,
    /** What a batch was made of was written meanwhile: make it anew. Nothing was stored. */
    OVERTAKEN,
    /** Other writers came in between too often: try again. Nothing was stored. */
    CONFLICT,
    /** What was asked about an old version is not kept any more: begin with a newer one. */
    VERSION_EXPIRED,
    /** The store's key is not there, is another one, or its holder failed: give the right one. */
    KEY_UNAVAILABLE
  }
}

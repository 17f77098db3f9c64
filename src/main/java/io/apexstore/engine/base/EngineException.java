package io.apexstore.engine.base;

import org.jspecify.annotations.Nullable;

/** The engine's one exception; its {@link Failure} says what the caller can do. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;

  /** Creates an exception whose message names the value given or found and the values allowed. */
  public EngineException(Failure failure, String message) {
    this(failure, message, null);
  }

  /** Creates an exception with its cause. */
  public EngineException(Failure failure, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
  }

  /** The kind of failure. */
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

  /** The kinds of failure, by what the caller can do. */
  public enum Failure {
    /** The request is wrong: fix it. Nothing was stored. */
    INVALID_REQUEST,
    /** The write is larger than a write may be: split it. Nothing was stored. */
    TOO_LARGE,
    /** Bytes on disk are not those that were written: restore a copy. */
    CORRUPTION,
    /** The file has a format that this release does not read: use another release. */
    UNSUPPORTED_FORMAT,
    /** A sync failed: writes are refused until the store is opened again; reads go on. */
    STORAGE_FAILED,
    /** The disk is full: free space; writes resume by themselves. */
    DISK_FULL,
    /**
     * The operating system refused to open, create or write a file, for example because the process
     * has no file descriptors left: try again. Nothing was stored; the store works on as soon as
     * the cause has passed.
     */
    STORAGE_UNAVAILABLE,
    /** Another process, or another open store of this process, holds the lock on the directory. */
    LOCKED,
    /** The store, cursor or batch was closed before this call. */
    CLOSED,
    /** A read failed for a reason that may be temporary: try again. */
    READ_FAILED,
    /**
     * Readers of large values hold too much memory, or the operating system has none left: try
     * again.
     */
    MEMORY_EXHAUSTED,
    /** The changes after a token are no longer retained: start from a snapshot. */
    TOKEN_EXPIRED,
    /** The token belongs to another store, or to a future that this store does not have. */
    TOKEN_UNKNOWN,
    /** A condition of a commit does not hold: nothing was stored. */
    CONDITION_FAILED,
    /**
     * The data that a batch was built from was overwritten meanwhile: build it again. Nothing was
     * stored.
     */
    OVERTAKEN,
    /** Too many attempts lost a race against other writers: try again. Nothing was stored. */
    CONFLICT,
    /** The state at an old version is no longer retained: start from a newer version. */
    VERSION_EXPIRED,
    /**
     * The store's encryption key is missing, is the wrong one, or could not be fetched from where
     * it is kept: provide the right one.
     */
    KEY_UNAVAILABLE;

    /** Returns whether the cause may pass and nothing was changed, so that work is repeated. */
    public boolean isRetryable() {
      return switch (this) {
        case DISK_FULL, STORAGE_UNAVAILABLE, READ_FAILED, MEMORY_EXHAUSTED -> true;
        default -> false;
      };
    }
  }
}

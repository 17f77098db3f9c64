package io.apexstore.error;

import org.jspecify.annotations.Nullable;

/** The one exception of the store's API; its {@link Code} says what the caller can do about it. */
public final class ApexException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Code code;

  /** Makes an exception; the message names what was given or found, and what is allowed. */
  public ApexException(Code code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What the caller can do. */
  public Code code() {
    return code;
  }

  /** The kinds of failure, each with what the caller can do about it. */
  public enum Code {
    /** The request is wrong, for example a key that is too long: fix it. Nothing was stored. */
    INVALID_REQUEST,
    /** Bytes on disk are not what was written: restore or repair. Never answered as "not found". */
    CORRUPTION,
    /** The files are of a format this version does not read: use a version that does. */
    UNSUPPORTED_FORMAT,
    /** A write or sync failed: writes are refused until the store is opened anew; reads go on. */
    STORAGE_FAILED,
    /** The disk is full: free space; writes resume by themselves, reads go on. */
    DISK_FULL,
    /** The directory is in use by another process or another open store. */
    LOCKED,
    /** The store, cursor or batch had been closed or used up. */
    CLOSED,
    /** A read failed for a reason that may pass: try again. */
    READ_FAILED,
    /**
     * The changes after a feed's token are not all kept any more: begin again with a snapshot, and
     * forget what was kept from before.
     */
    TOKEN_EXPIRED,
    /**
     * A feed's token is of another store, or of a future that this one does not have, as after a
     * backup was restored: begin again with a snapshot.
     */
    TOKEN_UNKNOWN,
    /** A condition of a write does not hold: read again and decide anew. Nothing was stored. */
    CONDITION_FAILED,
    /** A transaction or update met other writers too often: try later. Nothing was stored. */
    CONFLICT,
    /** What was asked of an old version is not kept any more: use a newer one. */
    VERSION_EXPIRED,
    /**
     * The store is encrypted and its key-encryption key was not given, is another one, or could not
     * be had: give the right one. Nothing was changed.
     */
    KEY_UNAVAILABLE
  }
}

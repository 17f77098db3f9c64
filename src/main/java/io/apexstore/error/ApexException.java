package io.apexstore.error;

import org.jspecify.annotations.Nullable;

/** The only exception of the store's API; its {@link Code} says what the caller must do. */
public final class ApexException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Code code;

  /**
   * Creates an exception.
   *
   * @param code what the caller must do
   * @param message names the actual value and the allowed ones
   * @param cause the underlying failure, or null
   */
  public ApexException(Code code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Returns what the caller must do. */
  public Code code() {
    return code;
  }

  /** The kinds of failure, each with what the caller must do. */
  public enum Code {
    /** The request is wrong, for example a key is too long: fix it. Nothing was stored. */
    INVALID_REQUEST,
    /**
     * The write is larger than {@code StoreOptions.batchBytesMax}, or than the 80 MiB of a batch in
     * its encoded form: split it. Nothing was stored.
     */
    TOO_LARGE,
    /** Bytes on disk are damaged: restore a copy. Never reported as "not found". */
    CORRUPTION,
    /** The files have a format that this version cannot read: use a version that can. */
    UNSUPPORTED_FORMAT,
    /** A sync failed: writes are refused until the store is reopened; reads continue. */
    STORAGE_FAILED,
    /** The disk is full: free space. Writes resume by themselves; reads continue. */
    DISK_FULL,
    /**
     * The operating system refused to open, create or write a file, for example because the process
     * has no file descriptors left: retry. Nothing was stored; the store recovers by itself.
     */
    STORAGE_UNAVAILABLE,
    /** Another process or another open store uses the directory. */
    LOCKED,
    /** The store, cursor, snapshot, transaction or batch is closed or was already written. */
    CLOSED,
    /** A read failed for a reason that may be transient: retry. */
    READ_FAILED,
    /**
     * Readers of large values hold as much memory as {@code StoreOptions.largeReadBytesMax} allows:
     * retry when some of them have ended.
     */
    MEMORY_EXHAUSTED,
    /**
     * The log no longer holds all changes after a feed's token: start again with a snapshot, and
     * discard the state built so far.
     */
    TOKEN_EXPIRED,
    /**
     * A feed's token belongs to another store, or to a version that this store does not have, for
     * example after a backup was restored: start again with a snapshot.
     */
    TOKEN_UNKNOWN,
    /** A condition of a write does not hold: read again and decide again. Nothing was stored. */
    CONDITION_FAILED,
    /** A transaction, update or merge lost too many races: retry later. Nothing was stored. */
    CONFLICT,
    /** An old version is no longer kept: use a newer one. */
    VERSION_EXPIRED,
    /**
     * The store is encrypted and its key-encryption key is missing, is another one, or could not be
     * obtained: provide the right one. Nothing was changed.
     */
    KEY_UNAVAILABLE
  }
}

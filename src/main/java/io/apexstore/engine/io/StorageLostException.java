package io.apexstore.engine.io;

import java.io.IOException;

/**
 * The directory or the lock file of an open storage was moved, deleted or replaced, so that its
 * name may belong to another store now. It is final: the storage changes no file any more, also if
 * the directory comes back.
 */
public final class StorageLostException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message says what is no longer where it was. */
  public StorageLostException(String message) {
    super(message);
  }
}

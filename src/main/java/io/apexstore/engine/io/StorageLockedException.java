package io.apexstore.engine.io;

import java.io.IOException;

/** The directory's lock is held; the message says by whom as far as that is known. */
public final class StorageLockedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Makes one with a message that names directory and holder. */
  public StorageLockedException(String message) {
    super(message);
  }
}

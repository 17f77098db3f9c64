package io.apexstore.engine.io;

import java.io.IOException;

/** Thrown when the directory's lock is held; the message names the holder if it is known. */
public final class StorageLockedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; the message names the directory and the holder. */
  public StorageLockedException(String message) {
    super(message);
  }
}

package io.apexstore.engine.io;

import org.jspecify.annotations.Nullable;

/** Thrown when the file system has no room for the bytes to be written. */
public final class DiskFullException extends RetryableIoException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; the message names the file and the number of bytes. */
  public DiskFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

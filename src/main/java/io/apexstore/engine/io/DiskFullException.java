package io.apexstore.engine.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The file system has no room for the bytes. */
public final class DiskFullException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Makes one that names the file and the bytes wanted. */
  public DiskFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

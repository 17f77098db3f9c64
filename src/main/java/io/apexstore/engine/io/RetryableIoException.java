package io.apexstore.engine.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when the operating system refused an operation before anything depended on it: a file
 * could not be opened or created, or bytes could not be written to it. What was durable before is
 * unchanged, and the operation can be repeated, a write in a new file. The cause may pass: no free
 * file descriptors, no memory, a quota, or a full disk ({@link DiskFullException}).
 *
 * <p>A failed sync is never one of these, because bytes written earlier may be lost.
 */
public class RetryableIoException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; the message names the operation, the file and the system's reason. */
  public RetryableIoException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

package io.apexstore.engine.io;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.io.IOException;

/** Maps failures of a storage to what the caller of the store can do. */
public final class IoFailures {
  private IoFailures() {}

  /** Returns the I/O exception of the kind that {@link #of} maps to this one's failure. */
  public static IOException ioException(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.failure()) {
      case DISK_FULL -> new DiskFullException(message, e);
      case STORAGE_UNAVAILABLE -> new RetryableIoException(message, e);
      default -> new IOException(message, e);
    };
  }

  /**
   * Returns {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE} if the failed operation may be
   * repeated, {@code STORAGE_FAILED} if it must not.
   */
  public static Failure of(IOException e) {
    return switch (e) {
      case DiskFullException full -> Failure.DISK_FULL;
      case RetryableIoException refused -> Failure.STORAGE_UNAVAILABLE;
      default -> Failure.STORAGE_FAILED;
    };
  }
}

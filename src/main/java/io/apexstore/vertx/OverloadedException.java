package io.apexstore.vertx;

/** A limit on work in progress is reached. Nothing was done; retry after a pause. */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; the message names the limit. */
  OverloadedException(String message) {
    super(message, null, false, false);
  }
}

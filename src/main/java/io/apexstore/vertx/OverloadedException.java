package io.apexstore.vertx;

/** More is under way than may be; nothing was done. Try again a little later. */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes an exception that says what is full. */
  public OverloadedException(String message) {
    super(message, null, false, false);
  }
}

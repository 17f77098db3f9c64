package io.apexstore.vertx;

/** The store has not answered in time: the write may have been stored, or be stored yet. */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes an exception that says how long was waited. */
  public OutcomeUnknownException(String message) {
    super(message, null, false, false);
  }
}

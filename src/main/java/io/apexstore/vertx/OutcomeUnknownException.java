package io.apexstore.vertx;

/**
 * The store did not answer in time. The write may have been committed, may be committed later, or
 * may never be.
 */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; the message names the timeout. */
  public OutcomeUnknownException(String message) {
    super(message, null, false, false);
  }
}

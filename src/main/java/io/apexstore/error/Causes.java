package io.apexstore.error;

import java.util.concurrent.CompletionException;

/** The failure of a completion stage, without the wrapper that the stage puts around it. */
public final class Causes {
  private Causes() {}

  /**
   * Returns the cause of a {@link CompletionException}, or the failure itself if it is none.
   *
   * @param failure what a stage handed to its dependent action
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : null;
    return cause == null ? failure : cause;
  }
}

package io.apexstore.server.operation;

/** What an operation requires of its caller, from the least to the most. */
public enum Access {
  /** Nothing; a token is not looked at. */
  PUBLIC,
  /** A token that may read. */
  READ,
  /** A token that may write. */
  WRITE,
  /** An administrator's token. */
  ADMIN
}

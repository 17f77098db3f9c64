package io.apexstore.server.http;

/** What a route asks of who calls it. */
public enum Access {
  /** Nothing. */
  PUBLIC,
  /** A token that may read. */
  READ,
  /** A token that may write. */
  WRITE,
  /** An administrator's token. */
  ADMIN
}

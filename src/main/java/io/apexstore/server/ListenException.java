package io.apexstore.server;

import java.net.UnknownHostException;

/**
 * The server cannot listen on its address. The message is one line for the operator: the address,
 * and what prevents it.
 */
public final class ListenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ListenException(String host, int port, Throwable cause) {
    super("cannot listen on HOST " + host + ", PORT " + port + ": " + reason(cause), cause);
  }

  private static String reason(Throwable cause) {
    return cause instanceof UnknownHostException
        ? "the host is unknown"
        : String.valueOf(cause.getMessage());
  }
}

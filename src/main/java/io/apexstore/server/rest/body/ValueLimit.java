package io.apexstore.server.rest.body;

import io.apexstore.server.http.Problem;

/** The limit on values that holds in every store. */
public final class ValueLimit {
  /** The longest legal value in bytes. */
  static final int BYTES_MAX = 64 << 20;

  private ValueLimit() {}

  public static void check(byte[] value) {
    if (value.length > BYTES_MAX) {
      throw Problem.of(
              Problem.Kind.PAYLOAD_TOO_LARGE,
              "a value of " + value.length + " bytes; allowed are 0 to " + BYTES_MAX)
          .exception();
    }
  }
}

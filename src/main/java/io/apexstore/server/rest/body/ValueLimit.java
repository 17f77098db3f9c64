package io.apexstore.server.rest.body;

import io.apexstore.server.http.Problem;

/** The limit on the length of a value, the same in every store. */
public final class ValueLimit {
  /** The length of the longest legal value in bytes. */
  static final int BYTES_MAX = 64 << 20;

  private ValueLimit() {}

  /**
   * Returns a value whose length is legal.
   *
   * @throws io.apexstore.server.http.ProblemException {@code PAYLOAD_TOO_LARGE} if it is not
   */
  public static byte[] check(byte[] value) {
    if (value.length > BYTES_MAX) {
      throw Problem.of(
              Problem.Kind.PAYLOAD_TOO_LARGE,
              "a value has at most " + BYTES_MAX + " bytes, not " + value.length)
          .exception();
    }
    return value;
  }
}

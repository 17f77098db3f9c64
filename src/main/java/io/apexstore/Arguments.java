package io.apexstore;

import io.apexstore.engine.base.Limits;

/** Checks what callers give. */
final class Arguments {
  private Arguments() {}

  static void checkKey(byte[] key) {
    checkKey(key.length);
  }

  static void checkKey(long bytes) {
    if (bytes < Limits.KEY_BYTES_MIN || bytes > Limits.KEY_BYTES_MAX) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "key of " + bytes + " bytes, allowed are 1 to " + Limits.KEY_BYTES_MAX,
          null);
    }
  }

  static void checkValue(long bytes, StoreOptions options) {
    if (bytes > options.valueBytesMax()) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "value of " + bytes + " bytes, allowed are 0 to " + options.valueBytesMax(),
          null);
    }
  }
}

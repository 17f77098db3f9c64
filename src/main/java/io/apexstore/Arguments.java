package io.apexstore;

import io.apexstore.engine.base.KeyspaceNames;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.UnicodeText;
import io.apexstore.engine.expiry.ExpiryIndex;
import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The checks of arguments against the limits. */
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

  /** Checks the name of a keyspace that is not internal. */
  static void checkName(String keyspace) {
    Failures.translate(() -> KeyspaceNames.checkPublic(keyspace));
  }

  /** Checks the name of an internal keyspace that a program on top of the store may use. */
  static void checkInternalName(String keyspace) {
    Failures.translate(() -> KeyspaceNames.check(keyspace));
    if (!KeyspaceNames.isInternal(keyspace) || keyspace.equals(ExpiryIndex.KEYSPACE)) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "internal keyspace name "
              + UnicodeText.escaped(keyspace)
              + ", allowed are names that begin with an underscore, except "
              + ExpiryIndex.KEYSPACE,
          null);
    }
  }

  static void checkDroppable(String keyspace) {
    checkName(keyspace);
    if (keyspace.equals(ApexStore.DEFAULT_KEYSPACE)) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "keyspace " + keyspace + " cannot be dropped: the store needs it",
          null);
    }
  }

  /** Checks that bounds are no longer than a key. */
  static void checkRange(KeyRange range) {
    checkBound(range.from());
    checkBound(range.to());
  }

  private static void checkBound(byte @Nullable [] bound) {
    if (bound != null && bound.length > Limits.KEY_BYTES_MAX) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "bound of " + bound.length + " bytes, allowed are up to " + Limits.KEY_BYTES_MAX,
          null);
    }
  }

  /** Returns a time to live in ms, at least 1; the longest ones are {@link Long#MAX_VALUE}. */
  static long checkTtl(Duration ttl) {
    if (ttl.compareTo(Duration.ofMillis(1)) < 0) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "ttl of " + ttl + ", allowed are 1 ms and longer",
          null);
    }
    return TimeUnit.MILLISECONDS.convert(ttl);
  }

  static void checkNotNegative(String what, Duration time) {
    if (time.isNegative()) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          what + " of " + time + ", allowed are 0 and longer",
          null);
    }
  }

  /** Returns a moment in ms since the epoch; one that is out of range is the nearest in range. */
  static long epochMs(Instant moment) {
    return TimeUnit.MILLISECONDS.convert(Duration.between(Instant.EPOCH, moment));
  }

  /** Checks a moment in ms since the epoch. */
  static void checkExpiresMs(long expiresMs) {
    if (expiresMs < 1) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "expiry at " + expiresMs + " ms since the epoch, allowed are 1 and later",
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

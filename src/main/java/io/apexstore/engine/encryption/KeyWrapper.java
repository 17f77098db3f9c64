package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;

/**
 * Wraps and unwraps data keys with key-encryption keys. A data key is written to disk only wrapped.
 *
 * <p>It is called when a store is opened and when data keys are rotated, never during a read or a
 * write. A call may take as long as a request to another machine.
 *
 * <p><b>Threads:</b> one at a time. <b>Errors:</b> {@link EngineException} with {@code
 * KEY_UNAVAILABLE} if the key-encryption key is missing or its holder does not answer.
 */
public interface KeyWrapper {
  /**
   * Returns the id of the current key-encryption key, which {@link #wrap} uses: 1 to 1024
   * characters of well-formed Unicode.
   */
  String currentKeyId();

  /**
   * Wraps a data key.
   *
   * @param keyId what {@link #currentKeyId} returned
   * @param dataKey 32 bytes
   * @param context associated data that the result is bound to; not secret
   * @return at most 32 KiB
   */
  byte[] wrap(String keyId, byte[] dataKey, byte[] context);

  /**
   * Unwraps a data key.
   *
   * @param keyId the id of the key-encryption key that wrapped it
   * @param wrapped what {@link #wrap} returned
   * @param context the context that was passed to {@link #wrap}
   */
  byte[] unwrap(String keyId, byte[] wrapped, byte[] context);

  /** Switches to a new key-encryption key, if the implementation creates its keys itself. */
  void rotate();
}

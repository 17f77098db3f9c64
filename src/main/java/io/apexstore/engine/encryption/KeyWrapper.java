package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;

/**
 * Holds the key-encryption keys: data keys leave the process only wrapped by one of them.
 *
 * <p>Called when a store is opened and when keys are rotated, never on the way of a read or a
 * write; a call may take as long as asking another machine takes.
 *
 * <p><b>Threads:</b> one at a time. <b>Errors:</b> {@link EngineException} with {@code
 * KEY_UNAVAILABLE} if the key is not there or its holder cannot be asked.
 */
public interface KeyWrapper {
  /** Returns the id of the key-encryption key that {@link #wrap} takes: 1 to 1024 characters. */
  String currentKeyId();

  /**
   * Wraps a data key.
   *
   * @param keyId what {@link #currentKeyId} gave
   * @param dataKey 32 bytes
   * @param context what the result is to be bound to; not secret
   * @return at most 32 KiB
   */
  byte[] wrap(String keyId, byte[] dataKey, byte[] context);

  /**
   * Gives a data key back.
   *
   * @param keyId the key-encryption key it was wrapped with
   * @param wrapped what {@link #wrap} returned
   * @param context what was given when it was wrapped
   */
  byte[] unwrap(String keyId, byte[] wrapped, byte[] context);

  /** Makes another key-encryption key the current one, where that is the holder's to do. */
  void rotate();
}

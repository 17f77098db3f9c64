package io.apexstore.engine.encryption;

/**
 * A wrapped data key as the file {@code KEYS} holds it. Immutable; callers must not change the
 * array.
 *
 * @param epoch the data key's number, 1 or more, never used again in the store
 * @param createdMs when the data key was created, ms since the Unix epoch
 * @param wrappedWith id of the key-encryption key that wrapped it
 * @param wrapped the wrapped data key
 */
public record DataKey(long epoch, long createdMs, String wrappedWith, byte[] wrapped) {}

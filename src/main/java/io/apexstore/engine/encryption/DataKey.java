package io.apexstore.engine.encryption;

/**
 * A data key as it stands in the file {@code KEYS}. Immutable; the array must not be changed.
 *
 * @param id its number, 1 or more, never used again in the store
 * @param madeMs when it was made, ms since the epoch
 * @param wrappedWith id of the key-encryption key it is wrapped with
 * @param wrapped the data key, wrapped
 */
public record DataKey(long id, long madeMs, String wrappedWith, byte[] wrapped) {}

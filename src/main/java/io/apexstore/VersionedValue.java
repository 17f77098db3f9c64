package io.apexstore;

/**
 * A value with the version that wrote it.
 *
 * @param value the value, an array that the receiver owns
 * @param version the version of the commit that wrote it
 * @param expiresMs when it expires, in ms since the epoch; 0: never
 */
@SuppressWarnings("ArrayRecordComponent") // The array is handed over, not shared.
public record VersionedValue(byte[] value, long version, long expiresMs) {}

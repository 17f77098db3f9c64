package io.apexstore;

/**
 * A value and the version that wrote it.
 *
 * @param value the value, an array of the receiver's own
 * @param version the version of the commit that wrote it
 * @param expiresMs when it expires, in ms since the epoch; 0: never
 */
@SuppressWarnings("ArrayRecordComponent") // the array is handed over, not shared
public record VersionedValue(byte[] value, long version, long expiresMs) {}

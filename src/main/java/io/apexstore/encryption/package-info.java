/**
 * The key-encryption keys of an encrypted store. {@link
 * io.apexstore.encryption.EncryptionKeyProvider} is the public interface; pass one to {@link
 * io.apexstore.ApexStore.Builder#keyProvider}.
 *
 * <p>Two providers hold their keys in memory as {@link io.apexstore.encryption.KeyEncryptionKeys}:
 * {@link io.apexstore.encryption.KeyEncryptionKeyFile} reads them from a file and appends a key for
 * each rotation, {@link io.apexstore.encryption.KeyEncryptionKeyText} reads them from a text such
 * as an environment variable. Users implement the interface for a key-management service. The
 * engine calls every provider through {@link io.apexstore.encryption.ProvidedKeyWrapper}.
 *
 * <p>A key-encryption key only wraps data keys; it never encrypts a file of the store. Data keys,
 * their file {@code KEYS}, and their rotation are in {@link io.apexstore.engine.encryption}.
 */
@NullMarked
package io.apexstore.encryption;

import org.jspecify.annotations.NullMarked;

/**
 * What encryption is made of, without files: sealing (AES-256-GCM), deriving a file's key
 * (HKDF-SHA256), and the seam to whoever holds the key-encryption keys.
 */
@NullMarked
package io.apexstore.engine.crypto;

import org.jspecify.annotations.NullMarked;

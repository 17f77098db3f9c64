/**
 * Where the key-encryption keys of an encrypted store come from: a file, a text, or a provider of
 * the caller's. What they protect is in {@code engine.encryption}.
 */
@NullMarked
package io.apexstore.encryption;

import org.jspecify.annotations.NullMarked;

/**
 * Encryption of files: data keys and the file that holds them, wrapped; the key of each file; the
 * ciphers of blocks and frames.
 */
@NullMarked
package io.apexstore.engine.encryption;

import org.jspecify.annotations.NullMarked;

/**
 * Encryption at rest with AES-256-GCM. In an encrypted store every file is encrypted. There are
 * three kinds of encryption keys; <i>key</i> alone means a user's key everywhere in the engine.
 *
 * <pre>
 *   key-encryption key   held by a {@link io.apexstore.engine.encryption.KeyWrapper}: a file, a text
 *          |             or a key-management service; never on the store's disk
 *          | wraps
 *          v
 *   data key             32 random bytes, numbered by its epoch; the file KEYS holds all of them,
 *          |             wrapped
 *          | HKDF-SHA256 with the salt in the file's header
 *          v
 *   file key             seals the blocks of one table or the frames of one log segment or manifest
 * </pre>
 *
 * <p><b>Opening.</b> {@link io.apexstore.engine.encryption.DataKeyOpening} runs before any other
 * file is read. It reads {@code KEYS} ({@link io.apexstore.engine.encryption.DataKeyFile}), unwraps
 * the data keys ({@link io.apexstore.engine.encryption.DataKeys}), and refuses a store that does
 * not fit the given key-encryption key.
 *
 * <p><b>Reading and writing.</b> Readers and writers of files use {@link
 * io.apexstore.engine.encryption.FileCipherKeys}: it creates the header of a new file, and returns
 * the {@link io.apexstore.engine.encryption.BlockCipher} for a header. The cipher seals and opens
 * with an {@link io.apexstore.engine.encryption.AesGcm} of the calling thread. The nonce is the
 * ordinal of a block or frame, which is unique because the file key is unique to the file. The
 * manifest stores an {@link io.apexstore.engine.encryption.EncryptionTag} for each file, so that a
 * file cannot be exchanged for another.
 *
 * <p><b>Replacing data keys.</b> {@link io.apexstore.engine.encryption.DataKeyRotation} adds a new
 * data key, and drops an old one once no file needs it. Compactions rewrite the tables in between.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><th>name</th><th>content</th></tr>
 * <tr><td>{@code KEYS}</td><td>the wrapped data keys, drawn in {@link
 * io.apexstore.engine.encryption.DataKeyFile}; replaced by a rename when data keys are rotated or
 * retired</td></tr>
 * <tr><td>{@code KEYS.tmp}</td><td>the next {@code KEYS} while it is written; ignored after a
 * crash</td></tr>
 * </table>
 *
 * <table>
 * <caption>Format history of KEYS</caption>
 * <tr><th>version</th><th>what changed</th></tr>
 * <tr><td>1</td><td>the first</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.encryption;

import org.jspecify.annotations.NullMarked;

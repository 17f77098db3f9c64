/**
 * What every file shares: the header it begins with, and the envelope around its blocks (compress,
 * then encrypt, then checksum), and the keys they are encrypted with.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><th>name</th><th>what it is</th></tr>
 * <tr><td>{@code KEYS}</td><td>the wrapped data keys of an encrypted store, drawn in {@link
 * io.apexstore.engine.encryption.DataKeyFile}; replaced by a rename when keys are rotated or
 * retired</td></tr>
 * <tr><td>{@code KEYS.tmp}</td><td>one that is being written; of no meaning after a crash</td></tr>
 * </table>
 *
 * <table>
 * <caption>Format history of KEYS</caption>
 * <tr><th>version</th><th>what changed</th></tr>
 * <tr><td>1</td><td>the first</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.codec;

import org.jspecify.annotations.NullMarked;

/**
 * The manifest: what the store consists of. It is a log of {@link
 * io.apexstore.engine.manifest.VersionEdit}s, and the state after the last of them ({@link
 * io.apexstore.engine.manifest.StoreState}) names every table and log segment that belongs to the
 * store; a file that it does not name is never read and goes at the next open.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><th>name</th><th>what it is</th></tr>
 * <tr><td>{@code MANIFEST}</td><td>the current manifest; a new one takes its place, by a rename, at
 * each open and whenever it has grown large</td></tr>
 * <tr><td>{@code MANIFEST.tmp}</td><td>one that is being written; of no meaning after a
 * crash</td></tr>
 * </table>
 *
 * <table>
 * <caption>Format history</caption>
 * <tr><th>version</th><th>what changed</th></tr>
 * <tr><td>1</td><td>the first</td></tr>
 * <tr><td>2</td><td>edits can be sealed; options of keyspaces have names; tables and logs have a key,
 * tables the number of ranges deleted; the generation of the keys, marks in time</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.manifest;

import org.jspecify.annotations.NullMarked;

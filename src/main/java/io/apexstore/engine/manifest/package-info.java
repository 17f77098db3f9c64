/**
 * The manifest: the file that lists what a store consists of. It is an append-only log of {@link
 * io.apexstore.engine.manifest.VersionEdit}s. The state after the last edit, {@link
 * io.apexstore.engine.manifest.StoreState}, names every keyspace, table and log segment of the
 * store. A file that it does not name is never read, and is deleted at the next open.
 *
 * <p>An edit is a list of {@link io.apexstore.engine.manifest.ManifestChange}s, such as a table
 * added or a log segment adopted; they apply all or none. {@link
 * io.apexstore.engine.manifest.VersionEditCodec} encodes edits, {@link
 * io.apexstore.engine.manifest.ManifestFormat} frames them with checksums and end marks. {@link
 * io.apexstore.engine.manifest.ManifestWriter} writes a manifest, of which the first edit contains
 * the whole state, and makes each further edit durable. {@link
 * io.apexstore.engine.manifest.ManifestReader} reads one at open and distinguishes an edit torn by
 * a crash from damage. {@link io.apexstore.engine.manifest.ManifestDump} prints one. The engine
 * reaches the manifest through {@link io.apexstore.engine.version.VersionSet}.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><th>name</th><th>content</th></tr>
 * <tr><td>{@code MANIFEST}</td><td>the current manifest; a new one replaces it by a rename at each
 * open and whenever it has grown large</td></tr>
 * <tr><td>{@code MANIFEST.tmp}</td><td>the next manifest while it is written; ignored after a
 * crash</td></tr>
 * </table>
 *
 * <table>
 * <caption>Format history</caption>
 * <tr><th>version</th><th>what changed</th></tr>
 * <tr><td>1</td><td>the first</td></tr>
 * <tr><td>2</td><td>edits can be sealed; options of keyspaces have names; tables and log segments
 * have an encryption tag, tables also the number of range tombstones; the generation of {@code
 * KEYS}; time marks</td></tr>
 * <tr><td>3</td><td>the end of a keyspace is an edit of its own, no longer an option</td></tr>
 * <tr><td>4</td><td>each open begins a part of the store's history</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.manifest;

import org.jspecify.annotations.NullMarked;

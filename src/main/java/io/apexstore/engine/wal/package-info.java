/**
 * The write-ahead log. {@link io.apexstore.engine.wal.CommitLog} is what the engine sees of it; the
 * log in files, {@link io.apexstore.engine.wal.FileCommitLog}, is one implementation.
 *
 * <p>A log is a row of segments. Which files they are, and where those that are full end, stands in
 * the manifest, reached through {@link io.apexstore.engine.wal.SegmentRegistry}; segments it does
 * not name are never read. {@link io.apexstore.engine.wal.LogRecovery} takes a log over after a
 * restart, {@link io.apexstore.engine.wal.LogRetention} decides how long full segments are kept.
 *
 * <table>
 *   <caption>Files</caption>
 *   <tr><th>name</th><th>what</th></tr>
 *   <tr><td>{@code 000123.log}</td>
 *       <td>a segment of the log, named after its file id; also a spare that waits to be recycled,
 *       which no manifest names</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Format history</caption>
 *   <tr><th>version</th><th>since</th><th>what changed</th></tr>
 *   <tr><td>1</td><td>0.1</td><td>the first, drawn in {@link io.apexstore.engine.wal.LogFormat}</td>
 *       </tr>
 *   <tr><td>2</td><td>0.1</td><td>frames can be sealed; the header says who made the segment; batches
 *       carry ranges deleted, expiry and the values before</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.wal;

import org.jspecify.annotations.NullMarked;

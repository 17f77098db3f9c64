/**
 * The write-ahead log. Every commit is written here first. The log is also the change feed: full
 * segments are kept for readers of changes.
 *
 * <p>The engine uses the interface {@link io.apexstore.engine.wal.CommitLog}; {@link
 * io.apexstore.engine.wal.FileCommitLog} implements it with files. A log is a sequence of segments.
 * The manifest records which files they are and where full segments end; the log reaches it through
 * {@link io.apexstore.engine.wal.SegmentRegistry}. A segment that the manifest has not adopted is
 * never read.
 *
 * <p><b>Writing.</b> {@link io.apexstore.engine.wal.FrameBuffer} collects the commits of one group
 * and writes them as frames into the active {@link io.apexstore.engine.wal.LiveSegment}. {@link
 * io.apexstore.engine.wal.SegmentPool} prepares the next segments in the background and recycles
 * old files; {@link io.apexstore.engine.wal.Prefaulter} prefaults the pages ahead of the writer.
 * {@link io.apexstore.engine.wal.RetainedSegments} holds full segments; {@link
 * io.apexstore.engine.wal.LogRetention} decides which of them are dropped. {@link
 * io.apexstore.engine.wal.LogFormat} draws the bytes.
 *
 * <p><b>Reading.</b> {@link io.apexstore.engine.wal.FrameCursor} reads and checks the frames of one
 * segment, {@link io.apexstore.engine.wal.GroupAssembler} assembles groups of commits from them.
 * {@link io.apexstore.engine.wal.LogReader} reads a log that is in use, for change feeds. {@link
 * io.apexstore.engine.wal.LogDump} prints segments.
 *
 * <p><b>Recovery.</b> {@link io.apexstore.engine.wal.LogRecovery} continues a log after a restart.
 * It replays the log with {@link io.apexstore.engine.wal.LogReplay}, which uses {@link
 * io.apexstore.engine.wal.TailScan} to distinguish a torn tail, which is cut, from damage, which is
 * an error. {@link io.apexstore.engine.wal.LogVerifier} checks a log without opening it.
 *
 * <table>
 *   <caption>Files</caption>
 *   <tr><th>name</th><th>content</th></tr>
 *   <tr><td>{@code 000123.log}</td>
 *       <td>a segment of the log, named after its file id; or a spare to be recycled, which no
 *       manifest names</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Format history</caption>
 *   <tr><th>version</th><th>since</th><th>what changed</th></tr>
 *   <tr><td>1</td><td>0.1</td><td>the first, drawn in {@link io.apexstore.engine.wal.LogFormat}</td>
 *       </tr>
 *   <tr><td>2</td><td>0.1</td><td>frames can be sealed; the header records whether a recovery created
 *       the segment; batches contain range tombstones, expiry and previous values</td></tr>
 * </table>
 */
@NullMarked
package io.apexstore.engine.wal;

import org.jspecify.annotations.NullMarked;

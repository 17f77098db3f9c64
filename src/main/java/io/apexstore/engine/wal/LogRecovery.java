package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The recovery of a log after a restart. A power cut may interrupt it at any point:
 *
 * <ol>
 *   <li>{@link #replay} reads the log and changes nothing;
 *   <li>{@link #prepare} copies the commits that are not known to be durable into new segments, and
 *       syncs them;
 *   <li>the caller records the edit that {@code prepare} returned, atomically and durably: the
 *       logical ends of the old segments, and the adoption of the new ones;
 *   <li>{@link #start} returns the log, which continues in the new segments.
 * </ol>
 *
 * <p>Until the edit is durable, nothing refers to the new segments and no old file has been
 * changed: another recovery finds the same state. Once it is durable, the old segments end where
 * they were known to be synced, and the rest is in the new segments.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class LogRecovery implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(LogRecovery.class);

  private final LogContext context;
  private final long flushedVersion;
  private final List<AdoptedSegment> adopted;
  private final ReplayResult result;
  private final DeferredRegistry registry = new DeferredRegistry();
  private @Nullable FileCommitLog log;
  private @Nullable SegmentPool pool;
  private boolean started;

  /**
   * The changes that the manifest must record before {@link #start}.
   *
   * @param ended logical ends of old segments
   * @param dropped old segments that no longer belong to the log
   * @param adopted new segments, in order
   */
  public record Edit(List<AdoptedSegment> ended, List<Long> dropped, List<Long> adopted) {
    /** Copies the lists. */
    public Edit {
      ended = List.copyOf(ended);
      dropped = List.copyOf(dropped);
      adopted = List.copyOf(adopted);
    }
  }

  /** Collects adoptions until the caller has recorded them; then forwards every call. */
  private static final class DeferredRegistry implements SegmentRegistry {
    private final List<Long> collected = new ArrayList<>();
    private volatile @Nullable SegmentRegistry target;

    @Override
    public void recordAdopted(long fileId) throws IOException {
      SegmentRegistry to = target;
      if (to == null) {
        collected.add(fileId);
      } else {
        to.recordAdopted(fileId);
      }
    }

    @Override
    public void recordEnd(long fileId, long endOffset, long lastVersion) throws IOException {
      started().recordEnd(fileId, endOffset, lastVersion);
    }

    @Override
    public void recordDropped(List<Long> fileIds) throws IOException {
      started().recordDropped(fileIds);
    }

    private SegmentRegistry started() {
      SegmentRegistry to = target;
      if (to == null) {
        throw new IllegalStateException("the log is not started");
      }
      return to;
    }
  }

  private LogRecovery(
      LogContext context, List<AdoptedSegment> adopted, long flushedVersion, ReplayResult result) {
    this.context = context;
    this.adopted = adopted;
    this.flushedVersion = flushedVersion;
    this.result = result;
  }

  /**
   * Reads the log, see {@link LogReplay#run}. A log without segments is new.
   *
   * @param adopted every segment that the manifest has adopted and not dropped
   * @param flushedVersion every commit up to this version is in tables
   */
  public static LogRecovery replay(
      LogContext context,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer)
      throws IOException {
    ReplayResult result =
        LogReplay.run(
            context.storage(),
            context.storeId(),
            context.fileKeys(),
            adopted,
            flushedVersion,
            consumer);
    requireNewest(context.storage(), context.storeId(), context.fileKeys(), adopted);
    if (result.tornBytes() > 0) {
      LOG.log(
          Level.WARNING,
          "{0}: cut the torn tail of the log, {1} bytes, at {2}, after version {3}",
          context.storage().describe(),
          Long.toString(result.tornBytes()),
          result.end(),
          Long.toString(result.lastVersion()));
    }
    return new LogRecovery(context, List.copyOf(adopted), flushedVersion, result);
  }

  /**
   * Fails if a segment newer than all that the manifest names was in use. A segment is used only
   * after a manifest names it, so this manifest is not the newest: an old one was put back. A
   * segment that a recovery created was in use if a frame follows the mark that ends a recovery;
   * any other segment was in use if it has a frame.
   */
  static void requireNewest(
      Storage storage, UUID storeId, FileCipherKeys fileKeys, List<AdoptedSegment> adopted)
      throws IOException {
    long newest = adopted.stream().mapToLong(AdoptedSegment::fileId).max().orElse(0);
    for (String name : storage.list()) {
      if (FileNames.isLog(name)
          && FileNames.idOf(name) > newest
          && wasInUse(storage, storeId, fileKeys, FileNames.idOf(name))) {
        throw new EngineException(
            Failure.CORRUPTION,
            FileNames.MANIFEST
                + " does not name "
                + name
                + ", which was in use: it is older than the store's newest manifest");
      }
    }
  }

  private static boolean wasInUse(
      Storage storage, UUID storeId, FileCipherKeys fileKeys, long fileId) throws IOException {
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, fileId, fileKeys)) {
      if (cursor.headerDamage(storeId) != null) {
        return false;
      }
      boolean counts = !cursor.isCreatedByRecovery();
      for (; cursor.look() == FrameCursor.Found.FRAME; cursor.skip()) {
        if (counts) {
          return true;
        }
        counts = cursor.kind() == LogFormat.MARK;
      }
      return false;
    } catch (EngineException e) {
      return false; // Created incompletely, or a spare.
    }
  }

  /** Returns the result of the replay. */
  public ReplayResult result() {
    return result;
  }

  /**
   * Creates and syncs the segments in which the log continues.
   *
   * @return the changes that the manifest must record
   * @throws io.apexstore.engine.io.DiskFullException if there is no room for the segments
   */
  public Edit prepare() throws IOException {
    if (log != null) {
      throw new IllegalStateException("already prepared");
    }
    SegmentPool segments = new SegmentPool(context, registry, newestFileId());
    RetainedSegments retained = new RetainedSegments(context, registry, segments, flushedVersion);
    pool = segments;
    long sequence = addRetained(retained, segments);
    boolean rewrites = result.unsyncedGroups() > 0;
    FileCommitLog next =
        new FileCommitLog(
            context,
            registry,
            segments,
            retained,
            sequence,
            rewrites ? result.syncedVersion() : result.lastVersion(),
            rewrites ? 0 : result.lastCommitTimeMs());
    log = next;
    if (rewrites) {
      rewriteTail(next);
      next.sync();
    }
    next.writeMark();
    next.sync();
    return new Edit(result.ended(), result.dropped(), registry.collected);
  }

  private long newestFileId() throws IOException {
    long newest = 0;
    for (String name : context.storage().list()) {
      newest = Math.max(newest, FileNames.idOf(name));
    }
    return newest;
  }

  /** Adds the old segments that are kept; returns the bytes of frames in them. */
  private long addRetained(RetainedSegments target, SegmentPool counted) throws IOException {
    List<AdoptedSegment> retained = result.retained();
    long sequence = 0;
    for (int i = 0; i < retained.size(); i++) {
      AdoptedSegment segment = retained.get(i);
      long fileBytes = fileBytes(FileNames.log(segment.fileId()));
      counted.count(fileBytes);
      sequence += segment.endOffset() - LogFormat.FRAMES_START;
      target.addRetained(
          new RetainedSegments.Extent(
              segment.fileId(),
              fileBytes,
              segment.endOffset(),
              segment.lastVersion(),
              i + 1 < retained.size()
                  ? firstTimeMs(retained.get(i + 1).fileId())
                  : result.lastCommitTimeMs(),
              sequence,
              true));
    }
    return sequence;
  }

  /** Returns the time of a segment's first group; no commit in the preceding segment is younger. */
  private long firstTimeMs(long fileId) throws IOException {
    try (FrameCursor cursor =
        FrameCursor.peek(context.storage(), context.storeId(), fileId, context.fileKeys())) {
      return cursor.look() == FrameCursor.Found.FRAME ? cursor.timeMs() : result.lastCommitTimeMs();
    }
  }

  private long fileBytes(String name) throws IOException {
    try (ReadFile file = context.storage().open(name)) {
      return file.size();
    }
  }

  /** Writes the groups that are not known to be durable to the new log. */
  private void rewriteTail(FileCommitLog target) throws IOException {
    GroupAssembler group = new GroupAssembler();
    long[] lastVersion = {result.syncedVersion()};
    for (AdoptedSegment segment : adopted) {
      if (segment.isOpen()
          && segment.fileId() >= result.synced().fileId()
          && segment.fileId() <= result.end().fileId()) {
        rewrite(segment.fileId(), group, target, lastVersion);
      }
    }
    if (lastVersion[0] != result.lastVersion()) {
      throw new EngineException(
          Failure.READ_FAILED,
          result.end()
              + ": version "
              + result.lastVersion()
              + " was found by the replay, but reading again found only "
              + lastVersion[0]);
    }
  }

  private void rewrite(long fileId, GroupAssembler group, FileCommitLog target, long[] lastVersion)
      throws IOException {
    try (FrameCursor cursor =
        FrameCursor.open(context.storage(), context.storeId(), fileId, context.fileKeys())) {
      if (fileId == result.synced().fileId()) {
        cursor.moveTo(result.synced().offset());
      }
      long limit = fileId == result.end().fileId() ? result.end().offset() : Long.MAX_VALUE;
      while (cursor.offset() < limit && cursor.look() == FrameCursor.Found.FRAME) {
        if (cursor.kind() != LogFormat.MARK
            && group.mismatch(cursor) == null
            && group.add(cursor)) {
          boolean valid = group.forEachCommit(lastVersion[0], lastVersion[0], target::addFrom);
          if (!valid) {
            break;
          }
          target.write();
          lastVersion[0] = cursor.lastVersion();
        }
        cursor.skip();
      }
    }
  }

  /**
   * Starts and returns the log. The edit must be durable. The files of dropped segments become
   * spares or are deleted; files that were never adopted are deleted.
   *
   * @param to records later changes of the log
   */
  public FileCommitLog start(SegmentRegistry to) throws IOException {
    FileCommitLog prepared = log;
    SegmentPool segments = pool;
    if (prepared == null || segments == null || started) {
      throw new IllegalStateException(started ? "already started" : "not prepared");
    }
    Set<Long> known = new HashSet<>(registry.collected);
    result.retained().forEach(segment -> known.add(segment.fileId()));
    for (String name : context.storage().list()) {
      if (FileNames.isLog(name) && !known.contains(FileNames.idOf(name))) {
        long bytes = fileBytes(name);
        segments.count(bytes);
        if (result.dropped().contains(FileNames.idOf(name))) {
          segments.recycle(name, bytes);
        } else {
          segments.delete(name, bytes); // May not be allocated in full, so it cannot be a spare.
        }
      }
    }
    registry.target = to;
    segments.recovered();
    started = true;
    prepared.start();
    return prepared;
  }

  /** Abandons what was prepared. Does nothing once the log is started. */
  @Override
  public void close() throws IOException {
    if (!started && log != null) {
      log.abandon();
    }
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.ReadFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes a log over from the process before, in steps that a power cut may part anywhere:
 *
 * <ol>
 *   <li>{@link #replay} reads it and changes nothing;
 *   <li>{@link #prepare} writes what was read but is not known to be durable into new segments, and
 *       syncs them;
 *   <li>the caller records the edit that {@code prepare} returned, in one piece, durably: the
 *       logical ends of the old segments, and the new segments as adopted;
 *   <li>{@link #start} hands over the log that goes on in the new segments.
 * </ol>
 *
 * <p>Until the edit is durable nothing refers to the new segments, and no old file has been
 * touched: another recovery finds what this one found. From then on the old segments end where they
 * were known to be synced, and the rest is in the new ones.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class LogRecovery implements AutoCloseable {
  private final LogContext context;
  private final long flushedVersion;
  private final List<AdoptedSegment> adopted;
  private final ReplayResult result;
  private final LateRegistry registry = new LateRegistry();
  private @Nullable FileCommitLog log;
  private @Nullable SegmentPool maker;
  private boolean started;

  /**
   * What the manifest is to record before the log goes on.
   *
   * @param ended logical ends of old segments
   * @param dropped old segments that do not belong to the log any more
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

  /** Collects adoptions until the caller has recorded them; afterwards passes everything on. */
  private static final class LateRegistry implements SegmentRegistry {
    private final List<Long> collected = new ArrayList<>();
    private volatile @Nullable SegmentRegistry target;

    @Override
    public void adopt(long fileId) throws IOException {
      SegmentRegistry to = target;
      if (to == null) {
        collected.add(fileId);
      } else {
        to.adopt(fileId);
      }
    }

    @Override
    public void ended(long fileId, long endOffset, long lastVersion) throws IOException {
      started().ended(fileId, endOffset, lastVersion);
    }

    @Override
    public void dropped(List<Long> fileIds) throws IOException {
      started().dropped(fileIds);
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
   * Reads the log, see {@link LogReplay#run}. Without segments it is a new one.
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
            context.keys(),
            adopted,
            flushedVersion,
            consumer);
    requireNewest(context, adopted);
    return new LogRecovery(context, List.copyOf(adopted), flushedVersion, result);
  }

  /**
   * Refuses if a segment newer than all that the manifest names was in use. That takes a manifest
   * that names it: so this one is not the newest, but an old one put back. A segment that a
   * recovery made was in use if anything follows the mark with which a recovery ends; any other, if
   * it has a frame at all.
   */
  private static void requireNewest(LogContext context, List<AdoptedSegment> adopted)
      throws IOException {
    long newest = adopted.stream().mapToLong(AdoptedSegment::fileId).max().orElse(0);
    for (String name : context.storage().list()) {
      if (FileNames.isLog(name)
          && FileNames.idOf(name) > newest
          && wasInUse(context, FileNames.idOf(name))) {
        throw new EngineException(
            Failure.CORRUPTION,
            FileNames.MANIFEST
                + " does not name "
                + name
                + ", which was in use: it is an older one than the store's");
      }
    }
  }

  private static boolean wasInUse(LogContext context, long fileId) throws IOException {
    try (FrameCursor cursor =
        FrameCursor.open(context.storage(), context.storeId(), fileId, context.keys())) {
      if (cursor.headerDamage(context.storeId()) != null) {
        return false;
      }
      boolean counts = !cursor.isMadeByRecovery();
      for (; cursor.look() == FrameCursor.Found.FRAME; cursor.skip()) {
        if (counts) {
          return true;
        }
        counts = cursor.kind() == LogFormat.MARK;
      }
      return false;
    } catch (EngineException e) {
      return false; // Half made, or a spare.
    }
  }

  /** What was found. */
  public ReplayResult result() {
    return result;
  }

  /**
   * Makes and syncs the segments in which the log goes on.
   *
   * @return what to record
   * @throws io.apexstore.engine.io.DiskFullException if there is no room for them
   */
  public Edit prepare() throws IOException {
    if (log != null) {
      throw new IllegalStateException("prepared before");
    }
    SegmentPool made = new SegmentPool(context, registry, newestFileId());
    RetainedSegments shelf = new RetainedSegments(context, registry, made, flushedVersion);
    maker = made;
    long sequence = shelve(shelf, made);
    boolean rewrites = result.unsyncedGroups() > 0;
    FileCommitLog next =
        new FileCommitLog(
            context,
            registry,
            made,
            shelf,
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

  /** Puts the segments that stay on the shelf; returns the bytes of frames in them. */
  private long shelve(RetainedSegments shelf, SegmentPool made) throws IOException {
    List<AdoptedSegment> retained = result.retained();
    long sequence = 0;
    for (int i = 0; i < retained.size(); i++) {
      AdoptedSegment segment = retained.get(i);
      long fileBytes = fileBytes(FileNames.log(segment.fileId()));
      made.count(fileBytes);
      sequence += segment.endOffset() - LogFormat.FRAMES_START;
      shelf.addRetained(
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

  /** Time of a segment's first group: no commit in the segment before is younger. */
  private long firstTimeMs(long fileId) throws IOException {
    try (FrameCursor cursor =
        FrameCursor.peek(context.storage(), context.storeId(), fileId, context.keys())) {
      return cursor.look() == FrameCursor.Found.FRAME ? cursor.timeMs() : result.lastCommitTimeMs();
    }
  }

  private long fileBytes(String name) throws IOException {
    try (ReadFile file = context.storage().open(name)) {
      return file.size();
    }
  }

  /** Writes the groups again that are not known to be durable. */
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
              + " was read before, now only "
              + lastVersion[0]);
    }
  }

  private void rewrite(long fileId, GroupAssembler group, FileCommitLog target, long[] lastVersion)
      throws IOException {
    try (FrameCursor cursor =
        FrameCursor.open(context.storage(), context.storeId(), fileId, context.keys())) {
      if (fileId == result.synced().fileId()) {
        cursor.moveTo(result.synced().offset());
      }
      long limit = fileId == result.end().fileId() ? result.end().offset() : Long.MAX_VALUE;
      while (cursor.offset() < limit && cursor.look() == FrameCursor.Found.FRAME) {
        if (cursor.kind() != LogFormat.MARK && group.misfit(cursor) == null && group.take(cursor)) {
          boolean right = group.forEachCommit(lastVersion[0], lastVersion[0], target::addFrom);
          if (!right) {
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
   * Hands over the log. The edit must be durable. The files of segments that were dropped are kept
   * as spares or deleted, those that were never adopted are deleted.
   *
   * @param to where the log's later changes are recorded
   */
  public FileCommitLog start(SegmentRegistry to) throws IOException {
    FileCommitLog prepared = log;
    SegmentPool made = maker;
    if (prepared == null || made == null || started) {
      throw new IllegalStateException(started ? "started before" : "not prepared");
    }
    Set<Long> known = new HashSet<>(registry.collected);
    result.retained().forEach(segment -> known.add(segment.fileId()));
    for (String name : context.storage().list()) {
      if (FileNames.isLog(name) && !known.contains(FileNames.idOf(name))) {
        long bytes = fileBytes(name);
        made.count(bytes);
        if (result.dropped().contains(FileNames.idOf(name))) {
          made.discard(name, bytes);
        } else {
          made.delete(name, bytes); // Perhaps not allocated in full: no spare to rely on.
        }
      }
    }
    registry.target = to;
    made.recovered();
    started = true;
    prepared.start();
    return prepared;
  }

  /** Gives up what was prepared; does nothing once the log is started. */
  @Override
  public void close() throws IOException {
    if (!started && log != null) {
      log.abandon();
    }
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log after a restart. Changes nothing.
 *
 * <p>Segments without commits above the flushed version are not read. In the others frame follows
 * frame. Where none follows, the log ends there, unless something knows better: the recorded end of
 * the segment, or a valid frame further on, in this segment or a later one, that says the log was
 * known to be synced beyond this point. Then bytes were lost that had been durable, and the replay
 * refuses.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class LogReplay {
  private static final Logger LOG = System.getLogger(LogReplay.class.getName());

  private final Storage storage;
  private final UUID storeId;
  private final FileCipherKeys keys;
  private final List<AdoptedSegment> segments;
  private final long flushedVersion;
  private final CommitConsumer consumer;

  private final GroupAssembler group = new GroupAssembler();
  private final ArrayDeque<GroupEnd> unsynced = new ArrayDeque<>();
  private final Map<Long, AdoptedSegment> endsFound = new HashMap<>();
  private final Map<Long, Long> firstCommits = new HashMap<>();
  private long newestWithCommits;
  // A segment's end is recorded only after the group that goes on behind it was synced as a whole.
  private long lastEndedFileId;
  private boolean groupSeen;
  private long lastVersion;
  private long lastCommitTimeMs;
  private LogPosition synced = LogPosition.START;
  private long syncedVersion;
  private LogPosition end = LogPosition.START;
  private long tornBytes;

  private record GroupEnd(LogPosition end, long version) {}

  private LogReplay(
      Storage storage,
      UUID storeId,
      FileCipherKeys keys,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer) {
    this.storage = storage;
    this.storeId = storeId;
    this.keys = keys;
    this.segments =
        adopted.stream().sorted(Comparator.comparingLong(AdoptedSegment::fileId)).toList();
    this.flushedVersion = flushedVersion;
    this.consumer = consumer;
  }

  /** Reads a log that is not encrypted, see the other {@code run}. */
  public static ReplayResult run(
      Storage storage,
      UUID storeId,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer)
      throws IOException {
    return run(storage, storeId, FileCipherKeys.NONE, adopted, flushedVersion, consumer);
  }

  /**
   * Reads a log and hands out its commits.
   *
   * @param keys what its segments are encrypted with
   * @param adopted every segment that the manifest has adopted and not dropped
   * @param flushedVersion commits up to this version are not handed out
   * @throws EngineException {@code CORRUPTION}, naming file, offset and version, if bytes are
   *     missing or damaged that had been durable; what was handed out by then is to be forgotten
   */
  public static ReplayResult run(
      Storage storage,
      UUID storeId,
      FileCipherKeys keys,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer)
      throws IOException {
    return new LogReplay(storage, storeId, keys, adopted, flushedVersion, consumer).run();
  }

  private ReplayResult run() throws IOException {
    checkAllAreThere();
    int first = firstToRead();
    for (AdoptedSegment segment : segments) {
      if (!segment.isOpen()) {
        synced = segment.end();
        syncedVersion = segment.lastVersion();
        lastEndedFileId = segment.fileId();
      }
    }
    if (first > 0) {
      lastVersion = segments.get(first - 1).lastVersion();
      end = segments.get(first - 1).end();
    }
    boolean whole = true;
    for (int i = first; i < segments.size() && whole; i++) {
      whole = read(i);
    }
    if (whole && group.isPending()) {
      cut(group.start(), "the rest of the group is missing");
    }
    if (lastCommitTimeMs == 0 && first > 0) {
      lastCommitTimeMs = newestTimeIn(segments.get(first - 1));
    }
    if (tornBytes > 0) {
      LOG.log(
          Level.WARNING,
          "{0}: cut the torn tail of the log, {1} bytes, at {2}, behind version {3}",
          storage.describe(),
          Long.toString(tornBytes),
          end,
          Long.toString(lastVersion));
    }
    return result();
  }

  private void checkAllAreThere() throws IOException {
    Set<String> names = Set.copyOf(storage.list());
    for (AdoptedSegment segment : segments) {
      String name = FileNames.log(segment.fileId());
      if (!names.contains(name)) {
        throw new EngineException(
            Failure.CORRUPTION,
            name
                + ": this segment of the log is missing in "
                + storage.describe()
                + (segment.isOpen() ? "" : "; it ends with version " + segment.lastVersion()));
      }
    }
  }

  /** The first segment with commits that are not in tables. */
  private int firstToRead() {
    int first = 0;
    while (first < segments.size()
        && !segments.get(first).isOpen()
        && segments.get(first).lastVersion() <= flushedVersion) {
      first++;
    }
    return first;
  }

  /** The newest commit time in a segment of which nothing else is needed. */
  private long newestTimeIn(AdoptedSegment segment) throws IOException {
    long newest = 0;
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, segment.fileId(), keys)) {
      long lastMark =
          segment.endOffset()
              - LogFormat.aligned(LogFormat.FRAME_HEADER_BYTES + keys.overheadBytes());
      cursor.moveTo(Math.max(LogFormat.FRAMES_START, lastMark));
      if (cursor.look() == FrameCursor.Found.FRAME && cursor.kind() == LogFormat.MARK) {
        return cursor.timeMs();
      }
      cursor.moveTo(LogFormat.FRAMES_START);
      while (cursor.offset() < segment.endOffset() && cursor.look() == FrameCursor.Found.FRAME) {
        newest = Math.max(newest, cursor.timeMs());
        cursor.skip();
      }
    }
    return newest;
  }

  /** Reads a segment; false if the log ends in it. */
  private boolean read(int index) throws IOException {
    AdoptedSegment segment = segments.get(index);
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, segment.fileId(), keys)) {
      EngineException damage = cursor.headerDamage(storeId);
      if (damage != null) {
        endsAt(
            index,
            cursor,
            new LogPosition(segment.fileId(), 0),
            String.valueOf(damage.getMessage()));
        return false;
      }
      return readFrames(index, cursor);
    }
  }

  private boolean readFrames(int index, FrameCursor cursor) throws IOException {
    AdoptedSegment segment = segments.get(index);
    long limit = segment.isOpen() ? Long.MAX_VALUE : segment.endOffset();
    long newest = lastVersion;
    for (int ordinal = 0; cursor.offset() < limit; ordinal++) {
      FrameCursor.Found found = cursor.look();
      if (found == FrameCursor.Found.FULL && segment.isOpen()) {
        break;
      }
      String misfit =
          found == FrameCursor.Found.FRAME ? misfit(cursor, ordinal, limit) : "no valid frame";
      if (misfit != null) {
        endsAt(index, cursor, new LogPosition(segment.fileId(), cursor.offset()), misfit);
        return false;
      }
      take(cursor);
      newest = Math.max(lastVersion, cursor.lastVersion());
      cursor.skip();
    }
    endsFound.put(segment.fileId(), new AdoptedSegment(segment.fileId(), cursor.offset(), newest));
    if (!group.isPending()) {
      end = new LogPosition(segment.fileId(), cursor.offset());
    }
    return true;
  }

  private @Nullable String misfit(FrameCursor frame, int ordinal, long limit) {
    if (frame.ordinal() != ordinal) {
      return "frame " + frame.ordinal() + " in the place of frame " + ordinal;
    }
    if (frame.offset() + frame.frameBytes() > limit) {
      return "a frame across the recorded end " + limit;
    }
    if (isRestOfSkippedGroup(frame)) {
      return null;
    }
    String misfit = group.misfit(frame);
    if (misfit == null
        && frame.kind() != LogFormat.MARK
        && !group.isPending()
        && frame.firstVersion() <= lastVersion) {
      return "version " + frame.firstVersion() + " after version " + lastVersion;
    }
    return misfit;
  }

  /** The group began in a segment that is not needed any more; so neither is the group. */
  private boolean isRestOfSkippedGroup(FrameCursor frame) {
    return !groupSeen && (frame.kind() == LogFormat.MIDDLE || frame.kind() == LogFormat.LAST);
  }

  private void take(FrameCursor frame) throws IOException {
    LogPosition after =
        new LogPosition(frame.fileId(), frame.offset() + LogFormat.aligned(frame.frameBytes()));
    noteSynced(frame.synced());
    if (frame.kind() != LogFormat.MARK && newestWithCommits != frame.fileId()) {
      newestWithCommits = frame.fileId();
      firstCommits.put(newestWithCommits, frame.offset());
    }
    if (isRestOfSkippedGroup(frame)) {
      lastVersion = Math.max(lastVersion, frame.lastVersion());
      lastCommitTimeMs = Math.max(lastCommitTimeMs, frame.timeMs());
      end = after;
      noteSynced(after);
      syncedVersion = lastVersion;
      return;
    }
    groupSeen = true;
    if (frame.kind() == LogFormat.MARK) {
      lastVersion = Math.max(lastVersion, frame.lastVersion());
      lastCommitTimeMs = Math.max(lastCommitTimeMs, frame.timeMs());
      end = after;
    } else if (group.take(frame)) {
      boolean right = group.forEachCommit(flushedVersion, lastVersion, consumer);
      if (!right || group.version() != frame.lastVersion()) {
        throw damage(group.start(), "the commits of a group are not well formed", null);
      }
      lastVersion = frame.lastVersion();
      lastCommitTimeMs = Math.max(lastCommitTimeMs, frame.timeMs());
      end = after;
      if (group.start().fileId() <= lastEndedFileId) {
        noteSynced(after);
      }
      if (after.isAfter(synced)) {
        unsynced.addLast(new GroupEnd(after, lastVersion));
      } else {
        syncedVersion = lastVersion;
      }
    }
  }

  private void noteSynced(LogPosition claim) {
    if (claim.isAfter(synced)) {
      synced = claim;
      while (!unsynced.isEmpty() && !unsynced.getFirst().end().isAfter(claim)) {
        syncedVersion = unsynced.removeFirst().version();
      }
    }
  }

  /** No frame follows, or the header is no header: the log ends here, or bytes are damaged. */
  private void endsAt(int index, FrameCursor cursor, LogPosition bad, String reason)
      throws IOException {
    List<Long> later =
        segments.subList(index + 1, segments.size()).stream().map(AdoptedSegment::fileId).toList();
    TailScan scan = TailScan.behind(cursor, bad, later, storage, storeId, keys);
    LogPosition witness = scan.witness();
    if (witness != null) {
      throw damage(bad, reason, "the frame in " + witness + " knows that it was synced");
    }
    tornBytes = scan.tornBytes();
    if (group.isPending()) {
      tornBytes += bytesSince(group.start(), bad);
    }
    cut(group.isPending() ? group.start() : bad, reason);
  }

  private long bytesSince(LogPosition start, LogPosition bad) {
    long bytes = 0;
    for (AdoptedSegment found : endsFound.values()) {
      if (found.fileId() > start.fileId() && found.fileId() < bad.fileId()) {
        bytes += found.endOffset() - LogFormat.FRAMES_START;
      } else if (found.fileId() == start.fileId() && found.fileId() < bad.fileId()) {
        bytes += found.endOffset() - start.offset();
      }
    }
    long inLast = start.fileId() == bad.fileId() ? start.offset() : LogFormat.FRAMES_START;
    return bytes + Math.max(0, bad.offset() - inLast);
  }

  /** Ends the log at a position, unless it was synced beyond that. */
  private void cut(LogPosition position, String reason) {
    if (synced.isAfter(position)) {
      throw damage(position, reason, "it was synced, up to " + synced + " at least");
    }
    end = position;
  }

  private EngineException damage(LogPosition at, String what, @Nullable String why) {
    return new EngineException(
        Failure.CORRUPTION,
        at + ", after version " + lastVersion + ": " + what + (why == null ? "" : ", but " + why));
  }

  private ReplayResult result() {
    List<AdoptedSegment> ended = new ArrayList<>();
    List<AdoptedSegment> retained = new ArrayList<>();
    List<Long> dropped = new ArrayList<>();
    for (AdoptedSegment segment : segments) {
      long fileId = segment.fileId();
      if (!segment.isOpen()) {
        retained.add(segment);
        continue;
      }
      AdoptedSegment found = endsFound.get(fileId);
      if (fileId == synced.fileId()) {
        found = new AdoptedSegment(fileId, synced.offset(), syncedVersion);
      }
      boolean empty =
          found == null || found.endOffset() <= firstCommits.getOrDefault(fileId, Long.MAX_VALUE);
      if (fileId > synced.fileId() || empty) {
        dropped.add(fileId);
      } else {
        ended.add(found);
        retained.add(found);
      }
    }
    return new ReplayResult(
        lastVersion,
        lastCommitTimeMs,
        end,
        tornBytes,
        synced,
        syncedVersion,
        unsynced.size(),
        ended,
        retained,
        dropped);
  }
}

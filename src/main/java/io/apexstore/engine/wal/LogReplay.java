package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
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
 * The replay of a log after a restart. It only reads.
 *
 * <p>Segments without commits above the flushed version are skipped. The others are read frame by
 * frame. The log ends where no valid frame follows, unless there is proof that it was longer: the
 * recorded end of the segment, or a later valid frame, in this segment or a later one, which
 * recorded that the log was synced past this position. In that case durable bytes were lost, and
 * the replay fails.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class LogReplay {
  private final Storage storage;
  private final UUID storeId;
  private final FileCipherKeys fileKeys;
  private final List<AdoptedSegment> segments;
  private final long flushedVersion;
  private final CommitConsumer consumer;

  private final GroupAssembler group = new GroupAssembler();
  private final ArrayDeque<GroupEnd> unsynced = new ArrayDeque<>();
  private final Map<Long, AdoptedSegment> endsFound = new HashMap<>();
  private final Map<Long, Long> firstCommits = new HashMap<>();
  private long newestWithCommits;
  // The end of a segment is recorded only after a group that continues past it is synced entirely.
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
      FileCipherKeys fileKeys,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer) {
    this.storage = storage;
    this.storeId = storeId;
    this.fileKeys = fileKeys;
    this.segments =
        adopted.stream().sorted(Comparator.comparingLong(AdoptedSegment::fileId)).toList();
    this.flushedVersion = flushedVersion;
    this.consumer = consumer;
  }

  /** Replays a log that is not encrypted; see the other {@code run}. */
  static ReplayResult run(
      Storage storage,
      UUID storeId,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer)
      throws IOException {
    return run(storage, storeId, FileCipherKeys.NONE, adopted, flushedVersion, consumer);
  }

  /**
   * Reads a log and passes its commits to a consumer.
   *
   * @param fileKeys the source of the segments' ciphers
   * @param adopted every segment that the manifest has adopted and not dropped
   * @param flushedVersion commits up to this version are not passed to the consumer
   * @throws EngineException {@code CORRUPTION}, with file, offset and version, if bytes that had
   *     been durable are missing or damaged; the caller must discard all commits passed so far
   */
  static ReplayResult run(
      Storage storage,
      UUID storeId,
      FileCipherKeys fileKeys,
      List<AdoptedSegment> adopted,
      long flushedVersion,
      CommitConsumer consumer)
      throws IOException {
    return new LogReplay(storage, storeId, fileKeys, adopted, flushedVersion, consumer).run();
  }

  private ReplayResult run() throws IOException {
    requireFiles();
    int first = firstToRead(segments, flushedVersion);
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
    return result();
  }

  private void requireFiles() throws IOException {
    Set<String> names = Set.copyOf(storage.list());
    for (AdoptedSegment segment : segments) {
      String name = FileNames.log(segment.fileId());
      if (!names.contains(name)) {
        throw new EngineException(
            Failure.CORRUPTION,
            name
                + ": this log segment is missing in "
                + storage.describe()
                + (segment.isOpen() ? "" : "; it ends with version " + segment.lastVersion()));
      }
    }
  }

  /**
   * Returns the index of the first segment with commits that are not in tables.
   *
   * @param segments in ascending order of file ids
   */
  static int firstToRead(List<AdoptedSegment> segments, long flushedVersion) {
    int first = 0;
    while (first < segments.size()
        && !segments.get(first).isOpen()
        && segments.get(first).lastVersion() <= flushedVersion) {
      first++;
    }
    return first;
  }

  /** Returns the newest commit time in a segment that need not be replayed. */
  private long newestTimeIn(AdoptedSegment segment) throws IOException {
    long newest = 0;
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, segment.fileId(), fileKeys)) {
      long lastMark =
          segment.endOffset()
              - LogFormat.aligned(LogFormat.FRAME_HEADER_BYTES + fileKeys.overheadBytes());
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

  /** Reads a segment; returns false if the log ends in it. */
  private boolean read(int index) throws IOException {
    AdoptedSegment segment = segments.get(index);
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, segment.fileId(), fileKeys)) {
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
      String mismatch =
          found == FrameCursor.Found.FRAME ? mismatch(cursor, ordinal, limit) : "no valid frame";
      if (mismatch != null) {
        endsAt(index, cursor, new LogPosition(segment.fileId(), cursor.offset()), mismatch);
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

  private @Nullable String mismatch(FrameCursor frame, int ordinal, long limit) {
    if (frame.ordinal() != ordinal) {
      return "frame " + frame.ordinal() + " instead of frame " + ordinal;
    }
    if (frame.offset() + frame.frameBytes() > limit) {
      return "a frame that exceeds the recorded end " + limit;
    }
    if (isRestOfSkippedGroup(frame)) {
      return null;
    }
    String mismatch = group.mismatch(frame);
    if (mismatch == null
        && frame.kind() != LogFormat.MARK
        && !group.isPending()
        && frame.firstVersion() <= lastVersion) {
      return "version " + frame.firstVersion() + " after version " + lastVersion;
    }
    return mismatch;
  }

  /** Returns whether the frame belongs to a group that began in a skipped segment. */
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
    } else if (group.add(frame)) {
      boolean valid = group.forEachCommit(flushedVersion, lastVersion, consumer);
      if (!valid || group.version() != frame.lastVersion()) {
        throw damage(group.start(), "the commits of a group are malformed", null);
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

  /** Called if no valid frame follows or a header is damaged: the log ends here, or is damaged. */
  private void endsAt(int index, FrameCursor cursor, LogPosition bad, String reason)
      throws IOException {
    List<Long> later =
        segments.subList(index + 1, segments.size()).stream().map(AdoptedSegment::fileId).toList();
    TailScan scan = TailScan.after(cursor, bad, later, storage, storeId, fileKeys);
    LogPosition witness = scan.witness();
    if (witness != null) {
      throw damage(bad, reason, "the frame in " + witness + " proves that it was synced");
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

  /** Ends the log at a position; fails if it was synced past that position. */
  private void cut(LogPosition position, String reason) {
    if (synced.isAfter(position)) {
      throw damage(position, reason, "the log was synced at least up to " + synced);
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

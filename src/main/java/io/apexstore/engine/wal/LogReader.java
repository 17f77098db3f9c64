package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the commits of a log that is in use, from a version on, in order and without gaps.
 *
 * <p>The caller passes the version up to which to read, which must be durable. A segment can be
 * dropped, and its file recycled, while a slow reader needs it: the reader then returns {@link
 * Step#EXPIRED}, never wrong data.
 *
 * <p><b>Threads:</b> one at a time; the log may be written concurrently.
 */
public final class LogReader implements AutoCloseable {
  private final Storage storage;
  private final UUID storeId;
  private final FileCipherKeys fileKeys;
  private final Source source;
  private final GroupAssembler group = new GroupAssembler();
  private @Nullable FrameCursor cursor;
  // Logical end of the cursor's segment, if it had one when it was opened.
  private long endOffset = Long.MAX_VALUE;
  // Every commit up to this version was read, or is before the start.
  private long position;
  // The position before the current group.
  private long positionBeforeGroup;
  // Whether the group's current commit has not been returned, because it is too new.
  private boolean commitPending;
  private boolean expired;

  /** The list of segments that the log consists of. */
  public interface Source {
    /**
     * Returns the current segments, oldest first; all but the last have an end.
     *
     * <p><b>Threads:</b> any.
     */
    List<AdoptedSegment> segments();
  }

  /**
   * The position of a group's first frame. A reader that begins there need not read the segment
   * from its start.
   *
   * @param afterVersion every commit before the position has at most this version
   * @param fileId file id of the segment
   * @param offset offset of the frame
   */
  public record StartHint(long afterVersion, long fileId, long offset) {}

  /** The result of {@link #next}. */
  public enum Step {
    /** The reader advanced to a commit. */
    COMMIT,
    /** There is no further commit up to the given version. */
    NONE_YET,
    /** The next commit has been dropped from the log. All later calls return this too. */
    EXPIRED
  }

  /**
   * Creates a reader.
   *
   * @param fileKeys the source of the segments' ciphers
   * @param afterVersion commits up to this version are not read
   * @param start the hint of another reader that had read no commit after that version, or null
   */
  LogReader(
      Storage storage,
      UUID storeId,
      FileCipherKeys fileKeys,
      Source source,
      long afterVersion,
      @Nullable StartHint start)
      throws IOException {
    this.storage = storage;
    this.storeId = storeId;
    this.fileKeys = fileKeys;
    this.source = source;
    this.position = afterVersion;
    if (start != null && start.afterVersion() <= afterVersion) {
      openAt(start);
    }
  }

  private void openAt(StartHint start) throws IOException {
    AdoptedSegment segment = find(start.fileId());
    if (segment != null && open(segment)) {
      Objects.requireNonNull(cursor).moveTo(start.offset());
    }
  }

  /**
   * Advances to the next commit.
   *
   * @param untilVersion the newest version to read, at most the newest durable one
   * @throws EngineException {@code CORRUPTION} if the log is damaged
   */
  public Step next(long untilVersion) throws IOException {
    while (true) {
      if (position >= untilVersion) {
        return Step.NONE_YET;
      }
      if (commitPending || nextInGroup()) {
        commitPending = group.version() > untilVersion;
        if (commitPending) {
          return Step.NONE_YET;
        }
        position = group.version();
        return Step.COMMIT;
      }
      if (!begin() || !nextGroup()) {
        expired = true;
        return Step.EXPIRED;
      }
    }
  }

  /** Advances to the group's next commit after the position. */
  private boolean nextInGroup() {
    while (!group.isPending() && group.hasCommit()) {
      if (!group.nextCommit()) {
        throw damage("the commits of a group are malformed");
      }
      if (group.version() > position) {
        return true;
      }
    }
    return false;
  }

  /** Reads the next frame, or opens the next segment; returns false if it has been dropped. */
  private boolean nextGroup() throws IOException {
    FrameCursor current = Objects.requireNonNull(cursor);
    FrameCursor.Found found = FrameCursor.Found.FULL;
    if (current.offset() < endOffset) {
      found = current.look();
      if (found == FrameCursor.Found.NOTHING) {
        current.refresh();
        found = current.look();
      }
    }
    return switch (found) {
      case FRAME -> {
        takeFrame(current);
        yield true;
      }
      case FULL -> openNext(current.fileId());
      case NOTHING -> {
        AdoptedSegment segment = find(current.fileId());
        if (segment != null && !segment.isOpen() && current.offset() >= segment.endOffset()) {
          yield openNext(current.fileId()); // The segment ended meanwhile, before it was full.
        }
        if (segment != null) {
          throw damage("no valid frame");
        }
        yield false;
      }
    };
  }

  private void takeFrame(FrameCursor frame) {
    boolean isRestOfOldGroup =
        !group.isPending()
            && (frame.kind() == LogFormat.MIDDLE || frame.kind() == LogFormat.LAST)
            && frame.lastVersion() <= position;
    if (!isRestOfOldGroup) {
      String mismatch = group.mismatch(frame);
      if (mismatch != null) {
        throw damage(mismatch);
      }
      if (!group.isPending()) {
        positionBeforeGroup = position;
      }
      if (frame.kind() != LogFormat.MARK) {
        group.add(frame);
      }
    }
    frame.skip();
  }

  private @Nullable AdoptedSegment find(long fileId) {
    for (AdoptedSegment segment : source.segments()) {
      if (segment.fileId() == fileId) {
        return segment;
      }
    }
    return null;
  }

  /** Opens the segment that contains the first commit after the position. */
  private boolean openFirst() throws IOException {
    boolean followsKept = false;
    for (AdoptedSegment segment : source.segments()) {
      if (segment.isOpen() || segment.lastVersion() > position) {
        return open(segment) && (followsKept || startVersion() <= position);
      }
      followsKept = true;
    }
    return false;
  }

  private boolean openNext(long fileId) throws IOException {
    boolean followsDirectly = false;
    for (AdoptedSegment segment : source.segments()) {
      if (segment.fileId() > fileId) {
        return open(segment) && (followsDirectly || startVersion() <= position);
      }
      followsDirectly = segment.fileId() == fileId;
    }
    throw damage("the log ends here");
  }

  private boolean open(AdoptedSegment segment) throws IOException {
    close();
    // Nothing past a recorded end is ever read. A segment without an end is being written.
    endOffset = segment.isOpen() ? Long.MAX_VALUE : segment.endOffset();
    try {
      FrameCursor opened = FrameCursor.open(storage, storeId, segment.fileId(), fileKeys);
      cursor = opened;
      if (!opened.canUnseal()) {
        throw damage("the segment's header is damaged, so its frames cannot be opened");
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (EngineException e) {
      if (find(segment.fileId()) == null) {
        close();
        return false; // Dropped meanwhile; its file may be recycled and its data key retired.
      }
      throw e;
    }
  }

  /**
   * Returns the newest version that is before the cursor's segment, or a greater version if it
   * cannot be determined.
   */
  private long startVersion() throws IOException {
    FrameCursor first = cursor;
    if (first == null || first.look() != FrameCursor.Found.FRAME) {
      return Long.MAX_VALUE;
    }
    return switch (first.kind()) {
      case LogFormat.FULL, LogFormat.FIRST -> first.firstVersion() - 1;
      default -> first.lastVersion();
    };
  }

  private EngineException damage(String what) {
    FrameCursor current = cursor;
    LogPosition at =
        current == null ? LogPosition.START : new LogPosition(current.fileId(), current.offset());
    return new EngineException(
        Failure.CORRUPTION, at + ", after version " + position + ": " + what);
  }

  /** Returns the version of the current commit. */
  public long version() {
    return group.version();
  }

  /** Returns the time of the current commit, ms since the epoch. */
  public long commitTimeMs() {
    return group.timeMs();
  }

  /**
   * Returns the array that contains the current commit's batch; valid until the reader advances.
   */
  public byte[] array() {
    return group.array();
  }

  /** Returns the index of the batch in the array. */
  public int batchStart() {
    return group.batchStart();
  }

  /** Returns the length of the batch in bytes. */
  public int batchBytes() {
    return group.batchBytes();
  }

  /**
   * Opens the segment where reading begins, unless it is open already.
   *
   * @return false if the next commit has been dropped from the log
   */
  public boolean begin() throws IOException {
    expired |= cursor == null && !openFirst();
    return !expired;
  }

  /**
   * Returns a hint for another reader that starts at this reader's position or later; null if no
   * segment is open, or if the reader has expired and its segment begins past the dropped commits.
   */
  public @Nullable StartHint startHint() {
    FrameCursor current = cursor;
    if (current == null || expired) {
      return null;
    }
    return isBetweenGroups()
        ? new StartHint(position, current.fileId(), current.offset())
        : new StartHint(positionBeforeGroup, group.start().fileId(), group.start().offset());
  }

  private boolean isBetweenGroups() {
    return !commitPending && !group.isPending() && !group.hasCommit();
  }

  /**
   * Releases all buffers if the reader is between two groups; the next read allocates them again.
   */
  public void releaseBuffers() {
    FrameCursor current = cursor;
    if (current != null && isBetweenGroups()) {
      current.release();
      group.clear();
    }
  }

  /** Returns the memory that holds frames and the current group, in bytes. */
  public long heldBytes() {
    FrameCursor current = cursor;
    return group.heldBytes() + (current == null ? 0 : current.heldBytes());
  }

  /** Releases the buffer of the current group if all of its commits have been read. */
  public void releaseGroup() {
    if (isBetweenGroups()) {
      group.clear();
    }
  }

  @Override
  public void close() throws IOException {
    FrameCursor open = cursor;
    cursor = null;
    if (open != null) {
      open.close();
    }
  }
}

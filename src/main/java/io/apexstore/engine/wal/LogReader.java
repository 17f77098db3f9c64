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
 * Reads the commits of a log that is in use, from a version on, in order and without a gap.
 *
 * <p>The caller says up to which version it may read, which must not be more than is durable. A
 * segment can be dropped, and its file recycled, under a reader that is slow: it is told {@link
 * Step#EXPIRED} then, never shown anything wrong.
 *
 * <p><b>Threads:</b> confined to one at a time; the log goes on meanwhile.
 */
public final class LogReader implements AutoCloseable {
  private final Storage storage;
  private final UUID storeId;
  private final FileCipherKeys keys;
  private final Source source;
  private final GroupAssembler group = new GroupAssembler();
  private @Nullable FrameCursor cursor;
  // Where the cursor's segment ends, if it had an end when it was opened.
  private long endOffset = Long.MAX_VALUE;
  // The newest version that lies behind: read, or before the start.
  private long position;
  // What it was before the group was begun.
  private long beforeGroup;
  // Whether the group holds a commit that was moved to and not handed out.
  private boolean commitAhead;
  private boolean expired;

  /** Where a reader learns of which segments the log consists. */
  public interface Source {
    /**
     * Returns the segments now, oldest first; those before the last with their ends.
     *
     * <p>May be called on any thread.
     */
    List<AdoptedSegment> segments();
  }

  /**
   * Where the frame of a next group stands: what a reader that begins there spares reading the
   * segment from its start.
   *
   * @param afterVersion every commit before has at most this version
   * @param fileId file of the segment
   * @param offset place of the frame
   */
  public record Place(long afterVersion, long fileId, long offset) {}

  /** What {@link #next} found. */
  public enum Step {
    /** A commit. */
    COMMIT,
    /** No commit more up to the version given. */
    NONE_YET,
    /** What comes next is not kept any more; so it stays. */
    EXPIRED
  }

  /**
   * Makes a reader.
   *
   * @param keys what the segments are encrypted with
   * @param afterVersion commits up to this version are not read
   * @param start where another reader stood that had read no commit after that version, or null
   */
  LogReader(
      Storage storage,
      UUID storeId,
      FileCipherKeys keys,
      Source source,
      long afterVersion,
      @Nullable Place start)
      throws IOException {
    this.storage = storage;
    this.storeId = storeId;
    this.keys = keys;
    this.source = source;
    this.position = afterVersion;
    if (start != null && start.afterVersion() <= afterVersion) {
      openAt(start);
    }
  }

  private void openAt(Place start) throws IOException {
    AdoptedSegment segment = find(start.fileId());
    if (segment != null && open(segment)) {
      Objects.requireNonNull(cursor).moveTo(start.offset());
    }
  }

  /**
   * Moves to the next commit.
   *
   * @param untilVersion the newest version to read, at most the newest that is durable
   * @throws EngineException {@code CORRUPTION} if the log is damaged there
   */
  public Step next(long untilVersion) throws IOException {
    while (true) {
      if (position >= untilVersion) {
        return Step.NONE_YET;
      }
      if (commitAhead || nextInGroup()) {
        commitAhead = group.version() > untilVersion;
        if (commitAhead) {
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

  /** Moves to the group's next commit that does not lie behind. */
  private boolean nextInGroup() {
    while (!group.isPending() && group.hasCommit()) {
      if (!group.nextCommit()) {
        throw damage("the commits of a group are not well formed");
      }
      if (group.version() > position) {
        return true;
      }
    }
    return false;
  }

  /** Takes the next frame, of the next segment perhaps; false if it is not there any more. */
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
          yield openNext(current.fileId()); // It was ended meanwhile, before it was full.
        }
        if (segment != null) {
          throw damage("no valid frame");
        }
        yield false;
      }
    };
  }

  private void takeFrame(FrameCursor frame) {
    boolean restOfOlder =
        !group.isPending()
            && (frame.kind() == LogFormat.MIDDLE || frame.kind() == LogFormat.LAST)
            && frame.lastVersion() <= position;
    if (!restOfOlder) {
      String misfit = group.misfit(frame);
      if (misfit != null) {
        throw damage(misfit);
      }
      if (!group.isPending()) {
        beforeGroup = position;
      }
      if (frame.kind() != LogFormat.MARK) {
        group.take(frame);
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

  /** Opens the segment in which the first commit after the position lies. */
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
    // What follows the recorded end of an earlier life's segment is never read. One that has no
    // end yet is being written, and has frames up to where it is.
    endOffset = segment.isOpen() ? Long.MAX_VALUE : segment.endOffset();
    try {
      FrameCursor opened = FrameCursor.open(storage, storeId, segment.fileId(), keys);
      cursor = opened;
      if (!opened.canUnseal()) {
        throw damage("the segment's header does not say how its frames are sealed");
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (EngineException e) {
      if (find(segment.fileId()) == null) {
        close();
        return false; // Dropped meanwhile, its file perhaps recycled and its key retired.
      }
      throw e;
    }
  }

  /** The newest version that the commits from the cursor's segment on do not contain, or more. */
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

  /** The version of the commit moved to. */
  public long version() {
    return group.version();
  }

  /** When it was committed, ms since the epoch. */
  public long commitTimeMs() {
    return group.timeMs();
  }

  /** The array that holds its batch, until the reader moves. */
  public byte[] array() {
    return group.array();
  }

  /** Where in the array the batch begins. */
  public int batchStart() {
    return group.batchStart();
  }

  /** Bytes of the batch. */
  public int batchBytes() {
    return group.batchBytes();
  }

  /**
   * Finds the segment where the reading begins, unless that is done.
   *
   * @return false if what comes next is not kept any more
   */
  public boolean begin() throws IOException {
    expired |= cursor == null && !openFirst();
    return !expired;
  }

  /** Where another reader could begin for whom no less is behind; null if nothing was read. */
  public @Nullable Place place() {
    FrameCursor current = cursor;
    if (current == null) {
      return null;
    }
    return isBetweenGroups()
        ? new Place(position, current.fileId(), current.offset())
        : new Place(beforeGroup, group.start().fileId(), group.start().offset());
  }

  private boolean isBetweenGroups() {
    return !commitAhead && !group.isPending() && !group.hasCommit();
  }

  /** Gives back the memory into which frames are read, until it is needed again. */
  public void rest() {
    FrameCursor current = cursor;
    if (current != null && isBetweenGroups()) {
      current.release();
      group.clear();
    }
  }

  /** Gives back the memory of a group whose commits were all moved to, until the next is read. */
  public void forgetGroup() {
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

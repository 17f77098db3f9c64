package io.apexstore.engine.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An assembler of groups of commits from the frames that contain them.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class GroupAssembler {
  private static final byte[] NONE = new byte[0];

  private byte[] assembled = NONE;
  private int filled;
  private boolean pending;
  private LogPosition start = LogPosition.START;
  private long firstVersion;
  private long lastVersion;

  // The complete group, and the current commit in it.
  private byte[] bytes = NONE;
  private MemorySegment view = MemorySegment.ofArray(NONE);
  private int at;
  private int end;
  private long version;
  private long timeMs;
  private int batchStart;
  private int batchBytes;

  /** Releases the complete group. */
  void clear() {
    assembled = NONE;
    complete(NONE, 0, 0);
  }

  /** Returns the memory of the current group, in bytes, if it is longer than a frame. */
  long heldBytes() {
    return assembled.length;
  }

  /** Returns whether the frames of a group are incomplete. */
  boolean isPending() {
    return pending;
  }

  /** Returns the position of the first frame of the group that a frame was last added to. */
  LogPosition start() {
    return start;
  }

  /** Returns why the frame cannot be the next one, or null if it can. */
  @Nullable String mismatch(FrameCursor frame) {
    int kind = frame.kind();
    boolean continues = kind == LogFormat.MIDDLE || kind == LogFormat.LAST;
    if (continues != pending) {
      return "a "
          + LogFormat.kindName(kind)
          + " frame "
          + (pending ? "inside" : "outside")
          + " a group";
    }
    if (kind == LogFormat.MARK) {
      return null;
    }
    int after = (continues ? filled : 0) + frame.payloadBytes();
    boolean complete = kind == LogFormat.FULL || kind == LogFormat.LAST;
    if (complete ? after != frame.groupBytes() : after >= frame.groupBytes()) {
      return after + " bytes of a group of " + frame.groupBytes();
    }
    if (continues
        && (frame.groupBytes() != assembled.length
            || frame.firstVersion() != firstVersion
            || frame.lastVersion() != lastVersion)) {
      return "a frame of another group";
    }
    return null;
  }

  /**
   * Adds a frame that has no mismatch and is not a MARK.
   *
   * @return whether it completes its group
   */
  boolean add(FrameCursor frame) {
    int kind = frame.kind();
    if (kind == LogFormat.FULL) {
      start = new LogPosition(frame.fileId(), frame.offset());
      complete(frame.array(), frame.payloadStart(), frame.payloadBytes());
      return true;
    }
    if (kind == LogFormat.FIRST) {
      start = new LogPosition(frame.fileId(), frame.offset());
      clear(); // The previous group, which may be as large, makes room for this one.
      assembled = new byte[frame.groupBytes()];
      filled = 0;
      pending = true;
      firstVersion = frame.firstVersion();
      lastVersion = frame.lastVersion();
    }
    System.arraycopy(frame.array(), frame.payloadStart(), assembled, filled, frame.payloadBytes());
    filled += frame.payloadBytes();
    if (kind != LogFormat.LAST) {
      return false;
    }
    pending = false;
    complete(assembled, 0, filled);
    return true;
  }

  private void complete(byte[] array, int from, int length) {
    bytes = array;
    view = MemorySegment.ofArray(array);
    at = from;
    end = from + length;
  }

  /**
   * Passes the commits of the complete group that have a version above the bound to the consumer.
   *
   * @param previousVersion the newest version before the group
   * @return false if the bytes are not commits in ascending order of versions
   */
  boolean forEachCommit(long aboveVersion, long previousVersion, CommitConsumer consumer)
      throws IOException {
    long previous = previousVersion;
    while (hasCommit()) {
      if (!nextCommit() || version <= previous) {
        return false;
      }
      previous = version;
      if (version > aboveVersion) {
        consumer.commit(version, timeMs, bytes, batchStart, batchBytes);
      }
    }
    return true;
  }

  /** Returns whether the complete group has a commit after the current one. */
  boolean hasCommit() {
    return at < end;
  }

  /**
   * Advances to the next commit of the complete group; returns false if the bytes are malformed.
   */
  boolean nextCommit() {
    if (end - at < LogFormat.COMMIT_HEADER_BYTES) {
      return false;
    }
    version = view.get(LogFormat.LONG, at);
    timeMs = view.get(LogFormat.LONG, at + LogFormat.COMMIT_TIME_OFFSET);
    batchBytes = view.get(LogFormat.INT, at + LogFormat.COMMIT_LENGTH_OFFSET);
    batchStart = at + LogFormat.COMMIT_HEADER_BYTES;
    if (timeMs < 0 || batchBytes < 0 || batchBytes > end - batchStart) {
      return false;
    }
    at = batchStart + batchBytes;
    return true;
  }

  long version() {
    return version;
  }

  long timeMs() {
    return timeMs;
  }

  /** Returns the array that contains the commit's batch; valid until the next frame is added. */
  byte[] array() {
    return bytes;
  }

  int batchStart() {
    return batchStart;
  }

  int batchBytes() {
    return batchBytes;
  }
}

package io.apexstore.engine.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Puts the groups of commits together again from the frames that hold them.
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

  // The complete group, and the commit in it.
  private byte[] bytes = NONE;
  private MemorySegment view = MemorySegment.ofArray(NONE);
  private int at;
  private int end;
  private long version;
  private long timeMs;
  private int batchStart;
  private int batchBytes;

  /** Forgets the complete group. */
  void clear() {
    assembled = NONE;
    complete(NONE, 0, 0);
  }

  /** Whether a group has begun that has not ended. */
  boolean isPending() {
    return pending;
  }

  /** Where the group began that {@link #take} was last given a frame of. */
  LogPosition start() {
    return start;
  }

  /** Returns why the frame cannot come next, or null if it can. */
  @Nullable String misfit(FrameCursor frame) {
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
   * Takes a frame that fits and is no mark.
   *
   * @return whether it completes its group
   */
  boolean take(FrameCursor frame) {
    int kind = frame.kind();
    if (kind == LogFormat.FULL) {
      start = new LogPosition(frame.fileId(), frame.offset());
      complete(frame.array(), frame.payloadStart(), frame.payloadBytes());
      return true;
    }
    if (kind == LogFormat.FIRST) {
      start = new LogPosition(frame.fileId(), frame.offset());
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
   * Hands the commits of the complete group that have a version above the bound to the consumer.
   *
   * @param previousVersion the newest version before the group
   * @return whether the bytes are commits in order
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

  /** Whether the complete group has a commit after those already moved to. */
  boolean hasCommit() {
    return at < end;
  }

  /** Moves to the next commit of the complete group; false if the bytes are none. */
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

  /** The array that holds the commit's batch, until the next frame is taken. */
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

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

  // The complete group.
  private byte[] bytes = NONE;
  private int from;
  private int length;

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
      bytes = frame.array();
      from = frame.payloadStart();
      length = frame.payloadBytes();
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
    bytes = assembled;
    from = 0;
    length = filled;
    return true;
  }

  /**
   * Hands the commits of the complete group that have a version above the bound to the consumer.
   *
   * @return whether the bytes are commits in order
   */
  boolean forEachCommit(long aboveVersion, long previousVersion, CommitConsumer consumer)
      throws IOException {
    MemorySegment view = MemorySegment.ofArray(bytes);
    int at = from;
    int end = from + length;
    long previous = previousVersion;
    while (at < end) {
      if (end - at < LogFormat.COMMIT_HEADER_BYTES) {
        return false;
      }
      long version = view.get(LogFormat.LONG, at);
      long timeMs = view.get(LogFormat.LONG, at + LogFormat.COMMIT_TIME_OFFSET);
      int batchBytes = view.get(LogFormat.INT, at + LogFormat.COMMIT_LENGTH_OFFSET);
      at += LogFormat.COMMIT_HEADER_BYTES;
      if (version <= previous || timeMs < 0 || batchBytes < 0 || batchBytes > end - at) {
        return false;
      }
      if (version > aboveVersion) {
        consumer.commit(version, timeMs, bytes, at, batchBytes);
      }
      previous = version;
      at += batchBytes;
    }
    return true;
  }

  /** Lets go of a group's memory. */
  void forget() {
    assembled = NONE;
    bytes = NONE;
    pending = false;
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.io.RegionFile;
import org.jspecify.annotations.Nullable;

/**
 * A segment that is being written, or is full but not synced, or is prepared to be written next.
 *
 * <p>The segments in use form a linked list from the oldest unsynced one to the active one. The
 * list gives every byte a <em>sequence</em> number, which continues from one segment to the next.
 * So one number can describe what is written, and one what is synced, across several files.
 *
 * <p><b>Threads:</b> only the writer changes a segment. Once {@link #next} is set, the segment is
 * immutable, and other threads may read all of it.
 */
final class LiveSegment {
  final long fileId;
  final RegionFile region;
  final BlockCipher cipher;

  /** Bytes of each frame other than its payload: header and tag. */
  final int frameOverhead;

  final long sizeBytes;

  /** Sequence number of the segment's first frame; set when the segment becomes active. */
  long baseSequence;

  /** Offset of the next frame; the logical end once the segment is full. */
  long offset = LogFormat.FRAMES_START;

  int nextOrdinal;
  long lastVersion;
  long lastCommitTimeMs;

  private volatile @Nullable LiveSegment next;

  LiveSegment(long fileId, RegionFile region, BlockCipher cipher) {
    this.fileId = fileId;
    this.region = region;
    this.cipher = cipher;
    this.frameOverhead = LogFormat.FRAME_HEADER_BYTES + cipher.overheadBytes();
    this.sizeBytes = region.size();
  }

  long room() {
    return sizeBytes - offset;
  }

  /** Returns the sequence number after the last frame so far. */
  long endSequence() {
    return baseSequence + (offset - LogFormat.FRAMES_START);
  }

  /** Returns the segment after this one, or null while this one is active. */
  @Nullable LiveSegment next() {
    return next;
  }

  /** Appends the segment that continues the log; this segment is full. */
  void setNext(LiveSegment following) {
    following.baseSequence = endSequence();
    next = following;
  }

  /**
   * Returns the bytes of payload that fit into an empty segment.
   *
   * @param overhead bytes of each frame other than its payload: header and tag
   */
  static long payloadCapacity(long sizeBytes, int overhead) {
    return payloadCapacity(LogFormat.FRAMES_START, sizeBytes, overhead);
  }

  /** Returns the bytes of payload that fit into a segment from an offset to its end. */
  static long payloadCapacity(long offset, long sizeBytes, int overhead) {
    long room = sizeBytes - offset;
    long whole = room / LogFormat.FRAME_BYTES_MAX;
    long rest = room % LogFormat.FRAME_BYTES_MAX;
    return whole * (LogFormat.FRAME_BYTES_MAX - overhead)
        + (rest < LogFormat.ROOM_MIN ? 0 : rest - overhead);
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.io.RegionFile;
import org.jspecify.annotations.Nullable;

/**
 * A segment that is written, or full and not yet synced, or made ready to be written next.
 *
 * <p>The segments in use form a list from the oldest that is not synced to the one that is written.
 * Its order gives every byte a <em>sequence</em> number: the frames of one segment go on where
 * those of the segment before ended. One number so says what is written and what is synced, over
 * several files.
 *
 * <p><b>Threads:</b> the writer alone changes a segment. Once {@link #next} is set, nothing here
 * changes any more, and other threads may read all of it.
 */
final class LiveSegment {
  final long fileId;
  final RegionFile region;
  final BlockCipher cipher;

  /** Bytes of each frame besides its payload: header and tag. */
  final int frameOverhead;

  final long sizeBytes;

  /** Sequence number of the segment's first frame; set when it is taken into use. */
  long baseSequence;

  /** Where the next frame goes; the logical end once the segment is full. */
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

  /** Sequence number of what comes after the last frame so far. */
  long endSequence() {
    return baseSequence + (offset - LogFormat.FRAMES_START);
  }

  /** The segment after this one, or null while this one is written. */
  @Nullable LiveSegment next() {
    return next;
  }

  /** Says that this segment is full and which one goes on. */
  void continueWith(LiveSegment following) {
    following.baseSequence = endSequence();
    next = following;
  }

  /**
   * Bytes of payload that the frames of an unused segment of a size can hold.
   *
   * @param overhead bytes of each frame besides its payload: header and tag
   */
  static long payloadCapacity(long sizeBytes, int overhead) {
    return payloadCapacity(LogFormat.FRAMES_START, sizeBytes, overhead);
  }

  /** Bytes of payload that frames can hold from an offset of a segment of a size. */
  static long payloadCapacity(long offset, long sizeBytes, int overhead) {
    long room = sizeBytes - offset;
    long whole = room / LogFormat.FRAME_BYTES_MAX;
    long rest = room % LogFormat.FRAME_BYTES_MAX;
    return whole * (LogFormat.FRAME_BYTES_MAX - overhead)
        + (rest < LogFormat.ROOM_MIN ? 0 : rest - overhead);
  }
}

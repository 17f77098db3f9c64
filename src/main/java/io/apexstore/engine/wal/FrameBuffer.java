package io.apexstore.engine.wal;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.encryption.AesGcm;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A buffer that collects the commits of one group and writes them as frames.
 *
 * <p>The first {@link #PREFIX} bytes are reserved for the seed of the checksum and the header of a
 * frame, so that one call checksums a frame and one call writes it. If a group needs several
 * frames, the seed and header of each overwrite the end of the preceding frame, which has been
 * written already.
 *
 * <p>A long batch is not copied: the buffer keeps a reference to it, and each frame copies its part
 * of it. So the memory that a group needs here is bounded, however long its batches are.
 *
 * <p><b>Threads:</b> confined to the log's writer. <b>Invariants:</b> the payload of the group is
 * the bytes after the prefix, with each borrowed batch inserted at its place.
 */
final class FrameBuffer {
  static final int PREFIX = LogFormat.SEED_BYTES + LogFormat.FRAME_HEADER_BYTES;

  private static final byte[] NONE = new byte[0];
  private static final int KEPT_BYTES_MAX = 4 << 20;
  private static final int FIRST_BYTES = 64 << 10;

  /** From this length on a batch is not copied into the buffer. */
  private static final int BORROWED_BYTES_MIN = 256 << 10;

  private static final int BYTES_MAX = Integer.MAX_VALUE - 64;

  private final UUID storeId;
  private final CRC32C crc = new CRC32C();
  private final AesGcm gcm = new AesGcm();
  private byte[] bytes = new byte[FIRST_BYTES];
  private MemorySegment view = MemorySegment.ofArray(bytes);
  private int end = PREFIX;
  private final List<Borrowed> borrowed = new ArrayList<>();
  private int borrowedBytes;
  // A sealed frame is built here, because sealing in place would overwrite the bytes after it; so
  // is a frame with a part of a borrowed batch.
  private byte[] frame = NONE;
  private MemorySegment frameView = MemorySegment.ofArray(frame);

  private long firstVersion;
  private long lastVersion;
  private long lastTimeMs;

  /**
   * A batch that is part of the group and stays where it is.
   *
   * @param at where it begins in the payload
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Borrowed(int at, byte[] bytes, int offset, int length) {}

  FrameBuffer(UUID storeId) {
    this.storeId = storeId;
  }

  int payloadBytes() {
    return end - PREFIX + borrowedBytes;
  }

  boolean isEmpty() {
    return end == PREFIX; // A borrowed batch has its header here.
  }

  long lastVersion() {
    return lastVersion;
  }

  long lastTimeMs() {
    return lastTimeMs;
  }

  /** Empties the buffer; releases the memory that an unusually large group needed. */
  void clear() {
    end = PREFIX;
    borrowed.clear();
    borrowedBytes = 0;
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[FIRST_BYTES];
      view = MemorySegment.ofArray(bytes);
    }
  }

  /** Returns an array of at least this length in which a frame is built. */
  private byte[] frameFor(int length) {
    if (frame.length < length) {
      // Bounded by the maximum length of a frame.
      frame = new byte[Math.max(FIRST_BYTES, Integer.highestOneBit(length) << 1)];
      frameView = MemorySegment.ofArray(frame);
    }
    return frame;
  }

  /** Adds a commit. Its batch must not change until the group is written or cleared. */
  void add(long version, long commitTimeMs, byte[] batch, int offset, int length) {
    int at = end;
    int copied = length >= BORROWED_BYTES_MIN ? 0 : length;
    int after = at + LogFormat.COMMIT_HEADER_BYTES + copied;
    if (after > bytes.length - LogFormat.ALIGNMENT || after < 0) {
      grow(LogFormat.COMMIT_HEADER_BYTES + (long) copied);
    }
    MemorySegment target = view;
    target.set(LogFormat.LONG, at, version);
    target.set(LogFormat.LONG, at + LogFormat.COMMIT_TIME_OFFSET, commitTimeMs);
    target.set(LogFormat.INT, at + LogFormat.COMMIT_LENGTH_OFFSET, length);
    if (copied == length) {
      System.arraycopy(batch, offset, bytes, at + LogFormat.COMMIT_HEADER_BYTES, length);
    } else {
      borrow(after - PREFIX, batch, offset, length);
    }
    if (at == PREFIX) {
      firstVersion = version;
    }
    lastVersion = version;
    lastTimeMs = commitTimeMs;
    end = after;
  }

  private void borrow(int at, byte[] batch, int offset, int length) {
    long payload = (long) at + borrowedBytes + length;
    if (payload > BYTES_MAX) {
      throw tooLong(payload);
    }
    borrowed.add(new Borrowed(at + borrowedBytes, batch, offset, length));
    borrowedBytes += length;
  }

  private static IllegalArgumentException tooLong(long length) {
    return new IllegalArgumentException(
        "a group of " + length + " bytes, at most " + BYTES_MAX + " are allowed");
  }

  private void grow(long more) {
    long needed = end + more + LogFormat.ALIGNMENT;
    if (needed + borrowedBytes > BYTES_MAX) {
      throw tooLong(needed + borrowedBytes);
    }
    long doubled = Math.min(2L * bytes.length, 2L * Limits.BATCH_BYTES_MAX);
    bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, BYTES_MAX)));
    view = MemorySegment.ofArray(bytes);
  }

  /**
   * Writes one frame of the collected group at the segment's offset, and advances the offset.
   *
   * @param from offset of the frame's part in the group
   * @param length length of that part in bytes
   * @param kind FULL, FIRST, MIDDLE or LAST
   */
  void writeFrame(
      LiveSegment segment, int from, int length, int kind, long syncedFileId, long syncedOffset)
      throws IOException {
    writeFrame(
        segment,
        from,
        length,
        kind,
        firstVersion,
        lastVersion,
        lastTimeMs,
        syncedFileId,
        syncedOffset);
  }

  /** Writes a MARK frame. The buffer must be empty. */
  void writeMark(
      LiveSegment segment, long version, long timeMs, long syncedFileId, long syncedOffset)
      throws IOException {
    writeFrame(segment, 0, 0, LogFormat.MARK, version, version, timeMs, syncedFileId, syncedOffset);
  }

  private void writeFrame(
      LiveSegment segment,
      int from,
      int length,
      int kind,
      long first,
      long last,
      long timeMs,
      long syncedFileId,
      long syncedOffset)
      throws IOException {
    int overhead = segment.cipher.overheadBytes();
    boolean seals = overhead > 0;
    int sealedLength = length + overhead;
    int frameBytes = LogFormat.FRAME_HEADER_BYTES + sealedLength;
    byte[] plain = bytes;
    int payload = PREFIX + from;
    int header = payload - LogFormat.FRAME_HEADER_BYTES;
    byte[] out = bytes;
    MemorySegment target = view;
    if (seals || borrowedBytes > 0) {
      header = LogFormat.SEED_BYTES;
      out = frameFor(PREFIX + sealedLength + LogFormat.ALIGNMENT);
      target = frameView;
    }
    if (borrowedBytes > 0) {
      gather(from, length, out);
      plain = out;
      payload = PREFIX;
    }
    int seed = header - LogFormat.SEED_BYTES;

    target.set(LogFormat.LONG, seed, storeId.getMostSignificantBits());
    target.set(LogFormat.LONG, seed + Long.BYTES, storeId.getLeastSignificantBits());
    target.set(LogFormat.LONG, seed + LogFormat.SEED_FILE_ID_OFFSET, segment.fileId);
    target.set(LogFormat.LONG, seed + LogFormat.SEED_OFFSET_OFFSET, segment.offset);

    target.set(LogFormat.INT, header + LogFormat.CRC_OFFSET, 0);
    target.set(LogFormat.INT, header + LogFormat.LENGTH_OFFSET, frameBytes);
    target.set(LogFormat.INT, header + LogFormat.KIND_OFFSET, kind);
    target.set(LogFormat.INT, header + LogFormat.ORDINAL_OFFSET, segment.nextOrdinal);
    target.set(LogFormat.LONG, header + LogFormat.FILE_ID_OFFSET, segment.fileId);
    target.set(LogFormat.LONG, header + LogFormat.FIRST_VERSION_OFFSET, first);
    target.set(LogFormat.LONG, header + LogFormat.LAST_VERSION_OFFSET, last);
    target.set(LogFormat.LONG, header + LogFormat.TIME_OFFSET, timeMs);
    target.set(LogFormat.LONG, header + LogFormat.SYNCED_FILE_OFFSET, syncedFileId);
    target.set(LogFormat.INT, header + LogFormat.SYNCED_OFFSET_OFFSET, (int) syncedOffset);
    target.set(LogFormat.INT, header + LogFormat.GROUP_BYTES_OFFSET, payloadBytes());
    if (seals) {
      segment.cipher.seal(
          gcm, segment.nextOrdinal, out, 0, PREFIX, plain, payload, length, out, PREFIX);
    }

    crc.reset();
    crc.update(out, seed, LogFormat.SEED_BYTES + frameBytes);
    target.set(LogFormat.INT, header + LogFormat.CRC_OFFSET, (int) crc.getValue());

    int padded = LogFormat.aligned(frameBytes);
    for (int i = frameBytes; i < padded; i++) {
      out[header + i] = 0;
    }
    segment.region.write(segment.offset, out, header, padded);
    segment.offset += padded;
    segment.nextOrdinal++;
  }

  /** Copies a part of the payload, with what it has of the borrowed batches, into a frame. */
  private void gather(int from, int length, byte[] target) {
    int to = from + length;
    int at = from;
    int before = 0; // The bytes of the borrowed batches before the position.
    for (Borrowed batch : borrowed) {
      if (batch.at >= to) {
        break;
      }
      int batchEnd = batch.at + batch.length;
      if (at < batch.at) {
        int count = batch.at - at;
        System.arraycopy(bytes, PREFIX + at - before, target, PREFIX + at - from, count);
        at += count;
      }
      if (at < Math.min(batchEnd, to)) {
        int count = Math.min(batchEnd, to) - at;
        System.arraycopy(
            batch.bytes, batch.offset + at - batch.at, target, PREFIX + at - from, count);
        at += count;
      }
      before += batch.length;
    }
    if (at < to) {
      System.arraycopy(bytes, PREFIX + at - before, target, PREFIX + at - from, to - at);
    }
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.encryption.AesGcm;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
 * <p><b>Threads:</b> confined to the log's writer.
 */
final class FrameBuffer {
  static final int PREFIX = LogFormat.SEED_BYTES + LogFormat.FRAME_HEADER_BYTES;

  private static final byte[] NONE = new byte[0];
  private static final int KEPT_BYTES_MAX = 4 << 20;
  private static final int FIRST_BYTES = 64 << 10;
  private static final int BYTES_MAX = Integer.MAX_VALUE - 64;

  private final UUID storeId;
  private final CRC32C crc = new CRC32C();
  private final AesGcm gcm = new AesGcm();
  private byte[] bytes = new byte[FIRST_BYTES];
  private MemorySegment view = MemorySegment.ofArray(bytes);
  private int end = PREFIX;
  // A sealed frame is built here: sealing in place would overwrite the bytes after it.
  private byte[] sealed = NONE;
  private MemorySegment sealedView = MemorySegment.ofArray(sealed);

  private long firstVersion;
  private long lastVersion;
  private long lastTimeMs;

  FrameBuffer(UUID storeId) {
    this.storeId = storeId;
  }

  int payloadBytes() {
    return end - PREFIX;
  }

  boolean isEmpty() {
    return end == PREFIX;
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
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[FIRST_BYTES];
      view = MemorySegment.ofArray(bytes);
    }
  }

  /** Returns an array of at least this length in which a sealed frame is built. */
  private byte[] sealedFor(int length) {
    if (sealed.length < length) {
      // Bounded by the maximum length of a frame.
      sealed = new byte[Math.max(FIRST_BYTES, Integer.highestOneBit(length) << 1)];
      sealedView = MemorySegment.ofArray(sealed);
    }
    return sealed;
  }

  void add(long version, long commitTimeMs, byte[] batch, int offset, int length) {
    int at = end;
    int after = at + LogFormat.COMMIT_HEADER_BYTES + length;
    if (after > bytes.length - LogFormat.ALIGNMENT || after < 0) {
      grow(LogFormat.COMMIT_HEADER_BYTES + (long) length);
    }
    MemorySegment target = view;
    target.set(LogFormat.LONG, at, version);
    target.set(LogFormat.LONG, at + LogFormat.COMMIT_TIME_OFFSET, commitTimeMs);
    target.set(LogFormat.INT, at + LogFormat.COMMIT_LENGTH_OFFSET, length);
    System.arraycopy(batch, offset, bytes, at + LogFormat.COMMIT_HEADER_BYTES, length);
    if (at == PREFIX) {
      firstVersion = version;
    }
    lastVersion = version;
    lastTimeMs = commitTimeMs;
    end = after;
  }

  private void grow(long more) {
    long needed = end + more + LogFormat.ALIGNMENT;
    if (needed > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a group of " + needed + " bytes, at most " + BYTES_MAX + " are allowed");
    }
    // Doubles for many small commits; grows just enough for one huge batch.
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
        PREFIX + from,
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
    writeFrame(
        segment, PREFIX, 0, LogFormat.MARK, version, version, timeMs, syncedFileId, syncedOffset);
  }

  private void writeFrame(
      LiveSegment segment,
      int payload,
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
    int header = payload - LogFormat.FRAME_HEADER_BYTES;
    byte[] frame = bytes;
    MemorySegment target = view;
    if (seals) {
      header = LogFormat.SEED_BYTES;
      frame = sealedFor(PREFIX + sealedLength + LogFormat.ALIGNMENT);
      target = sealedView;
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
    target.set(LogFormat.INT, header + LogFormat.GROUP_BYTES_OFFSET, end - PREFIX);
    if (seals) {
      segment.cipher.seal(
          gcm, segment.nextOrdinal, frame, 0, PREFIX, bytes, payload, length, frame, PREFIX);
    }

    crc.reset();
    crc.update(frame, seed, LogFormat.SEED_BYTES + frameBytes);
    target.set(LogFormat.INT, header + LogFormat.CRC_OFFSET, (int) crc.getValue());

    int padded = LogFormat.aligned(frameBytes);
    for (int i = frameBytes; i < padded; i++) {
      frame[header + i] = 0;
    }
    segment.region.write(segment.offset, frame, header, padded);
    segment.offset += padded;
    segment.nextOrdinal++;
  }
}

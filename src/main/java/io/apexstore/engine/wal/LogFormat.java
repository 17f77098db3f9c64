package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The byte format of a log segment.
 *
 * <pre>
 * segment    0    96  {@link io.apexstore.engine.file.FileHeader}, type {@code LOG}
 *           96     8  size of the file in bytes
 *          104     4  1: created by a recovery, which writes frames before the manifest names the
 *                    segment; 0: the manifest names the segment before its first frame
 *          108     4  CRC32C of the preceding 108 bytes
 *          112  3984  unused: header and frames share no page, so no torn write reaches the header
 *         4096     …  frames, each at a multiple of 8, one after another
 *
 * frame      0     4  CRC32C, see below
 *            4     4  length: header and payload, without the padding up to a multiple of 8
 *            8     1  kind: 1 FULL, 2 FIRST, 3 MIDDLE, 4 LAST, 5 MARK
 *            9     3  zero
 *           12     4  ordinal of the frame in its segment, from 0 (the nonce of a sealed frame)
 *           16     8  file id of the segment
 *           24     8  version of the group's first commit
 *           32     8  version of the group's last commit
 *           40     8  time of the group's last commit, ms since the epoch
 *           48     8  file id of the segment up to which the log is known to be synced
 *           56     4  offset in that segment up to which it is
 *           60     4  length of the group's payload in all its frames
 *           64     …  payload: this frame's part of the group; in an encrypted segment sealed, and
 *                    followed by the tag of 16 bytes
 *
 * group            one commit after another
 *
 * commit     0     8  version
 *            8     8  commit time, ms since the epoch
 *           16     4  length of the batch
 *           20     …  batch, as {@link io.apexstore.engine.base.Batch} draws it
 * </pre>
 *
 * <p>A group contains the commits that were written together. It is one FULL frame. If it is longer
 * than {@value #FRAME_BYTES_MAX} bytes or than the rest of the segment, it is a FIRST, any number
 * of MIDDLE and a LAST frame, in as many segments as needed. A segment is full when fewer than
 * {@value #ROOM_MIN} bytes are left; no frame begins there. A MARK has no payload: it records the
 * position up to which the log is known to be synced, and repeats the newest version and the newest
 * commit time.
 *
 * <p>The CRC32C covers the store's UUID (most, then least significant half), the segment's file id,
 * the frame's offset as 8 bytes, and then the frame with its first four bytes as zeros. Therefore
 * the bytes of a frame are invalid in another store, in another file, at another offset, and in a
 * recycled segment.
 *
 * <p>The payload of every frame of an encrypted segment is sealed, even the empty payload of a
 * MARK. The ordinal is the frame's. The associated data are the 32 bytes that the checksum begins
 * with, and the frame's header with zeros in place of its checksum. The checksum covers the sealed
 * bytes.
 *
 * <p>Numbers are little-endian.
 */
public final class LogFormat {
  /** The only format version that is written and read. */
  static final int FORMAT_VERSION = 2;

  /** Offset of a segment's first frame. */
  static final int FRAMES_START = 4096;

  /** Length of a frame's header. */
  static final int FRAME_HEADER_BYTES = 64;

  /** Maximum length of a frame, including its header. */
  static final int FRAME_BYTES_MAX = 1 << 20;

  /** A segment with fewer bytes left than this is full. */
  static final int ROOM_MIN = 256;

  /** Bytes before each batch in a group. */
  static final int COMMIT_HEADER_BYTES = 20;

  static final int SIZE_OFFSET = 96;
  static final int CREATOR_OFFSET = 104;
  static final int SIZE_CRC_OFFSET = 108;

  /** Length of a segment's header: the file header and the fields after it. */
  static final int HEADER_BYTES = 112;

  static final int ALIGNMENT = 8;

  static final int CRC_OFFSET = 0;
  static final int LENGTH_OFFSET = 4;
  static final int KIND_OFFSET = 8;
  static final int ORDINAL_OFFSET = 12;
  static final int FILE_ID_OFFSET = 16;
  static final int FIRST_VERSION_OFFSET = 24;
  static final int LAST_VERSION_OFFSET = 32;
  static final int TIME_OFFSET = 40;
  static final int SYNCED_FILE_OFFSET = 48;
  static final int SYNCED_OFFSET_OFFSET = 56;
  static final int GROUP_BYTES_OFFSET = 60;

  static final int COMMIT_TIME_OFFSET = 8;
  static final int COMMIT_LENGTH_OFFSET = 16;

  /** Length of the seed of a frame's checksum: UUID, file id, offset. */
  static final int SEED_BYTES = 32;

  static final int SEED_FILE_ID_OFFSET = 16;
  static final int SEED_OFFSET_OFFSET = 24;

  static final int FULL = 1;
  static final int FIRST = 2;
  static final int MIDDLE = 3;
  static final int LAST = 4;
  static final int MARK = 5;

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LogFormat() {}

  /** Returns the number rounded up to a multiple of {@value #ALIGNMENT}. */
  static int aligned(int bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /**
   * Returns the first {@value #HEADER_BYTES} bytes of a segment.
   *
   * @param byRecovery whether a recovery creates the segment and may write frames before the
   *     manifest names it
   */
  static byte[] header(FileHeader header, long sizeBytes, boolean byRecovery) {
    byte[] bytes = Arrays.copyOf(header.encode(), HEADER_BYTES);
    MemorySegment view = MemorySegment.ofArray(bytes);
    view.set(LONG, SIZE_OFFSET, sizeBytes);
    view.set(INT, CREATOR_OFFSET, byRecovery ? 1 : 0);
    view.set(INT, SIZE_CRC_OFFSET, sizeCrc(bytes));
    return bytes;
  }

  /**
   * Reads the encryption tag of a segment from its header; returns null if the header is damaged,
   * which the replay handles.
   */
  public static @Nullable EncryptionTag encryptionTag(Storage storage, String name)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(FileHeader.BYTES);
    try (ReadFile file = storage.open(name)) {
      file.read(0, bytes);
      byte[] read = Arrays.copyOf(bytes.array(), bytes.position());
      return EncryptionTag.of(FileHeader.decode(read, FileType.LOG, FORMAT_VERSION, name));
    } catch (EngineException e) {
      return null;
    }
  }

  /** Returns the checksum over a segment's header, including the size of the file. */
  static int sizeCrc(byte[] header) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, SIZE_CRC_OFFSET);
    return (int) crc.getValue();
  }

  /** Writes the part of a checksum's seed that is the same for a whole store. */
  static void putSeed(MemorySegment target, UUID storeId) {
    target.set(LONG, 0, storeId.getMostSignificantBits());
    target.set(LONG, Long.BYTES, storeId.getLeastSignificantBits());
  }

  /** Returns the kind of a frame by its position in the group. */
  static int groupKind(boolean first, boolean last) {
    return first ? (last ? FULL : FIRST) : (last ? LAST : MIDDLE);
  }

  /** Returns the name of a kind, for messages and dumps. */
  static String kindName(int kind) {
    return switch (kind) {
      case FULL -> "FULL";
      case FIRST -> "FIRST";
      case MIDDLE -> "MIDDLE";
      case LAST -> "LAST";
      case MARK -> "MARK";
      default -> "kind " + kind;
    };
  }
}

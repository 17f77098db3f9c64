package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.file.FileHeader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The byte format of a manifest: a {@link FileHeader}, then edits, each followed by an end mark.
 *
 * <pre>
 * edit       0   4  "EDIT"
 *            4   4  n, length of the payload in bytes, at least 1
 *            8   4  CRC32C of position, n and payload
 *           12   n  payload, see {@link VersionEditCodec}; sealed if the file is encrypted
 * end mark   0   4  "DONE"
 *            4   4  CRC32C of position
 *
 * position   0  16  UUID of the store: most, then least significant half
 *           16   8  file id of the manifest
 *           24   8  offset in the file of the edit or end mark
 * </pre>
 *
 * Numbers are little-endian. The position is not written; only the checksums include it. A payload
 * is sealed with the edit's number in the file, from 0, as ordinal, and with position and n as
 * associated data. The checksum covers the sealed bytes. End marks are not sealed, because no edit
 * depends on them.
 *
 * <p>The first edit contains the whole state. It is on disk before the file is renamed to its name,
 * so it must be whole. Every other edit is synced, then its end mark is written, then the next
 * edit. Therefore a crash can tear only the last edit and the end mark before it. An edit that is
 * followed by anything whole, edit or end mark, was once on disk: if it is not whole, it is
 * damaged. An edit that is not whole and that nothing whole follows was interrupted by a crash, and
 * is cut off. A damaged end mark is ignored. Two cases cannot be distinguished from a torn edit:
 * damage to both the last edit and its end mark, and damage to the last edit after a power cut lost
 * its end mark.
 */
final class ManifestFormat {
  /** The only format version that is written and read. */
  static final int VERSION = 4;

  /** "EDIT". */
  static final int EDIT = 0x54494445;

  /** "DONE". */
  static final int DONE = 0x454e4f44;

  static final int LENGTH_OFFSET = 4;
  static final int CRC_OFFSET = 8;
  static final int EDIT_HEADER_BYTES = 12;
  static final int DONE_CRC_OFFSET = 4;
  static final int DONE_BYTES = 8;
  static final int POSITION_BYTES = 32;

  /** Maximum length of a payload; no store's state is expected to be this long. */
  static final int PAYLOAD_BYTES_MAX = 1 << 30;

  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private ManifestFormat() {}

  /** Returns the bytes of an edit with this payload at an offset of a manifest. */
  static byte[] edit(
      FileHeader file, BlockCipher cipher, long ordinal, long offset, byte[] payload) {
    int length = payload.length + cipher.overheadBytes();
    byte[] frame = new byte[EDIT_HEADER_BYTES + length];
    INT.set(frame, 0, EDIT);
    INT.set(frame, LENGTH_OFFSET, length);
    byte[] associated = associated(file, offset, length);
    cipher.seal(
        new AesGcm(),
        ordinal,
        associated,
        0,
        associated.length,
        payload,
        0,
        payload.length,
        frame,
        EDIT_HEADER_BYTES);
    INT.set(frame, CRC_OFFSET, checksum(file, offset, frame, 0, length));
    return frame;
  }

  /**
   * Opens the payload of the edit at an index, whose checksum is correct; returns null if the seal
   * is broken.
   */
  static byte @Nullable [] open(
      FileHeader file, BlockCipher cipher, AesGcm gcm, long ordinal, byte[] bytes, int at) {
    int length = payloadBytes(bytes, at);
    byte[] associated = associated(file, at, length);
    byte[] open = new byte[length];
    int opened =
        cipher.open(
            gcm,
            ordinal,
            associated,
            0,
            associated.length,
            bytes,
            at + EDIT_HEADER_BYTES,
            length,
            open,
            0);
    return opened < 0 ? null : Arrays.copyOf(open, opened);
  }

  /** Returns the bytes of an end mark at an offset of a manifest. */
  static byte[] done(FileHeader file, long offset) {
    byte[] mark = new byte[DONE_BYTES];
    INT.set(mark, 0, DONE);
    INT.set(mark, DONE_CRC_OFFSET, (int) position(file, offset).getValue());
    return mark;
  }

  /**
   * Returns whether a whole edit or a whole end mark begins at an index of the manifest's bytes.
   */
  static boolean isWhole(FileHeader file, byte[] bytes, int at) {
    return isDone(file, bytes, at) || describeDefect(file, bytes, at) == null;
  }

  private static boolean isDone(FileHeader file, byte[] bytes, int at) {
    return bytes.length - at >= DONE_BYTES
        && (int) INT.get(bytes, at) == DONE
        && (int) INT.get(bytes, at + DONE_CRC_OFFSET) == (int) position(file, at).getValue();
  }

  /** Returns the length in bytes of the payload of the edit at an index. */
  static int payloadBytes(byte[] bytes, int at) {
    return (int) INT.get(bytes, at + LENGTH_OFFSET);
  }

  /** Returns the defect of the edit at an index, or null if the edit is whole. */
  static @Nullable Defect describeDefect(FileHeader file, byte[] bytes, int at) {
    int left = bytes.length - at;
    if (left < EDIT_HEADER_BYTES) {
      return new Defect("header of an edit", EDIT_HEADER_BYTES + " bytes", left + " bytes");
    }
    int magic = (int) INT.get(bytes, at);
    if (magic != EDIT) {
      return new Defect("magic of an edit", hex(EDIT), hex(magic));
    }
    int length = payloadBytes(bytes, at);
    if (length < 1 || length > Math.min(PAYLOAD_BYTES_MAX, left - EDIT_HEADER_BYTES)) {
      return new Defect(
          "length of an edit", "1 to " + (left - EDIT_HEADER_BYTES) + " bytes", length);
    }
    int stored = (int) INT.get(bytes, at + CRC_OFFSET);
    int actual = checksum(file, at, bytes, at, length);
    return stored == actual ? null : new Defect("checksum of an edit", hex(stored), hex(actual));
  }

  private static int checksum(
      FileHeader file, long offset, byte[] bytes, int at, int payloadLength) {
    CRC32C crc = position(file, offset);
    crc.update(bytes, at + LENGTH_OFFSET, Integer.BYTES);
    crc.update(bytes, at + EDIT_HEADER_BYTES, payloadLength);
    return (int) crc.getValue();
  }

  private static CRC32C position(FileHeader file, long offset) {
    byte[] position = new byte[POSITION_BYTES];
    putPosition(position, file, offset);
    CRC32C crc = new CRC32C();
    crc.update(position, 0, position.length);
    return crc;
  }

  private static byte[] associated(FileHeader file, long offset, int length) {
    byte[] associated = new byte[POSITION_BYTES + Integer.BYTES];
    putPosition(associated, file, offset);
    INT.set(associated, POSITION_BYTES, length);
    return associated;
  }

  private static void putPosition(byte[] target, FileHeader file, long offset) {
    LONG.set(target, 0, file.storeId().getMostSignificantBits());
    LONG.set(target, 8, file.storeId().getLeastSignificantBits());
    LONG.set(target, 16, file.fileId());
    LONG.set(target, 24, offset);
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }

  /** A defect of an edit: which part is wrong, and its expected and actual value. */
  record Defect(String what, Object expected, Object actual) {}
}

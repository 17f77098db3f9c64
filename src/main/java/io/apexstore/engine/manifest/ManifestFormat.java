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
 * The bytes of a manifest: a {@link FileHeader}, then edits, each followed by a mark.
 *
 * <pre>
 * edit   0   4  "EDIT"
 *        4   4  n, length of the payload in bytes, at least 1
 *        8   4  CRC32C of place, n and payload
 *       12   n  payload, see {@link VersionEditCodec}; sealed if the file is encrypted
 * mark   0   4  "DONE"
 *        4   4  CRC32C of place
 *
 * place  0  16  UUID of the store: most, then least significant half
 *       16   8  file id of the manifest
 *       24   8  offset in the file of the edit or mark
 * </pre>
 *
 * Numbers are little-endian; the place is not written, only summed. A payload is sealed with the
 * edit's number in the file, from 0, as ordinal and place and n as associated data; the checksum is
 * over the sealed bytes. Marks are not sealed: they say nothing that an edit depends on. The first
 * edit holds the whole state and is on disk before the file gets its name, so it must be whole.
 * Every other edit is synced, then its mark is written, then the next edit. So a crash can tear the
 * last edit and the mark before it, and an edit that anything whole follows, edit or mark, was once
 * on disk: if it is not whole that is damage. An edit that is not whole and that nothing whole
 * follows is the one that a crash interrupted, and is cut. Damage to a mark says nothing and is
 * passed over. What cannot be told from a torn edit is damage to the last edit and its mark both,
 * or to the last edit where a power cut took the mark.
 */
final class ManifestFormat {
  /** The format version, the one that is written and read. */
  static final int VERSION = 2;

  /** "EDIT". */
  static final int EDIT = 0x54494445;

  /** "DONE". */
  static final int DONE = 0x454e4f44;

  static final int LENGTH_OFFSET = 4;
  static final int CRC_OFFSET = 8;
  static final int EDIT_HEADER_BYTES = 12;
  static final int DONE_CRC_OFFSET = 4;
  static final int DONE_BYTES = 8;
  static final int PLACE_BYTES = 32;

  /** The longest payload; longer than the state of any store this format is for. */
  static final int PAYLOAD_BYTES_MAX = 1 << 30;

  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private ManifestFormat() {}

  /** Returns the edit of a payload that will stand at an offset of a manifest. */
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
   * Returns the open payload of the edit at an index, whose checksum holds; null if the seal does
   * not.
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

  /** Returns the mark that will stand at an offset of a manifest. */
  static byte[] done(FileHeader file, long offset) {
    byte[] mark = new byte[DONE_BYTES];
    INT.set(mark, 0, DONE);
    INT.set(mark, DONE_CRC_OFFSET, (int) place(file, offset).getValue());
    return mark;
  }

  /** Whether a whole edit or a whole mark stands at an index of the manifest's bytes. */
  static boolean isWhole(FileHeader file, byte[] bytes, int at) {
    return isDone(file, bytes, at) || describeDefect(file, bytes, at) == null;
  }

  private static boolean isDone(FileHeader file, byte[] bytes, int at) {
    return bytes.length - at >= DONE_BYTES
        && (int) INT.get(bytes, at) == DONE
        && (int) INT.get(bytes, at + DONE_CRC_OFFSET) == (int) place(file, at).getValue();
  }

  /** Returns the payload's length of the edit at an index. */
  static int payloadBytes(byte[] bytes, int at) {
    return (int) INT.get(bytes, at + LENGTH_OFFSET);
  }

  /** Returns what is wrong with the edit at an index, or null if it is whole. */
  static @Nullable Defect describeDefect(FileHeader file, byte[] bytes, int at) {
    int left = bytes.length - at;
    if (left < EDIT_HEADER_BYTES) {
      return new Defect("head of an edit", EDIT_HEADER_BYTES + " bytes", left + " bytes");
    }
    int mark = (int) INT.get(bytes, at);
    if (mark != EDIT) {
      return new Defect("mark of an edit", hex(EDIT), hex(mark));
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
    CRC32C crc = place(file, offset);
    crc.update(bytes, at + LENGTH_OFFSET, Integer.BYTES);
    crc.update(bytes, at + EDIT_HEADER_BYTES, payloadLength);
    return (int) crc.getValue();
  }

  private static CRC32C place(FileHeader file, long offset) {
    byte[] place = new byte[PLACE_BYTES];
    putPlace(place, file, offset);
    CRC32C crc = new CRC32C();
    crc.update(place, 0, place.length);
    return crc;
  }

  private static byte[] associated(FileHeader file, long offset, int length) {
    byte[] associated = new byte[PLACE_BYTES + Integer.BYTES];
    putPlace(associated, file, offset);
    INT.set(associated, PLACE_BYTES, length);
    return associated;
  }

  private static void putPlace(byte[] target, FileHeader file, long offset) {
    LONG.set(target, 0, file.storeId().getMostSignificantBits());
    LONG.set(target, 8, file.storeId().getLeastSignificantBits());
    LONG.set(target, 16, file.fileId());
    LONG.set(target, 24, offset);
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }

  /** What is wrong with an edit. */
  record Defect(String what, Object expected, Object actual) {}
}

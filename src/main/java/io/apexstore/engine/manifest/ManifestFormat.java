package io.apexstore.engine.manifest;

import io.apexstore.engine.codec.FileHeader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a manifest: a {@link FileHeader} and then one frame an edit, end to end.
 *
 * <pre>
 *   0   4  mark "EDIT"
 *   4   4  n, length of the payload in bytes, at least 1
 *   8   4  CRC32C over 32 bytes that say where the frame belongs (UUID of the store: most, then
 *          least significant half; file id of the manifest; offset of the frame in the file),
 *          then n, then the payload
 *  12   n  payload, see {@link VersionEditCodec}
 * </pre>
 *
 * Numbers are little-endian. The first frame holds the whole state and is on disk before the file
 * gets its name, so it must be whole. Each later frame is synced before the next is written, so
 * only the last one can be torn: a frame that is not whole and has no whole one after it is the
 * edit that a crash interrupted, and is cut; one that has a whole one after it is damage. What this
 * cannot tell apart is damage to the last frame alone; the files that the lost edit named are then
 * missing or left over, which the open notices as far as it removed any.
 */
final class ManifestFormat {
  /** The format version that is written. */
  static final int VERSION = 1;

  /** "EDIT". */
  static final int MARK = 0x54494445;

  static final int LENGTH_OFFSET = 4;
  static final int CRC_OFFSET = 8;
  static final int FRAME_HEADER_BYTES = 12;

  /** The longest payload; longer than the state of any store this format is for. */
  static final int PAYLOAD_BYTES_MAX = 1 << 30;

  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private ManifestFormat() {}

  /** Returns the frame of a payload that will stand at an offset of a manifest. */
  static byte[] frame(FileHeader file, long offset, byte[] payload) {
    byte[] frame = new byte[FRAME_HEADER_BYTES + payload.length];
    INT.set(frame, 0, MARK);
    INT.set(frame, LENGTH_OFFSET, payload.length);
    System.arraycopy(payload, 0, frame, FRAME_HEADER_BYTES, payload.length);
    INT.set(frame, CRC_OFFSET, checksum(file, offset, frame, 0, payload.length));
    return frame;
  }

  /** Whether a whole frame stands at an index of the manifest's bytes. */
  static boolean isFrame(FileHeader file, byte[] bytes, int at) {
    return describeDefect(file, bytes, at) == null;
  }

  /** Returns the payload's length of the frame at an index. */
  static int payloadBytes(byte[] bytes, int at) {
    return (int) INT.get(bytes, at + LENGTH_OFFSET);
  }

  /** Returns what is wrong with the frame at an index, or null if it is whole. */
  static @Nullable Defect describeDefect(FileHeader file, byte[] bytes, int at) {
    int left = bytes.length - at;
    if (left < FRAME_HEADER_BYTES) {
      return new Defect("frame header", FRAME_HEADER_BYTES + " bytes", left + " bytes");
    }
    int mark = (int) INT.get(bytes, at);
    if (mark != MARK) {
      return new Defect("mark of an edit", hex(MARK), hex(mark));
    }
    int length = payloadBytes(bytes, at);
    if (length < 1 || length > Math.min(PAYLOAD_BYTES_MAX, left - FRAME_HEADER_BYTES)) {
      return new Defect(
          "length of an edit", "1 to " + (left - FRAME_HEADER_BYTES) + " bytes", length);
    }
    int stored = (int) INT.get(bytes, at + CRC_OFFSET);
    int actual = checksum(file, at, bytes, at, length);
    return stored == actual ? null : new Defect("checksum of an edit", hex(stored), hex(actual));
  }

  private static int checksum(
      FileHeader file, long offset, byte[] bytes, int at, int payloadLength) {
    byte[] place = new byte[32];
    LONG.set(place, 0, file.storeId().getMostSignificantBits());
    LONG.set(place, 8, file.storeId().getLeastSignificantBits());
    LONG.set(place, 16, file.fileId());
    LONG.set(place, 24, offset);
    CRC32C crc = new CRC32C();
    crc.update(place, 0, place.length);
    crc.update(bytes, at + LENGTH_OFFSET, Integer.BYTES);
    crc.update(bytes, at + FRAME_HEADER_BYTES, payloadLength);
    return (int) crc.getValue();
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }

  /** What is wrong with a frame. */
  record Defect(String what, Object expected, Object actual) {}
}

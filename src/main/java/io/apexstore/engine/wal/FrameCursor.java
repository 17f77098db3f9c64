package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one segment, one after the other. A frame is only handed out if its checksum
 * is right for this store, file and offset, and its seal holds in an encrypted segment; what else
 * must fit (ordinals, kinds, versions) is the caller's to judge.
 *
 * <p>Where the segment's header is damaged a frame cannot be opened: then it is handed out on its
 * checksum alone, and has no payload. It can still bear witness to what was there.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class FrameCursor implements AutoCloseable {
  private static final byte[] NONE = {};
  private static final int WINDOW_BYTES = 256 << 10;
  private static final int WINDOW_BYTES_MAX = LogFormat.FRAME_BYTES_MAX + WINDOW_BYTES;

  private final String name;
  private final long fileId;
  private final ReadFile file;
  private final FileCipherKeys keys;
  private final boolean encrypted;
  // Of an encrypted segment whose header is whole.
  private @Nullable BlockCipher cipher;
  private final AesGcm gcm = new AesGcm();
  private final CRC32C crc = new CRC32C();
  // What the checksum begins with: the seed, then zeros in the place of the checksum itself.
  private final byte[] seed = new byte[LogFormat.SEED_BYTES + Integer.BYTES];
  private final MemorySegment seedView = MemorySegment.ofArray(seed);

  private byte[] window;
  private MemorySegment view;
  private long windowStart;
  private int windowLength;

  private long offset = LogFormat.FRAMES_START;
  // The frame's place in the window.
  private int at;
  // The open payload of a sealed frame, and what its seal covers besides.
  private byte[] open = NONE;
  private final byte[] associated = new byte[LogFormat.SEED_BYTES + LogFormat.FRAME_HEADER_BYTES];
  private int openBytes;

  /** What stands at an offset. */
  enum Found {
    /** A frame. */
    FRAME,
    /** Fewer bytes than a frame may begin in: the segment is full. */
    FULL,
    /** No frame. */
    NOTHING
  }

  private FrameCursor(
      Storage storage, UUID storeId, long fileId, FileCipherKeys keys, int windowBytes)
      throws IOException {
    this.window = new byte[windowBytes];
    this.view = MemorySegment.ofArray(window);
    this.name = FileNames.log(fileId);
    this.fileId = fileId;
    this.file = storage.open(name);
    this.keys = keys;
    this.encrypted = keys.overheadBytes() > 0;
    LogFormat.putSeed(seedView, storeId);
    seedView.set(LogFormat.LONG, LogFormat.SEED_FILE_ID_OFFSET, fileId);
    if (encrypted) {
      try {
        takeCipher(storeId);
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }

  /** Takes the cipher that the header says; none if that is damaged. */
  private void takeCipher(UUID storeId) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(FileHeader.BYTES);
    file.read(0, bytes);
    FileHeader header;
    try {
      header =
          FileHeader.decode(
              Arrays.copyOf(bytes.array(), bytes.position()),
              FileType.LOG,
              LogFormat.FORMAT_VERSION,
              name);
      header.expect(storeId, fileId, name);
    } catch (EngineException e) {
      return; // Told by headerDamage to whoever asks.
    }
    cipher = keys.cipher(header, name);
  }

  /**
   * Whether payloads can be read. Not where the header of an encrypted segment is damaged, or, in a
   * log that is in use, that of a later life of the file: then frames are still told from what is
   * none, by their checksums, but their payloads are empty.
   */
  boolean canUnseal() {
    return !encrypted || cipher != null;
  }

  /** Opens a segment, which is not encrypted, at its first frame. */
  static FrameCursor open(Storage storage, UUID storeId, long fileId) throws IOException {
    return open(storage, storeId, fileId, FileCipherKeys.NONE);
  }

  /**
   * Opens a segment at its first frame.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such file
   * @throws EngineException {@code CORRUPTION} if its header is whole and names no key of the store
   */
  static FrameCursor open(Storage storage, UUID storeId, long fileId, FileCipherKeys keys)
      throws IOException {
    return new FrameCursor(storage, storeId, fileId, keys, WINDOW_BYTES);
  }

  /** Opens a segment of which little is going to be read. */
  static FrameCursor peek(Storage storage, UUID storeId, long fileId, FileCipherKeys keys)
      throws IOException {
    return new FrameCursor(storage, storeId, fileId, keys, LogFormat.FRAMES_START);
  }

  String name() {
    return name;
  }

  long fileId() {
    return fileId;
  }

  /** Size of the file in bytes. */
  long sizeBytes() {
    return file.size();
  }

  /**
   * Returns what is wrong with the segment's header, or null if nothing is.
   *
   * @throws EngineException if the header is whole and says that this is no segment of the log, or
   *     not all of it
   */
  @Nullable EngineException headerDamage(UUID storeId) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogFormat.HEADER_BYTES);
    file.read(0, header);
    byte[] bytes = Arrays.copyOf(header.array(), header.position());
    FileHeader decoded;
    try {
      decoded = FileHeader.decode(bytes, FileType.LOG, LogFormat.FORMAT_VERSION, name);
    } catch (EngineException e) {
      if (e.failure() == EngineException.Failure.UNSUPPORTED_FORMAT) {
        throw e;
      }
      return e;
    }
    decoded.expect(storeId, fileId, name);
    MemorySegment fields = MemorySegment.ofArray(header.array());
    int stored = fields.get(LogFormat.INT, LogFormat.SIZE_CRC_OFFSET);
    int actual = LogFormat.sizeCrc(header.array());
    if (stored != actual) {
      return EngineException.corruption(
          name, LogFormat.SIZE_CRC_OFFSET, "header checksum", stored, actual);
    }
    long size = fields.get(LogFormat.LONG, LogFormat.SIZE_OFFSET);
    if (size != file.size()) {
      throw EngineException.corruption(name, LogFormat.SIZE_OFFSET, "size", size, file.size());
    }
    return null;
  }

  /** Whether a recovery made the segment; asked only where {@link #headerDamage} finds none. */
  boolean isMadeByRecovery() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogFormat.HEADER_BYTES);
    file.read(0, header);
    return MemorySegment.ofArray(header.array()).get(LogFormat.INT, LogFormat.MAKER_OFFSET) != 0;
  }

  /** Where the cursor stands: the current frame, or what {@link #look} is to look at. */
  long offset() {
    return offset;
  }

  /** Sets where {@link #look} is to look; a multiple of 8. */
  void moveTo(long newOffset) {
    offset = newOffset;
  }

  /** Forgets what was read ahead: the file may have changed since. */
  void refresh() {
    windowLength = 0;
  }

  /** Gives back the memory of what was read ahead. */
  void release() {
    window = NONE;
    view = MemorySegment.ofArray(NONE);
    windowLength = 0;
    open = NONE;
  }

  /** Moves behind the current frame. */
  void skip() {
    offset += LogFormat.aligned(frameBytes());
  }

  /**
   * Moves on in steps of 8 bytes to where a frame may begin by what its header says, or to where
   * the segment is full.
   */
  void seek() throws IOException {
    while (file.size() - offset >= LogFormat.ROOM_MIN && fill(LogFormat.FRAME_HEADER_BYTES)) {
      for (; at <= windowLength - LogFormat.FRAME_HEADER_BYTES; at += LogFormat.ALIGNMENT) {
        if (view.get(LogFormat.LONG, at + LogFormat.FILE_ID_OFFSET) == fileId) {
          offset = windowStart + at;
          return;
        }
      }
      offset = windowStart + at;
    }
  }

  /** Looks at what stands at the offset. Only after {@link Found#FRAME} has the cursor a frame. */
  Found look() throws IOException {
    long room = file.size() - offset;
    if (room < LogFormat.ROOM_MIN) {
      return Found.FULL;
    }
    if (!fill(LogFormat.FRAME_HEADER_BYTES)) {
      return Found.NOTHING;
    }
    int length = frameBytes();
    int kind = kind();
    if (view.get(LogFormat.LONG, at + LogFormat.FILE_ID_OFFSET) != fileId
        || kind < LogFormat.FULL
        || kind > LogFormat.MARK
        || length < LogFormat.FRAME_HEADER_BYTES
        || length > Math.min(room, LogFormat.FRAME_BYTES_MAX)
        || !fill(length)) {
      return Found.NOTHING;
    }
    seedView.set(LogFormat.LONG, LogFormat.SEED_OFFSET_OFFSET, offset);
    crc.reset();
    crc.update(seed, 0, seed.length);
    crc.update(window, at + Integer.BYTES, length - Integer.BYTES);
    int stored = view.get(LogFormat.INT, at + LogFormat.CRC_OFFSET);
    return (int) crc.getValue() == stored && unseal(length) ? Found.FRAME : Found.NOTHING;
  }

  /** Opens the frame's payload; false if the seal does not hold. */
  private boolean unseal(int length) {
    BlockCipher by = cipher;
    openBytes = 0;
    if (by == null) {
      return true;
    }
    int sealed = length - LogFormat.FRAME_HEADER_BYTES;
    if (open.length < sealed) {
      open = new byte[Math.min(Math.max(WINDOW_BYTES, 2 * sealed), LogFormat.FRAME_BYTES_MAX)];
    }
    System.arraycopy(seed, 0, associated, 0, seed.length);
    System.arraycopy(
        window,
        at + Integer.BYTES,
        associated,
        seed.length,
        LogFormat.FRAME_HEADER_BYTES - Integer.BYTES);
    openBytes =
        by.open(
            gcm,
            Integer.toUnsignedLong(ordinal()),
            associated,
            0,
            associated.length,
            window,
            payloadAt(),
            sealed,
            open,
            0);
    return openBytes >= 0;
  }

  /**
   * Whether the bytes at the offset look as if a frame of this segment had been begun there. They
   * may be anything else; this only decides how they are called.
   */
  boolean looksBegun() throws IOException {
    return file.size() - offset >= LogFormat.FRAME_HEADER_BYTES
        && fill(LogFormat.FRAME_HEADER_BYTES)
        && view.get(LogFormat.LONG, at + LogFormat.FILE_ID_OFFSET) == fileId;
  }

  /** Brings so many bytes from the offset into the window; false if the file ends before. */
  private boolean fill(int length) throws IOException {
    if (offset < windowStart || offset + length > windowStart + windowLength) {
      if (length > window.length) {
        window = new byte[length > WINDOW_BYTES ? WINDOW_BYTES_MAX : WINDOW_BYTES];
        view = MemorySegment.ofArray(window);
      }
      windowStart = offset;
      ByteBuffer target = ByteBuffer.wrap(window);
      file.read(offset, target);
      windowLength = target.position();
    }
    at = (int) (offset - windowStart);
    return windowLength - at >= length;
  }

  int kind() {
    return view.get(LogFormat.INT, at + LogFormat.KIND_OFFSET);
  }

  /** Length of the frame: header and payload, without padding. */
  int frameBytes() {
    return view.get(LogFormat.INT, at + LogFormat.LENGTH_OFFSET);
  }

  int ordinal() {
    return view.get(LogFormat.INT, at + LogFormat.ORDINAL_OFFSET);
  }

  long firstVersion() {
    return view.get(LogFormat.LONG, at + LogFormat.FIRST_VERSION_OFFSET);
  }

  long lastVersion() {
    return view.get(LogFormat.LONG, at + LogFormat.LAST_VERSION_OFFSET);
  }

  long timeMs() {
    return view.get(LogFormat.LONG, at + LogFormat.TIME_OFFSET);
  }

  /** How far the log was known to be synced when the frame was written. */
  LogPosition synced() {
    return new LogPosition(
        view.get(LogFormat.LONG, at + LogFormat.SYNCED_FILE_OFFSET),
        Integer.toUnsignedLong(view.get(LogFormat.INT, at + LogFormat.SYNCED_OFFSET_OFFSET)));
  }

  /** Length of the payload of all frames of the frame's group. */
  int groupBytes() {
    return view.get(LogFormat.INT, at + LogFormat.GROUP_BYTES_OFFSET);
  }

  /** The array that holds the payload, until the cursor moves. */
  byte[] array() {
    return encrypted ? open : window;
  }

  int payloadStart() {
    return encrypted ? 0 : payloadAt();
  }

  int payloadBytes() {
    return encrypted ? openBytes : frameBytes() - LogFormat.FRAME_HEADER_BYTES;
  }

  private int payloadAt() {
    return at + LogFormat.FRAME_HEADER_BYTES;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

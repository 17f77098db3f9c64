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
 * A cursor over the frames of one segment. It returns a frame only if the checksum is correct for
 * this store, file and offset, and if the seal is intact in an encrypted segment. The caller checks
 * ordinals, kinds and versions.
 *
 * <p>If the header of an encrypted segment is damaged, its frames cannot be opened. The cursor then
 * checks only the checksum, and returns frames without a payload. They still prove what was
 * written.
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
  private final FileCipherKeys fileKeys;
  private final boolean encrypted;
  // Null if the segment is not encrypted or its header is damaged.
  private @Nullable BlockCipher cipher;
  private final AesGcm gcm = new AesGcm();
  private final CRC32C crc = new CRC32C();
  // The first bytes that the checksum covers: the seed, then zeros in place of the checksum itself.
  private final byte[] seed = new byte[LogFormat.SEED_BYTES + Integer.BYTES];
  private final MemorySegment seedView = MemorySegment.ofArray(seed);

  private byte[] window;
  private MemorySegment view;
  private long windowStart;
  private int windowLength;

  private long offset = LogFormat.FRAMES_START;
  // Index of the frame in the window.
  private int at;
  // The plaintext payload of a sealed frame, and the associated data of its seal.
  private byte[] open = NONE;
  private final byte[] associated = new byte[LogFormat.SEED_BYTES + LogFormat.FRAME_HEADER_BYTES];
  private int openBytes;

  /** What {@link #look} found at the offset. */
  enum Found {
    /** A valid frame. */
    FRAME,
    /** Too few bytes for a frame: the segment is full. */
    FULL,
    /** No valid frame. */
    NOTHING
  }

  private FrameCursor(
      Storage storage, UUID storeId, long fileId, FileCipherKeys fileKeys, int windowBytes)
      throws IOException {
    this.window = new byte[windowBytes];
    this.view = MemorySegment.ofArray(window);
    this.name = FileNames.log(fileId);
    this.fileId = fileId;
    this.file = storage.open(name);
    this.fileKeys = fileKeys;
    this.encrypted = fileKeys.overheadBytes() > 0;
    LogFormat.putSeed(seedView, storeId);
    seedView.set(LogFormat.LONG, LogFormat.SEED_FILE_ID_OFFSET, fileId);
    if (encrypted) {
      try {
        initCipher(storeId);
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }

  /** Derives the cipher from the header; leaves it null if the header is damaged. */
  private void initCipher(UUID storeId) throws IOException {
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
      return; // headerDamage reports it.
    }
    cipher = fileKeys.cipher(header, name);
  }

  /**
   * Returns whether payloads can be read. They cannot if the header of an encrypted segment is
   * damaged, or, in a log that is in use, if the file has been recycled and has a new header.
   * Frames are then still recognized by their checksums, but their payloads are empty.
   */
  boolean canUnseal() {
    return !encrypted || cipher != null;
  }

  /** Opens a segment that is not encrypted, at its first frame. */
  static FrameCursor open(Storage storage, UUID storeId, long fileId) throws IOException {
    return open(storage, storeId, fileId, FileCipherKeys.NONE);
  }

  /**
   * Opens a segment at its first frame.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such file
   * @throws EngineException {@code CORRUPTION} if its header is intact but its data key is not one
   *     of the store's
   */
  static FrameCursor open(Storage storage, UUID storeId, long fileId, FileCipherKeys fileKeys)
      throws IOException {
    return new FrameCursor(storage, storeId, fileId, fileKeys, WINDOW_BYTES);
  }

  /** Opens a segment of which only a little will be read. */
  static FrameCursor peek(Storage storage, UUID storeId, long fileId, FileCipherKeys fileKeys)
      throws IOException {
    return new FrameCursor(storage, storeId, fileId, fileKeys, LogFormat.FRAMES_START);
  }

  String name() {
    return name;
  }

  long fileId() {
    return fileId;
  }

  /** Returns the size of the file in bytes. */
  long sizeBytes() {
    return file.size();
  }

  /**
   * Returns the damage of the segment's header, or null if it is intact.
   *
   * @throws EngineException if the header is intact but the file is not a segment of this log, or
   *     has another length
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

  /**
   * Returns whether a recovery created the segment; valid only if {@link #headerDamage} returned
   * null.
   */
  boolean isCreatedByRecovery() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogFormat.HEADER_BYTES);
    file.read(0, header);
    return MemorySegment.ofArray(header.array()).get(LogFormat.INT, LogFormat.CREATOR_OFFSET) != 0;
  }

  /** Returns the offset of the current frame, or the offset that {@link #look} will check. */
  long offset() {
    return offset;
  }

  /** Sets the offset that {@link #look} will check; a multiple of 8. */
  void moveTo(long newOffset) {
    offset = newOffset;
  }

  /** Discards bytes that were read ahead, because the file may have changed. */
  void refresh() {
    windowLength = 0;
  }

  /** Returns the memory of the bytes that were read ahead and of the current frame, in bytes. */
  long heldBytes() {
    return (long) window.length + open.length;
  }

  /** Releases the memory of the bytes that were read ahead. */
  void release() {
    window = NONE;
    view = MemorySegment.ofArray(NONE);
    windowLength = 0;
    open = NONE;
  }

  /** Moves past the current frame. */
  void skip() {
    offset += LogFormat.aligned(frameBytes());
  }

  /**
   * Advances in steps of 8 bytes to the next offset at which a frame header may begin, or to the
   * end of the segment.
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

  /**
   * Checks what is at the offset. The cursor has a current frame only after {@link Found#FRAME}.
   */
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

  /** Opens the frame's payload; returns false if the seal is broken. */
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
   * Returns whether the bytes at the offset look like the beginning of a frame of this segment. The
   * answer is a guess, used only in messages.
   */
  boolean looksBegun() throws IOException {
    return file.size() - offset >= LogFormat.FRAME_HEADER_BYTES
        && fill(LogFormat.FRAME_HEADER_BYTES)
        && view.get(LogFormat.LONG, at + LogFormat.FILE_ID_OFFSET) == fileId;
  }

  /**
   * Loads this many bytes from the offset into the window; returns false if the file ends first.
   */
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

  /** Returns the length of the frame in bytes: header and payload, without padding. */
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

  /** Returns the position up to which the log was known to be synced when the frame was written. */
  LogPosition synced() {
    return new LogPosition(
        view.get(LogFormat.LONG, at + LogFormat.SYNCED_FILE_OFFSET),
        Integer.toUnsignedLong(view.get(LogFormat.INT, at + LogFormat.SYNCED_OFFSET_OFFSET)));
  }

  /** Returns the length in bytes of the payload of all frames of the frame's group. */
  int groupBytes() {
    return view.get(LogFormat.INT, at + LogFormat.GROUP_BYTES_OFFSET);
  }

  /** Returns the array that contains the payload; valid until the cursor moves. */
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

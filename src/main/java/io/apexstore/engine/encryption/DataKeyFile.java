package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.UnicodeText;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code KEYS}: the data keys of an encrypted store, wrapped.
 *
 * <pre>
 *   0   96  {@link FileHeader}, type {@code KEYS}; its file id is the file's generation, which grows
 *           by one or more each time the file is replaced; its data key epoch is the newest epoch
 *  96    4  number n of data keys, 1 or more
 *           n times, in ascending order of epochs:
 *    0   8    epoch of the data key
 *    8   8    when it was created, ms since the Unix epoch
 *   16   2    length k of the id of the key-encryption key
 *   18   2    length w of the wrapped data key
 *   20   k    id of the key-encryption key, UTF-8
 *        w    the wrapped data key
 *       16  AES-256-GCM tag over all preceding bytes, with this file's key, which is derived from
 *           the newest data key; ordinal 0
 *        4  CRC32C of all preceding bytes
 * </pre>
 *
 * Numbers are little-endian. The checksum distinguishes damage from a wrong encryption key. The tag
 * detects tampering.
 *
 * @param header the file's header
 * @param dataKeys in ascending order of epochs; the last is the current one
 * @param covered the bytes that the tag covers
 * @param tag the tag
 */
record DataKeyFile(FileHeader header, List<DataKey> dataKeys, byte[] covered, byte[] tag) {
  static final int VERSION = 1;

  private static final int COUNT_BYTES = 4;
  private static final int DATA_KEY_HEADER_BYTES = 20;
  private static final int CRC_BYTES = 4;
  private static final int BYTES_MAX = 1 << 24;
  private static final int LENGTH_MAX = 0xFFFF;

  /** Returns the file that contains the given data keys, sealed by {@code sealer}. */
  static DataKeyFile of(FileHeader header, List<DataKey> dataKeys, BlockCipher sealer) {
    byte[] covered = encode(header, dataKeys);
    byte[] tag = new byte[AesGcm.TAG_BYTES];
    sealer.seal(new AesGcm(), 0, covered, 0, covered.length, tag, 0, 0, tag, 0);
    return new DataKeyFile(header, List.copyOf(dataKeys), covered, tag);
  }

  /** Returns whether the tag was produced by this cipher. */
  boolean isSealedBy(BlockCipher sealer) {
    byte[] sealed = tag.clone();
    return sealer.open(
            new AesGcm(), 0, covered, 0, covered.length, sealed, 0, sealed.length, sealed, 0)
        == 0;
  }

  private static byte[] encode(FileHeader header, List<DataKey> dataKeys) {
    int length = FileHeader.BYTES + COUNT_BYTES;
    List<byte[]> wrapperIds = new ArrayList<>();
    for (DataKey dataKey : dataKeys) {
      byte[] wrapperId = UnicodeText.encode(dataKey.wrappedWith());
      if (wrapperId.length > LENGTH_MAX || dataKey.wrapped().length > LENGTH_MAX) {
        throw new IllegalArgumentException(
            "a key-encryption key id of "
                + wrapperId.length
                + " bytes and a wrapped data key of "
                + dataKey.wrapped().length
                + " bytes, at most "
                + LENGTH_MAX
                + " are allowed");
      }
      wrapperIds.add(wrapperId);
      length += DATA_KEY_HEADER_BYTES + wrapperId.length + dataKey.wrapped().length;
    }
    ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    b.put(header.encode()).putInt(dataKeys.size());
    for (int i = 0; i < dataKeys.size(); i++) {
      DataKey dataKey = dataKeys.get(i);
      b.putLong(dataKey.epoch()).putLong(dataKey.createdMs());
      b.putShort((short) wrapperIds.get(i).length).putShort((short) dataKey.wrapped().length);
      b.put(wrapperIds.get(i)).put(dataKey.wrapped());
    }
    return b.array();
  }

  /** Reads the store's file; returns null if there is none. */
  static @Nullable DataKeyFile read(Storage storage) throws IOException {
    if (!storage.list().contains(FileNames.KEYS)) {
      return null;
    }
    try (ReadFile file = storage.open(FileNames.KEYS)) {
      if (file.size() > BYTES_MAX) {
        throw corrupt("length", "at most " + BYTES_MAX, file.size());
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      int length = file.read(0, bytes);
      return decode(Arrays.copyOf(bytes.array(), length));
    }
  }

  private static DataKeyFile decode(byte[] bytes) {
    FileHeader header = FileHeader.decode(bytes, FileType.KEYS, VERSION, FileNames.KEYS);
    int covered = bytes.length - CRC_BYTES - AesGcm.TAG_BYTES;
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, Math.max(0, bytes.length - CRC_BYTES));
    if (covered < FileHeader.BYTES + COUNT_BYTES
        || b.getInt(bytes.length - CRC_BYTES) != (int) crc.getValue()) {
      throw corrupt("checksum", "the checksum of its bytes", "another");
    }
    b.position(FileHeader.BYTES).limit(covered);
    List<DataKey> dataKeys = new ArrayList<>();
    try {
      int count = b.getInt();
      for (int i = 0; i < count; i++) {
        dataKeys.add(dataKey(b));
      }
    } catch (BufferUnderflowException e) {
      throw corrupt("data keys", "the number in the file", "fewer");
    }
    if (b.hasRemaining()
        || dataKeys.isEmpty()
        || dataKeys.getLast().epoch() != header.dataKeyEpoch()
        || !isAscending(dataKeys)) {
      throw corrupt("data keys", "ascending epochs up to " + header.dataKeyEpoch(), dataKeys);
    }
    return new DataKeyFile(
        header,
        List.copyOf(dataKeys),
        Arrays.copyOf(bytes, covered),
        Arrays.copyOfRange(bytes, covered, covered + AesGcm.TAG_BYTES));
  }

  private static DataKey dataKey(ByteBuffer b) {
    long epoch = b.getLong();
    long createdMs = b.getLong();
    byte[] wrapperId = new byte[Short.toUnsignedInt(b.getShort())];
    byte[] wrapped = new byte[Short.toUnsignedInt(b.getShort())];
    b.get(wrapperId).get(wrapped);
    try {
      return new DataKey(epoch, createdMs, UnicodeText.decode(wrapperId), wrapped);
    } catch (CharacterCodingException e) {
      throw corrupt("id of a key-encryption key", "UTF-8", "other bytes");
    }
  }

  private static boolean isAscending(List<DataKey> dataKeys) {
    long previous = FileHeader.NOT_ENCRYPTED;
    for (DataKey dataKey : dataKeys) {
      if (dataKey.epoch() <= previous) {
        return false;
      }
      previous = dataKey.epoch();
    }
    return true;
  }

  /**
   * Writes this file to a temporary file, syncs it, renames it over {@code KEYS} and syncs the
   * directory.
   */
  void replace(Storage storage) throws IOException {
    int length = covered.length + tag.length;
    ByteBuffer bytes = ByteBuffer.allocate(length + CRC_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(covered).put(tag);
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, length);
    bytes.putInt((int) crc.getValue()).flip();
    try (AppendFile file = createTemporary(storage)) {
      file.append(bytes);
      file.sync();
    }
    storage.rename(FileNames.KEYS_TEMPORARY, FileNames.KEYS);
    storage.syncDirectory();
  }

  private static AppendFile createTemporary(Storage storage) throws IOException {
    try {
      return storage.create(FileNames.KEYS_TEMPORARY);
    } catch (FileAlreadyExistsException e) {
      storage.delete(FileNames.KEYS_TEMPORARY);
      return storage.create(FileNames.KEYS_TEMPORARY);
    }
  }

  static EngineException corrupt(String what, Object expected, Object actual) {
    return EngineException.corruption(FileNames.KEYS, FileHeader.BYTES, what, expected, actual);
  }
}

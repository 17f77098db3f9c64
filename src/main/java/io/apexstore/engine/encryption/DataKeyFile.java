package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
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
import java.nio.charset.StandardCharsets;
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
 *           by one or more each time the file is replaced; its key id is the newest epoch
 *  96    4  number n of epochs, 1 or more
 *           n times, by rising id:
 *    0   8    id of the epoch
 *    8   8    when it was made, ms since the epoch
 *   16   2    length k of the id of the key-encryption key
 *   18   2    length w of the wrapped data key
 *   20   k    id of the key-encryption key, UTF-8
 *        w    the wrapped data key
 *       16  AES-256-GCM tag over all bytes before, under the key that the newest epoch gives to this
 *           file, ordinal 0
 *        4  CRC32C of all bytes before
 * </pre>
 *
 * Numbers are little-endian. The checksum tells damage from a wrong key, the tag an unwanted hand.
 *
 * @param header the file's header
 * @param epochs by rising id; the last is the current one
 * @param covered the bytes that the tag covers
 * @param tag the tag
 */
record DataKeyFile(FileHeader header, List<DataKey> epochs, byte[] covered, byte[] tag) {
  static final int VERSION = 1;

  private static final int COUNT_BYTES = 4;
  private static final int EPOCH_HEADER_BYTES = 20;
  private static final int CRC_BYTES = 4;
  private static final int BYTES_MAX = 1 << 24;
  private static final int LENGTH_MAX = 0xFFFF;

  /** Returns the file that holds the given epochs; {@code sealer} seals it. */
  static DataKeyFile of(FileHeader header, List<DataKey> epochs, BlockCipher sealer) {
    byte[] covered = encode(header, epochs);
    byte[] tag = new byte[AesGcm.TAG_BYTES];
    sealer.seal(new AesGcm(), 0, covered, 0, covered.length, tag, 0, 0, tag, 0);
    return new DataKeyFile(header, List.copyOf(epochs), covered, tag);
  }

  /** Whether the tag is the one that a cipher makes. */
  boolean isSealedBy(BlockCipher sealer) {
    byte[] sealed = tag.clone();
    return sealer.open(
            new AesGcm(), 0, covered, 0, covered.length, sealed, 0, sealed.length, sealed, 0)
        == 0;
  }

  private static byte[] encode(FileHeader header, List<DataKey> epochs) {
    int length = FileHeader.BYTES + COUNT_BYTES;
    List<byte[]> wrappers = new ArrayList<>();
    for (DataKey epoch : epochs) {
      byte[] wrapper = epoch.wrappedWith().getBytes(StandardCharsets.UTF_8);
      if (wrapper.length > LENGTH_MAX || epoch.wrapped().length > LENGTH_MAX) {
        throw new IllegalArgumentException(
            "a key id of "
                + wrapper.length
                + " and a wrapped key of "
                + epoch.wrapped().length
                + " bytes, allowed are "
                + LENGTH_MAX);
      }
      wrappers.add(wrapper);
      length += EPOCH_HEADER_BYTES + wrapper.length + epoch.wrapped().length;
    }
    ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    b.put(header.encode()).putInt(epochs.size());
    for (int i = 0; i < epochs.size(); i++) {
      DataKey epoch = epochs.get(i);
      b.putLong(epoch.id()).putLong(epoch.madeMs());
      b.putShort((short) wrappers.get(i).length).putShort((short) epoch.wrapped().length);
      b.put(wrappers.get(i)).put(epoch.wrapped());
    }
    return b.array();
  }

  /** Returns the store's file, or null if it has none. */
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
      throw corrupt("checksum", "that of its bytes", "another");
    }
    b.position(FileHeader.BYTES).limit(covered);
    List<DataKey> epochs = new ArrayList<>();
    try {
      int count = b.getInt();
      for (int i = 0; i < count; i++) {
        epochs.add(epoch(b));
      }
    } catch (BufferUnderflowException e) {
      throw corrupt("epochs", "as many as it says", "fewer");
    }
    if (b.hasRemaining()
        || epochs.isEmpty()
        || epochs.getLast().id() != header.keyId()
        || !isRising(epochs)) {
      throw corrupt("epochs", "rising up to " + header.keyId(), epochs);
    }
    return new DataKeyFile(
        header,
        List.copyOf(epochs),
        Arrays.copyOf(bytes, covered),
        Arrays.copyOfRange(bytes, covered, covered + AesGcm.TAG_BYTES));
  }

  private static DataKey epoch(ByteBuffer b) {
    long id = b.getLong();
    long madeMs = b.getLong();
    byte[] wrapper = new byte[Short.toUnsignedInt(b.getShort())];
    byte[] wrapped = new byte[Short.toUnsignedInt(b.getShort())];
    b.get(wrapper).get(wrapped);
    return new DataKey(id, madeMs, new String(wrapper, StandardCharsets.UTF_8), wrapped);
  }

  private static boolean isRising(List<DataKey> epochs) {
    long before = FileHeader.NOT_ENCRYPTED;
    for (DataKey epoch : epochs) {
      if (epoch.id() <= before) {
        return false;
      }
      before = epoch.id();
    }
    return true;
  }

  /** Writes the file and puts it in the place of the one there is: synced, renamed, synced. */
  void replace(Storage storage) throws IOException {
    int length = covered.length + tag.length;
    ByteBuffer bytes = ByteBuffer.allocate(length + CRC_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(covered).put(tag);
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, length);
    bytes.putInt((int) crc.getValue()).flip();
    try (AppendFile file = createAnew(storage)) {
      file.append(bytes);
      file.sync();
    }
    storage.rename(FileNames.KEYS_TEMPORARY, FileNames.KEYS);
    storage.syncDirectory();
  }

  private static AppendFile createAnew(Storage storage) throws IOException {
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

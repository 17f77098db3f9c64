package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The data keys of an open, encrypted store: the content of the file {@code KEYS}, unwrapped.
 *
 * <p>Data keys are numbered by <em>epoch</em>. The newest encrypts new files; an older one is kept
 * as long as a file needs it. A file's own key is HKDF-SHA256 of a data key, with the salt in the
 * file's header and an info that contains all other fields of the header.
 *
 * <p><b>Threads:</b> any; one thread at a time rotates or retires. <b>Invariants:</b> a data key
 * encrypts a file only after the {@code KEYS} that contains it is durable. It is dropped only when
 * no file that the manifest names, and no file that is being written, is encrypted with it.
 */
public final class DataKeys implements FileCipherKeys {
  private static final String FILE_DOMAIN = "apexstore file key";
  private static final String WRAP_DOMAIN = "apexstore data key";

  private final Storage storage;
  private final KeyWrapper wrapper;
  private final EncryptionComponents components;
  private final TimeSource time;
  private final UUID storeId;
  // Serializes changes of KEYS; held during calls of the wrapper and during syncs.
  private final ReentrantLock changing = new ReentrantLock();
  // Held briefly: choosing the current epoch for a new file and registering the file is one step.
  private final ReentrantLock registering = new ReentrantLock();
  // Tags of files that have a header but that the manifest does not name yet, by file id.
  private final Map<Long, EncryptionTag> unreleased = new ConcurrentHashMap<>();
  private volatile KeyRing ring;

  // Guarded by changing: the newest generation that may be on disk.
  private long generationTried;
  // Guarded by changing.
  private boolean closed;

  /** An immutable snapshot of all data keys, wrapped and, by epoch, unwrapped. */
  private record KeyRing(long generation, List<DataKey> wrapped, Map<Long, byte[]> unwrapped) {
    DataKey newest() {
      return wrapped.getLast();
    }
  }

  private DataKeys(
      Storage storage,
      EncryptionComponents components,
      TimeSource time,
      UUID storeId,
      KeyRing ring) {
    this.storage = storage;
    this.wrapper = components.wrapper();
    this.components = components;
    this.time = time;
    this.storeId = storeId;
    this.ring = ring;
    this.generationTried = ring.generation;
  }

  /**
   * Returns the id of the key-encryption key that wraps a store's newest data key; null if the
   * store is not encrypted.
   */
  public static @Nullable String wrappedWith(Storage storage) throws IOException {
    DataKeyFile file = DataKeyFile.read(storage);
    return file == null ? null : file.dataKeys().getLast().wrappedWith();
  }

  /**
   * Reads and unwraps the data keys of a store; returns null if it has no {@code KEYS}.
   *
   * @param time the clock for the creation times of later data keys
   * @throws EngineException {@code KEY_UNAVAILABLE}, with the ids of both key-encryption keys, if
   *     the data keys cannot be unwrapped; {@code CORRUPTION} if the file is damaged or was
   *     tampered with
   */
  public static @Nullable DataKeys open(
      Storage storage, EncryptionComponents components, TimeSource time) throws IOException {
    DataKeyFile file = DataKeyFile.read(storage);
    if (file == null) {
      return null;
    }
    UUID storeId = file.header().storeId();
    Map<Long, byte[]> unwrapped = new TreeMap<>();
    for (DataKey dataKey : file.dataKeys()) {
      unwrapped.put(dataKey.epoch(), unwrap(storage, components.wrapper(), storeId, dataKey));
    }
    KeyRing ring = new KeyRing(file.header().fileId(), file.dataKeys(), Map.copyOf(unwrapped));
    DataKeys dataKeys = new DataKeys(storage, components, time, storeId, ring);
    if (!file.isSealedBy(dataKeys.cipher(file.header(), FileNames.KEYS))) {
      throw DataKeyFile.corrupt("seal", "an intact one", "a broken one");
    }
    return dataKeys;
  }

  /**
   * Creates the first data key of a new store. {@code KEYS} is durable when this returns.
   *
   * @param time the clock for the creation times of data keys
   */
  public static DataKeys create(
      Storage storage, EncryptionComponents components, TimeSource time, UUID storeId)
      throws IOException {
    KeyRing empty = new KeyRing(0, List.of(), Map.of());
    DataKeys dataKeys = new DataKeys(storage, components, time, storeId, empty);
    dataKeys.addDataKey();
    return dataKeys;
  }

  private static byte[] unwrap(Storage storage, KeyWrapper wrapper, UUID storeId, DataKey dataKey) {
    byte[] context = context(storeId, dataKey.epoch(), dataKey.createdMs());
    try {
      byte[] unwrapped = wrapper.unwrap(dataKey.wrappedWith(), dataKey.wrapped(), context);
      if (unwrapped.length == AesGcm.KEY_BYTES) {
        return unwrapped;
      }
      throw new EngineException(
          Failure.KEY_UNAVAILABLE,
          "it unwraps to " + unwrapped.length + " bytes, a data key has " + AesGcm.KEY_BYTES);
    } catch (EngineException e) {
      throw new EngineException(
          Failure.KEY_UNAVAILABLE,
          storage.describe()
              + ": the store's data keys are wrapped with key-encryption key "
              + dataKey.wrappedWith()
              + givenKey(wrapper)
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** Names the given key, unless the keys cannot be had at all, which the failure itself says. */
  private static String givenKey(KeyWrapper wrapper) {
    try {
      return ", and the current one of the given keys is " + wrapper.currentKeyId();
    } catch (EngineException e) {
      return "";
    }
  }

  private static byte[] context(UUID storeId, long epoch, long createdMs) {
    byte[] domain = WRAP_DOMAIN.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(domain.length + 4 * Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(domain)
        .putLong(storeId.getMostSignificantBits())
        .putLong(storeId.getLeastSignificantBits())
        .putLong(epoch)
        .putLong(createdMs)
        .array();
  }

  /** Returns the id of the store. */
  public UUID storeId() {
    return storeId;
  }

  @Override
  public long generation() {
    return ring.generation;
  }

  /** Returns the epoch of the data key that encrypts new files. */
  public long currentEpoch() {
    return ring.newest().epoch();
  }

  /** Returns all data keys in ascending order of epochs. */
  public List<DataKey> all() {
    return ring.wrapped;
  }

  /**
   * Rotates the key-encryption key, adds a data key, and wraps all data keys with the
   * key-encryption key that is then current.
   *
   * @throws EngineException {@code KEY_UNAVAILABLE}: nothing has changed; {@code CLOSED}
   * @throws IOException if {@code KEYS} could not be replaced: the data keys are unchanged
   */
  public void rotate() throws IOException {
    changing.lock();
    try {
      // Under one lock: a concurrent rotation could otherwise wrap with a key dropped meanwhile.
      requireOpen();
      wrapper.rotate();
      addDataKey();
    } finally {
      changing.unlock();
    }
  }

  /** Forbids further changes of {@code KEYS}, because another process may open the directory. */
  public void close() {
    changing.lock();
    try {
      closed = true;
    } finally {
      changing.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new EngineException(EngineException.Failure.CLOSED, "the store is closed");
    }
  }

  private void addDataKey() throws IOException {
    changing.lock();
    try {
      KeyRing before = ring;
      long epoch = before.wrapped.isEmpty() ? 1 : before.newest().epoch() + 1;
      byte[] added = new byte[AesGcm.KEY_BYTES];
      components.random().nextBytes(added);
      Map<Long, byte[]> unwrapped = new TreeMap<>(before.unwrapped);
      unwrapped.put(epoch, added);
      String wrappedWith = wrapper.currentKeyId();
      List<DataKey> wrapped = new ArrayList<>();
      for (DataKey old : before.wrapped) {
        wrapped.add(wrap(old.epoch(), old.createdMs(), wrappedWith, unwrapped));
      }
      wrapped.add(wrap(epoch, time.currentTimeMs(), wrappedWith, unwrapped));
      replace(wrapped, unwrapped);
    } finally {
      changing.unlock();
    }
  }

  private DataKey wrap(
      long epoch, long createdMs, String wrappedWith, Map<Long, byte[]> unwrapped) {
    byte[] dataKey = unwrapped.get(epoch);
    if (dataKey == null) {
      throw new IllegalStateException("there is no data key with epoch " + epoch);
    }
    byte[] wrapped = wrapper.wrap(wrappedWith, dataKey, context(storeId, epoch, createdMs));
    return new DataKey(epoch, createdMs, wrappedWith, wrapped);
  }

  /**
   * Drops the data keys that no file needs. Does nothing while a rotation is under way.
   *
   * @param inUse returns the epochs of the manifest and of all files that it names
   * @return whether any data key was dropped
   */
  boolean retire(Supplier<Set<Long>> inUse) throws IOException {
    // No waiting: a rotation may hold the lock during a slow request to a key-management service.
    if (ring.wrapped.size() == 1 || !changing.tryLock()) {
      return false;
    }
    try {
      requireOpen();
      Set<Long> needed = new HashSet<>();
      registering.lock();
      try {
        unreleased.values().forEach(tag -> needed.add(tag.dataKeyEpoch()));
      } finally {
        registering.unlock();
      }
      // After the files being written: the manifest may name one of them by now.
      needed.addAll(inUse.get());
      needed.add(currentEpoch());
      List<DataKey> kept = ring.wrapped.stream().filter(k -> needed.contains(k.epoch())).toList();
      if (kept.size() == ring.wrapped.size()) {
        return false;
      }
      Map<Long, byte[]> unwrapped = new TreeMap<>(ring.unwrapped);
      unwrapped.keySet().retainAll(needed);
      replace(kept, unwrapped);
      return true;
    } finally {
      changing.unlock();
    }
  }

  /** Writes and installs a new {@code KEYS}; called with the lock {@code changing}. */
  private void replace(List<DataKey> wrapped, Map<Long, byte[]> unwrapped) throws IOException {
    long generation = ++generationTried;
    KeyRing after = new KeyRing(generation, List.copyOf(wrapped), Map.copyOf(unwrapped));
    FileHeader header =
        new FileHeader(
            FileType.KEYS,
            DataKeyFile.VERSION,
            storeId,
            generation,
            after.newest().epoch(),
            salt());
    DataKeyFile.of(header, after.wrapped, cipher(header, after)).replace(storage);
    registering.lock();
    try {
      ring = after;
    } finally {
      registering.unlock();
    }
  }

  private byte[] salt() {
    byte[] salt = new byte[FileHeader.SALT_BYTES];
    components.random().nextBytes(salt);
    return salt;
  }

  @Override
  public int overheadBytes() {
    return AesGcm.TAG_BYTES;
  }

  @Override
  public FileHeader newHeader(FileType type, int formatVersion, UUID store, long fileId) {
    byte[] salt = salt();
    registering.lock();
    try {
      FileHeader header = new FileHeader(type, formatVersion, store, fileId, currentEpoch(), salt);
      unreleased.put(fileId, EncryptionTag.of(header));
      return header;
    } finally {
      registering.unlock();
    }
  }

  @Override
  public EncryptionTag encryptionTag(long fileId) {
    EncryptionTag tag = unreleased.get(fileId);
    if (tag == null) {
      throw new IllegalArgumentException("file " + fileId + " has no unreleased header");
    }
    return tag;
  }

  @Override
  public void release(long fileId) {
    unreleased.remove(fileId);
  }

  @Override
  public BlockCipher cipher(FileHeader header, String name) {
    if (!header.isEncrypted()) {
      throw EngineException.corruption(
          name,
          FileHeader.DATA_KEY_EPOCH_OFFSET,
          "data key epoch",
          "an epoch of the store",
          "none, the file is not encrypted");
    }
    KeyRing now = ring;
    if (!now.unwrapped.containsKey(header.dataKeyEpoch())) {
      throw EngineException.corruption(
          name,
          FileHeader.DATA_KEY_EPOCH_OFFSET,
          "data key epoch",
          "one of " + now.unwrapped.keySet(),
          header.dataKeyEpoch());
    }
    return cipher(header, now);
  }

  private BlockCipher cipher(FileHeader header, KeyRing from) {
    byte[] dataKey = from.unwrapped.get(header.dataKeyEpoch());
    if (dataKey == null) {
      throw new IllegalStateException("there is no data key with epoch " + header.dataKeyEpoch());
    }
    SecretKey fileKey = FileKeyDerivation.aesKey(dataKey, header.salt(), info(header));
    return new AesBlockCipher(header, fileKey, components.listener());
  }

  /** Returns the info of the key derivation: all fields of the header except the salt. */
  private static byte[] info(FileHeader header) {
    byte[] domain = FILE_DOMAIN.getBytes(StandardCharsets.US_ASCII);
    byte[] magic = header.type().magic().getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(domain.length + magic.length + Integer.BYTES + 4 * Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(domain)
        .put(magic)
        .putInt(header.formatVersion())
        .putLong(header.storeId().getMostSignificantBits())
        .putLong(header.storeId().getLeastSignificantBits())
        .putLong(header.fileId())
        .putLong(header.dataKeyEpoch())
        .array();
  }
}

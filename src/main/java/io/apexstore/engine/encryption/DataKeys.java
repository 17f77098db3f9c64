package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.EncryptionTag;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
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
 * The data keys of an open, encrypted store: the file {@code KEYS}, unwrapped.
 *
 * <p>A data key is an <em>epoch</em>. The newest serves new files; older ones are kept as long as a
 * file needs them. A file's own key is HKDF-SHA256 of its epoch's data key, with the salt in its
 * header and an info that names everything else in the header.
 *
 * <p><b>Threads:</b> any; keys are rotated and retired by one at a time. <b>Invariants:</b> an
 * epoch serves a file only when the {@code KEYS} that holds it is durable, and is dropped only when
 * no file that the manifest names, and none that is being written, is encrypted with it.
 */
public final class DataKeys implements FileCipherKeys {
  private static final String FILE_DOMAIN = "apexstore file key";
  private static final String WRAP_DOMAIN = "apexstore data key";

  private final Storage storage;
  private final KeyWrapper wrapper;
  private final KeyComponents components;
  private final UUID storeId;
  // Held over calls of the wrapper and over syncs.
  private final ReentrantLock changing = new ReentrantLock();
  // Held for moments: a new file takes the current epoch and is counted in one step.
  private final ReentrantLock counting = new ReentrantLock();
  private final Map<Long, EncryptionTag> unnamed = new ConcurrentHashMap<>();
  private volatile Ring ring;
  // Under the lock of changing: the newest generation that may be on disk.
  private long generationTried;
  // Under the lock of changing.
  private boolean closed;

  /**
   * What keys are made with.
   *
   * @param wrapper holds the key-encryption keys
   * @param random makes data keys and salts
   * @param time says when a key was made
   * @param listener is told of every seal; for tests
   */
  public record KeyComponents(
      KeyWrapper wrapper, SecureRandom random, TimeSource time, @Nullable SealListener listener) {}

  /** The keys after some number of changes. */
  private record Ring(long generation, List<DataKey> epochs, Map<Long, byte[]> dataKeys) {
    DataKey newest() {
      return epochs.getLast();
    }
  }

  private DataKeys(Storage storage, KeyComponents components, UUID storeId, Ring ring) {
    this.storage = storage;
    this.wrapper = components.wrapper();
    this.components = components;
    this.storeId = storeId;
    this.ring = ring;
    this.generationTried = ring.generation;
  }

  /** Returns the id of the key-encryption key that a store's keys are wrapped with, or null. */
  public static @Nullable String wrappedWith(Storage storage) throws IOException {
    DataKeyFile file = DataKeyFile.read(storage);
    return file == null ? null : file.epochs().getLast().wrappedWith();
  }

  /**
   * Reads the keys of a store; null if it has none.
   *
   * @throws EngineException {@code KEY_UNAVAILABLE}, naming both keys, if they cannot be unwrapped;
   *     {@code CORRUPTION} if the file is damaged or was tampered with
   */
  public static @Nullable DataKeys open(Storage storage, KeyComponents components)
      throws IOException {
    DataKeyFile file = DataKeyFile.read(storage);
    if (file == null) {
      return null;
    }
    UUID storeId = file.header().storeId();
    Map<Long, byte[]> dataKeys = new TreeMap<>();
    for (DataKey epoch : file.epochs()) {
      dataKeys.put(epoch.id(), unwrap(storage, components.wrapper(), storeId, epoch));
    }
    Ring ring = new Ring(file.header().fileId(), file.epochs(), Map.copyOf(dataKeys));
    DataKeys keys = new DataKeys(storage, components, storeId, ring);
    if (!file.isSealedBy(keys.cipher(file.header(), FileNames.KEYS))) {
      throw DataKeyFile.corrupt("seal", "one that holds", "a broken one");
    }
    return keys;
  }

  /** Makes the keys of a new store, durable when this returns. */
  public static DataKeys create(Storage storage, KeyComponents components, UUID storeId)
      throws IOException {
    DataKeys keys = new DataKeys(storage, components, storeId, new Ring(0, List.of(), Map.of()));
    keys.addEpoch();
    return keys;
  }

  private static byte[] unwrap(Storage storage, KeyWrapper wrapper, UUID storeId, DataKey epoch) {
    byte[] context = context(storeId, epoch.id(), epoch.madeMs());
    try {
      byte[] key = wrapper.unwrap(epoch.wrappedWith(), epoch.wrapped(), context);
      if (key.length == AesGcm.KEY_BYTES) {
        return key;
      }
      throw new EngineException(
          Failure.KEY_UNAVAILABLE, "it unwraps to " + key.length + " bytes, not to a data key");
    } catch (EngineException e) {
      throw new EngineException(
          Failure.KEY_UNAVAILABLE,
          storage.describe()
              + ": the store's keys are wrapped with key-encryption key "
              + epoch.wrappedWith()
              + ", and the current one of those given is "
              + currentKeyId(wrapper)
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static String currentKeyId(KeyWrapper wrapper) {
    try {
      return wrapper.currentKeyId();
    } catch (EngineException e) {
      return "not known (" + e.getMessage() + ")";
    }
  }

  private static byte[] context(UUID storeId, long epoch, long madeMs) {
    byte[] domain = WRAP_DOMAIN.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(domain.length + 4 * Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(domain)
        .putLong(storeId.getMostSignificantBits())
        .putLong(storeId.getLeastSignificantBits())
        .putLong(epoch)
        .putLong(madeMs)
        .array();
  }

  /** The store these are the keys of. */
  public UUID storeId() {
    return storeId;
  }

  @Override
  public long generation() {
    return ring.generation;
  }

  /** The epoch that serves new files. */
  public long currentEpoch() {
    return ring.newest().id();
  }

  /** All epochs by rising id. */
  public List<DataKey> epochs() {
    return ring.epochs;
  }

  /**
   * Makes a new epoch, and wraps all of them with what is then the current key-encryption key.
   *
   * @throws EngineException {@code KEY_UNAVAILABLE}: nothing has changed
   * @throws IOException if {@code KEYS} could not be replaced: the keys are as they were
   */
  public void rotate() throws IOException {
    changing.lock();
    try {
      // Together: two that take turns here would each wrap with a key that the other one dropped.
      requireOpen();
      wrapper.rotate();
      addEpoch();
    } finally {
      changing.unlock();
    }
  }

  /** Changes {@code KEYS} no more: the directory may get another owner. */
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

  private void addEpoch() throws IOException {
    changing.lock();
    try {
      Ring before = ring;
      long id = before.epochs.isEmpty() ? 1 : before.newest().id() + 1;
      byte[] dataKey = new byte[AesGcm.KEY_BYTES];
      components.random().nextBytes(dataKey);
      Map<Long, byte[]> dataKeys = new TreeMap<>(before.dataKeys);
      dataKeys.put(id, dataKey);
      String wrappedWith = wrapper.currentKeyId();
      List<DataKey> epochs = new ArrayList<>();
      for (DataKey epoch : before.epochs) {
        epochs.add(wrapped(epoch.id(), epoch.madeMs(), wrappedWith, dataKeys));
      }
      epochs.add(wrapped(id, components.time().currentTimeMs(), wrappedWith, dataKeys));
      replace(epochs, dataKeys);
    } finally {
      changing.unlock();
    }
  }

  private DataKey wrapped(long id, long madeMs, String wrappedWith, Map<Long, byte[]> dataKeys) {
    byte[] key = dataKeys.get(id);
    if (key == null) {
      throw new IllegalStateException("epoch " + id + " has no key");
    }
    byte[] wrapped = wrapper.wrap(wrappedWith, key, context(storeId, id, madeMs));
    return new DataKey(id, madeMs, wrappedWith, wrapped);
  }

  /**
   * Drops the epochs that nothing needs any more.
   *
   * @param inUse tells which epochs the files have that the manifest names, and itself
   * @return whether any was dropped
   */
  public boolean retire(Supplier<Set<Long>> inUse) throws IOException {
    // Who rotates may wait for a key service for long; the caller has other things to do.
    if (ring.epochs.size() == 1 || !changing.tryLock()) {
      return false;
    }
    try {
      requireOpen();
      Set<Long> needed = new HashSet<>();
      counting.lock();
      try {
        unnamed.values().forEach(tag -> needed.add(tag.keyId()));
      } finally {
        counting.unlock();
      }
      // Asked after the files being written were counted: one of them may be named by now.
      needed.addAll(inUse.get());
      needed.add(currentEpoch());
      List<DataKey> left = ring.epochs.stream().filter(e -> needed.contains(e.id())).toList();
      if (left.size() == ring.epochs.size()) {
        return false;
      }
      Map<Long, byte[]> dataKeys = new TreeMap<>(ring.dataKeys);
      dataKeys.keySet().retainAll(needed);
      replace(left, dataKeys);
      return true;
    } finally {
      changing.unlock();
    }
  }

  private void replace(List<DataKey> epochs, Map<Long, byte[]> dataKeys) throws IOException {
    long generation = ++generationTried;
    Ring after = new Ring(generation, List.copyOf(epochs), Map.copyOf(dataKeys));
    FileHeader header =
        new FileHeader(
            FileType.KEYS, DataKeyFile.VERSION, storeId, generation, after.newest().id(), salt());
    DataKeyFile.of(header, after.epochs, cipher(header, after)).replace(storage);
    counting.lock();
    try {
      ring = after;
    } finally {
      counting.unlock();
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
    counting.lock();
    try {
      FileHeader header = new FileHeader(type, formatVersion, store, fileId, currentEpoch(), salt);
      unnamed.put(fileId, header.keyTag());
      return header;
    } finally {
      counting.unlock();
    }
  }

  @Override
  public EncryptionTag tagOf(long fileId) {
    EncryptionTag tag = unnamed.get(fileId);
    if (tag == null) {
      throw new IllegalArgumentException("file " + fileId + " has no header that is not released");
    }
    return tag;
  }

  @Override
  public void release(long fileId) {
    unnamed.remove(fileId);
  }

  @Override
  public BlockCipher cipher(FileHeader header, String name) {
    if (header.keyId() == FileHeader.NOT_ENCRYPTED) {
      throw EngineException.corruption(name, 40, "key id", "one of the store's", "none");
    }
    Ring now = ring;
    if (!now.dataKeys.containsKey(header.keyId())) {
      throw EngineException.corruption(
          name, 40, "key id", "one of " + now.dataKeys.keySet(), header.keyId());
    }
    return cipher(header, now);
  }

  private BlockCipher cipher(FileHeader header, Ring from) {
    byte[] dataKey = from.dataKeys.get(header.keyId());
    if (dataKey == null) {
      throw new IllegalStateException("epoch " + header.keyId() + " has no key");
    }
    SecretKey key = FileKeyDerivation.aesKey(dataKey, header.salt(), info(header));
    return new AesBlockCipher(header, key, components.listener());
  }

  /** Names the file: everything in its header but the salt, which goes in by itself. */
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
        .putLong(header.keyId())
        .array();
  }
}

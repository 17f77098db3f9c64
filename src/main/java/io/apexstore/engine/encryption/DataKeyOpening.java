package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The first step of opening a store: opens or creates its data keys before any other file is read,
 * and checks that they fit the store.
 *
 * <p>From its first file on, either all files of a store are encrypted or none is. Otherwise anyone
 * who can write the directory could add a file that is not encrypted. Therefore a store that is not
 * encrypted cannot be opened with an encryption key, and an encrypted one cannot be opened without.
 */
public final class DataKeyOpening {
  private DataKeyOpening() {}

  /** Reads the header of a store's manifest, for which no encryption key is needed. */
  @FunctionalInterface
  public interface ManifestHeader {
    /**
     * Returns the header.
     *
     * @throws EngineException {@code CORRUPTION} or {@code UNSUPPORTED_FORMAT}
     */
    FileHeader read() throws IOException;
  }

  /**
   * Opens or creates the data keys of a store.
   *
   * @param encryption the encryption components that the store is opened with; null if none
   * @param time the clock for the creation times of data keys
   * @param createIfMissing whether an empty directory becomes a new store; data keys are then
   *     created for it
   * @param manifest read only if the store has a manifest but no {@code KEYS}
   * @return null if the store is not encrypted and {@code encryption} is null, or if there is no
   *     store and none is created
   * @throws EngineException {@code KEY_UNAVAILABLE} if the store is encrypted and no encryption key
   *     was given, or the given one does not unwrap its data keys; {@code INVALID_REQUEST} if an
   *     encryption key was given and the store is not encrypted; {@code CORRUPTION}, {@code
   *     UNSUPPORTED_FORMAT}
   */
  public static @Nullable DataKeys open(
      Storage storage,
      @Nullable EncryptionComponents encryption,
      TimeSource time,
      boolean createIfMissing,
      ManifestHeader manifest)
      throws IOException {
    if (encryption == null) {
      requireNotEncrypted(storage);
      return null;
    }
    DataKeys dataKeys = DataKeys.open(storage, encryption, time);
    if (dataKeys != null) {
      return dataKeys;
    }
    List<String> names = storage.list();
    if (names.contains(FileNames.MANIFEST)) {
      throw withoutDataKeyFile(storage, manifest.read());
    }
    boolean isEmpty = names.stream().noneMatch(name -> FileNames.idOf(name) >= 0);
    return createIfMissing && isEmpty
        ? DataKeys.create(storage, encryption, time, UUID.randomUUID())
        : null;
  }

  private static void requireNotEncrypted(Storage storage) throws IOException {
    String wrappedWith = DataKeys.wrappedWith(storage);
    if (wrappedWith != null) {
      throw new EngineException(
          Failure.KEY_UNAVAILABLE,
          storage.describe()
              + ": the store is encrypted, its data keys are wrapped with key-encryption key "
              + wrappedWith
              + ", and none was given");
    }
  }

  private static EngineException withoutDataKeyFile(Storage storage, FileHeader manifest) {
    return manifest.isEncrypted()
        ? new EngineException(
            Failure.CORRUPTION,
            storage.describe()
                + ": MANIFEST is encrypted with data key epoch "
                + manifest.dataKeyEpoch()
                + ", but the file KEYS, which holds the data keys, is missing: restore it from a"
                + " copy")
        : new EngineException(
            Failure.INVALID_REQUEST,
            storage.describe()
                + ": the store is not encrypted, but a key-encryption key was given; open it"
                + " without one, or copy its content into a new, encrypted store");
  }
}

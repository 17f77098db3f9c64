package io.apexstore.engine.encryption;

import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.DataKeys.KeyComponents;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestReader;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a store is encrypted with before anything of it is read.
 *
 * <p>All of a store is encrypted or nothing is, from its first file on: so that whoever can write
 * the directory cannot slip in a file that is not. A store that is not encrypted is therefore not
 * opened with a key, nor the other way round.
 */
public final class DataKeyOpening {
  private DataKeyOpening() {}

  /**
   * Returns the keys of the store in a storage; null if it is not encrypted, as is right then.
   *
   * @param encryption what the store was opened with
   * @param createIfMissing whether a directory without a store becomes one; keys are made for it
   * @throws EngineException {@code KEY_UNAVAILABLE} if a key is needed that was not given, {@code
   *     INVALID_REQUEST} if a key was given that is not needed, {@code CORRUPTION}, {@code
   *     UNSUPPORTED_FORMAT}
   */
  public static @Nullable DataKeys open(
      Storage storage,
      EngineComponents.@Nullable Encryption encryption,
      TimeSource time,
      boolean createIfMissing)
      throws IOException {
    if (encryption == null) {
      requireNotEncrypted(storage);
      return null;
    }
    KeyComponents components =
        new KeyComponents(encryption.wrapper(), encryption.random(), time, encryption.listener());
    DataKeys keys = DataKeys.open(storage, components);
    if (keys != null) {
      return keys;
    }
    List<String> names = storage.list();
    if (names.contains(FileNames.MANIFEST)) {
      throw withoutKeys(storage);
    }
    boolean isEmpty = names.stream().noneMatch(name -> FileNames.idOf(name) >= 0);
    return createIfMissing && isEmpty
        ? DataKeys.create(storage, components, UUID.randomUUID())
        : null;
  }

  private static void requireNotEncrypted(Storage storage) throws IOException {
    String wrappedWith = DataKeys.wrappedWith(storage);
    if (wrappedWith != null) {
      throw new EngineException(
          Failure.KEY_UNAVAILABLE,
          storage.describe()
              + ": the store is encrypted, its keys are wrapped with key-encryption key "
              + wrappedWith
              + ", and none was given");
    }
  }

  private static EngineException withoutKeys(Storage storage) throws IOException {
    long epoch = ManifestReader.header(storage, FileNames.MANIFEST).keyId();
    return epoch == FileHeader.NOT_ENCRYPTED
        ? new EngineException(
            Failure.INVALID_REQUEST,
            storage.describe()
                + ": the store is not encrypted, and a key-encryption key was given; open it"
                + " without one, or put its content into a new, encrypted store")
        : new EngineException(
            Failure.CORRUPTION,
            storage.describe()
                + ": MANIFEST is encrypted with key epoch "
                + epoch
                + ", and KEYS, which holds that key, is missing: restore it from a copy");
  }
}

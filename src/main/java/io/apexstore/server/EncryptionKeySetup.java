package io.apexstore.server;

import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.error.ApexException;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.Option;
import io.apexstore.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The key-encryption keys that the server opens its store with.
 *
 * @param provider the keys, or null if the store is not encrypted
 * @param notice one line for the operator about the encryption of the store
 */
record EncryptionKeySetup(@Nullable EncryptionKeyProvider provider, String notice) {

  /**
   * Finds the keys, or creates a key file for a new store that has none.
   *
   * @throws ConfigException if the configuration contradicts the existing store, or the key file
   *     has no safe place
   * @throws ApexException {@code KEY_UNAVAILABLE} if a key file cannot be used
   */
  static EncryptionKeySetup find(ServerConfig config) {
    return find(config, MountPoint::is);
  }

  static EncryptionKeySetup find(ServerConfig config, Predicate<Path> isMountPoint) {
    Path store = config.storeDirectory();
    boolean exists = Files.exists(store.resolve("MANIFEST"), LinkOption.NOFOLLOW_LINKS);
    boolean encrypted = Files.exists(store.resolve("KEYS"), LinkOption.NOFOLLOW_LINKS);
    if (!config.encryptionEnabled()) {
      return new EncryptionKeySetup(
          null, "encryption is off: anyone who can read the disk can read the data");
    }
    if (exists && !encrypted) {
      throw new ConfigException(
          "ENCRYPTION_ENABLED: given \"true\", but the store in "
              + store
              + " was created without encryption (or its file KEYS is lost); allowed: false, or"
              + " another DATA_DIR, to which the data is moved by export and import (see the manual"
              + " on encryption)");
    }
    String text = config.encryptionKey();
    if (text != null) {
      return new EncryptionKeySetup(
          ofText(text), "encryption is on, with the keys in ENCRYPTION_KEY");
    }
    Path file = config.encryptionKeyFile().toAbsolutePath().normalize();
    refuseInside(config, file);
    if (Files.exists(file)) {
      return new EncryptionKeySetup(
          EncryptionKeyProvider.ofFile(file), "encryption is on, with the keys in " + file);
    }
    if (exists || encrypted) {
      return new EncryptionKeySetup(new Missing(file), "");
    }
    if (!config.encryptionKeyFileGiven() && isMountPoint.test(config.dataDirectory())) {
      throw new ConfigException(
          "ENCRYPTION_KEY_FILE: not given, and DATA_DIR \""
              + config.dataDirectory()
              + "\" is a mount point, so a key file next to it would be lost with this machine or"
              + " container; allowed: a path outside DATA_DIR on storage that is kept, or"
              + " ENCRYPTION_ENABLED=false");
    }
    return new EncryptionKeySetup(
        EncryptionKeyProvider.createFile(file),
        "encryption is on; a new key was written to "
            + file
            + ": back up this file, separately from the data; without it the data cannot be read");
  }

  // The message must not repeat the text, which is secret.
  private static EncryptionKeyProvider ofText(String text) {
    try {
      return EncryptionKeyProvider.ofText(text);
    } catch (ApexException e) {
      throw new ConfigException(
          Option.ENCRYPTION_KEY.name()
              + ": "
              + e.getMessage()
              + "; allowed: 32 bytes in Base64; several, separated by commas");
    }
  }

  private static void refuseInside(ServerConfig config, Path file) {
    Path data = config.dataDirectory().toAbsolutePath().normalize();
    if (file.startsWith(data) || real(file).startsWith(real(data))) {
      throw new ConfigException(
          "ENCRYPTION_KEY_FILE: given \""
              + file
              + "\", which is inside DATA_DIR; allowed: a path outside of it, so that a copy of the"
              + " data does not contain its key");
    }
  }

  /** Resolves the symbolic links of a path, as far as the path exists. */
  private static Path real(Path path) {
    Path parent = path.getParent();
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return parent == null ? path : real(parent).resolve(String.valueOf(path.getFileName()));
    }
  }

  /**
   * A key provider for a key file that does not exist. The store is opened with it, so that the
   * error names the key that the store needs.
   */
  private record Missing(Path file) implements EncryptionKeyProvider {
    @Override
    public String currentKeyId() {
      throw missing();
    }

    @Override
    public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
      throw missing();
    }

    @Override
    public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
      throw missing();
    }

    private ApexException missing() {
      return new ApexException(
          ApexException.Code.KEY_UNAVAILABLE, "the key file " + file + " does not exist", null);
    }
  }
}

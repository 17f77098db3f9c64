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
 * The key-encryption keys that the server opens its store with, found or made at the start.
 *
 * @param provider the keys; null: the store is not encrypted
 * @param notice what the operator is told
 */
record EncryptionKeySetup(@Nullable EncryptionKeyProvider provider, String notice) {

  /**
   * Finds the keys; for a new store without any, makes a key file.
   *
   * @throws ConfigException if the configuration does not fit what is there
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
          null, "encryption is off: whoever reads the disk reads the data");
    }
    if (exists && !encrypted) {
      throw new ConfigException(
          "ENCRYPTION_ENABLED: given \"true\", but the store in "
              + store
              + " was made without encryption (or has lost its file KEYS); allowed: false, or another DATA_DIR, into which the"
              + " data is moved by export and import (see the manual on encryption)");
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
              + "\" is a mount point, so that a key made beside it would be lost with this machine"
              + " or container; allowed: a path that is kept, outside of DATA_DIR; or"
              + " ENCRYPTION_ENABLED=false");
    }
    return new EncryptionKeySetup(
        EncryptionKeyProvider.createFile(file),
        "encryption is on; its key was made and written to "
            + file
            + ": back that file up, apart from the data, for without it the data cannot be read");
  }

  // The message does not repeat the text.
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
              + "\", which is inside DATA_DIR; allowed: a path outside of it, for who gets the data"
              + " must not get its key with it");
    }
  }

  // Where a path leads once links are followed, as far as there is something.
  private static Path real(Path path) {
    Path parent = path.getParent();
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return parent == null ? path : real(parent).resolve(String.valueOf(path.getFileName()));
    }
  }

  /** Stands for a key file that is not there, so that the store says which key it wants. */
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

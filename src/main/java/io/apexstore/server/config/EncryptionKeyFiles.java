package io.apexstore.server.config;

import java.nio.file.Path;

/** The default place of the file with the key-encryption keys. */
public final class EncryptionKeyFiles {
  private static final String SUFFIX = ".key";

  private EncryptionKeyFiles() {}

  /**
   * Returns the default key file of a data directory: a sibling with its name and the suffix {@code
   * .key}. It is never inside the data directory, so a copy of the data does not contain its key.
   */
  public static Path beside(Path dataDirectory) {
    Path absolute = dataDirectory.toAbsolutePath().normalize();
    return absolute.resolveSibling(absolute.getFileName() + SUFFIX);
  }
}

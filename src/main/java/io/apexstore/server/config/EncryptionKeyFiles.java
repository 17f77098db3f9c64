package io.apexstore.server.config;

import java.nio.file.Path;

/** Where the key file is unless told otherwise. */
public final class EncryptionKeyFiles {
  private static final String SUFFIX = ".key";

  private EncryptionKeyFiles() {}

  /** Returns the key file beside a data directory, never inside: its name with .key behind it. */
  public static Path beside(Path dataDirectory) {
    Path absolute = dataDirectory.toAbsolutePath().normalize();
    return absolute.resolveSibling(absolute.getFileName() + SUFFIX);
  }
}

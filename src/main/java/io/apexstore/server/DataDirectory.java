package io.apexstore.server;

import io.apexstore.error.FileErrors;
import io.apexstore.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** The directory of all data of the server. Only its owner has access. */
final class DataDirectory {
  private DataDirectory() {}

  /**
   * Creates the directory if it does not exist.
   *
   * @throws ConfigException if it cannot be created, or is a symbolic link, which could be changed
   *     to point elsewhere
   */
  static void prepare(Path directory) {
    try {
      if (Files.isSymbolicLink(directory)) {
        throw new ConfigException(
            "DATA_DIR: given \""
                + directory
                + "\", which is a symbolic link; allowed: a directory");
      }
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(directory, ownerOnly(directory));
    } catch (IOException e) {
      throw new ConfigException(
          "DATA_DIR: given \""
              + directory
              + "\", which cannot be created ("
              + FileErrors.reason(e)
              + "); allowed: a directory");
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path directory) {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
    };
  }
}

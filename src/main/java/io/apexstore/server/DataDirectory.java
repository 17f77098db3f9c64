package io.apexstore.server;

import io.apexstore.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** The folder of everything that the server keeps: its owner's alone. */
final class DataDirectory {
  private DataDirectory() {}

  /**
   * Makes the folder where there is none.
   *
   * @throws ConfigException if it cannot be, or is a link that somebody may point elsewhere
   */
  static void prepare(Path folder) {
    try {
      if (Files.isSymbolicLink(folder)) {
        throw new ConfigException(
            "DATA_DIR: given \"" + folder + "\", which is a symbolic link; allowed: a folder");
      }
      if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(folder, ownerOnly(folder));
    } catch (IOException e) {
      // The message of such an exception is the path alone.
      throw new ConfigException(
          "DATA_DIR: given \""
              + folder
              + "\", which cannot be made ("
              + e.getClass().getSimpleName()
              + "); allowed: a folder");
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path folder) {
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
    };
  }
}

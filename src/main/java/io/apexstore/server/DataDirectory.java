package io.apexstore.server;

import io.apexstore.error.FileErrors;
import io.apexstore.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Consumer;

/** The directory of all data of the server. Only its owner has access. */
final class DataDirectory {
  private DataDirectory() {}

  /**
   * Creates the directory if it does not exist. An existing one keeps its mode: it may be a volume
   * whose mode its user cannot change.
   *
   * @param warnings takes a line if users other than the owner have access to an existing directory
   * @throws ConfigException if it cannot be created, or is a symbolic link, which could be changed
   *     to point elsewhere
   */
  static void prepare(Path directory, Consumer<String> warnings) {
    try {
      if (Files.isSymbolicLink(directory)) {
        throw new ConfigException(
            "DATA_DIR: given \""
                + directory
                + "\", which is a symbolic link; allowed: a directory");
      }
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        warnIfOpenToOthers(directory, warnings);
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

  private static void warnIfOpenToOthers(Path directory, Consumer<String> warnings)
      throws IOException {
    if (!supportsModes(directory)) {
      return;
    }
    String mode =
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS));
    if (!mode.endsWith("------")) {
      warnings.accept(
          "DATA_DIR "
              + directory
              + " is open to other users (mode "
              + mode
              + "): who may write there can replace files of the store; chmod 700 closes it");
    }
  }

  private static boolean supportsModes(Path directory) {
    return directory.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static FileAttribute<?>[] ownerOnly(Path directory) {
    if (!supportsModes(directory)) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
    };
  }
}

package io.apexstore.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Mount points: directories at which another file system begins, such as a container's volumes. */
final class MountPoint {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int PATH_FIELD = 4;

  private MountPoint() {}

  /** Returns whether a directory is a mount point; false if that cannot be determined. */
  static boolean is(Path directory) {
    try {
      Path real = directory.toRealPath();
      Path parent = real.getParent();
      if (parent == null) {
        return true;
      }
      return isListed(real) || !Objects.equals(device(real), device(parent));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false; // the key file is then created next to the data
    }
  }

  private static Object device(Path directory) throws IOException {
    return Files.getAttribute(directory, "unix:dev");
  }

  /** A bind mount has the same device as its parent, and is found only in the list of mounts. */
  private static boolean isListed(Path directory) throws IOException {
    if (!Files.isReadable(MOUNTS)) {
      return false;
    }
    for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > PATH_FIELD
          && fields[PATH_FIELD].replace("\\040", " ").equals(directory.toString())) {
        return true;
      }
    }
    return false;
  }
}

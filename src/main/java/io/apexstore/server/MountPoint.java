package io.apexstore.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Tells whether a file system of its own begins at a folder, as a container's volumes do. */
final class MountPoint {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int PATH_FIELD = 4;

  private MountPoint() {}

  static boolean is(Path folder) {
    try {
      Path real = folder.toRealPath();
      Path parent = real.getParent();
      if (parent == null) {
        return true;
      }
      return isListed(real) || !Objects.equals(device(real), device(parent));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false; // Where it cannot be told, the key goes beside the data.
    }
  }

  private static Object device(Path folder) throws IOException {
    return Files.getAttribute(folder, "unix:dev");
  }

  /** Bind mounts are of the same device as their surroundings. */
  private static boolean isListed(Path folder) throws IOException {
    if (!Files.isReadable(MOUNTS)) {
      return false;
    }
    for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > PATH_FIELD
          && fields[PATH_FIELD].replace("\\040", " ").equals(folder.toString())) {
        return true;
      }
    }
    return false;
  }
}

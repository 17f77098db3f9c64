package io.apexstore.engine.io;

import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * Operations on a small file outside any store that no one but its owner may read: its mode is 0600
 * if the file system supports modes.
 *
 * <p>Several processes may share such a file. A change holds the lock of a file next to it, whose
 * name ends in {@code .lock}, from reading the old content until the new content is durable, so
 * that no change is lost. A reader sees the content before or after a change.
 *
 * <p><b>Threads:</b> any.
 */
public final class SecretFile {
  private static final int BYTES_MAX = 1 << 20;
  private static final String TEMPORARY_SUFFIX = ".tmp";
  private static final String LOCK_SUFFIX = ".lock";
  // A change takes a few milliseconds; the lock of a dead process is free.
  private static final long LOCK_NANOS_MAX = 10_000_000_000L;
  private static final long LOCK_NANOS_BETWEEN = 5_000_000;
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  private SecretFile() {}

  /**
   * Reads a file.
   *
   * @throws NoSuchFileException if it does not exist
   * @throws IOException if anyone but its owner may read or write it, or if it is larger than 1 MiB
   */
  public static byte[] read(Path file) throws IOException {
    try {
      return readOwned(file);
    } catch (FileSystemException e) {
      throw FileErrors.explained("reading", file, e);
    }
  }

  private static byte[] readOwned(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw Files.exists(file)
          ? new IOException(file + " is not a regular file")
          : new NoSuchFileException(file.toString());
    }
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
      others.addAll(Files.getPosixFilePermissions(file));
      others.removeAll(OWNERS);
      if (!others.isEmpty()) {
        throw new IOException(
            file + " is accessible to others than its owner; restrict it with: chmod 600 " + file);
      }
    }
    if (Files.size(file) > BYTES_MAX) {
      throw new IOException(file + " is larger than " + BYTES_MAX + " bytes");
    }
    return Files.readAllBytes(file);
  }

  /**
   * Creates a file, and its folder if that does not exist. The file is durable when this returns.
   *
   * @throws FileAlreadyExistsException if the file exists; it is not changed
   */
  public static void create(Path file, byte[] content) throws IOException {
    try (FileStorage folder = FileStorage.open(parent(file));
        AutoCloseable _ = lock(folder, name(file))) {
      if (folder.list().contains(name(file))) {
        throw new FileAlreadyExistsException(file.toString(), null, "it exists already");
      }
      write(folder, name(file), content);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /**
   * Replaces the content of a file atomically. The new content is durable when this returns. If the
   * path is a symbolic link, its target is replaced and not the link.
   *
   * @param change returns the new content for the old content; no other change happens meanwhile
   * @throws IOException as {@link #read} does, or if the file cannot be replaced: it is unchanged
   */
  public static void change(Path file, UnaryOperator<byte[]> change) throws IOException {
    Path real = realPath(file);
    try (FileStorage folder = FileStorage.open(parent(real));
        AutoCloseable _ = lock(folder, name(real))) {
      write(folder, name(real), change.apply(read(real)));
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static Path realPath(Path file) throws IOException {
    try {
      return file.toRealPath();
    } catch (FileSystemException e) {
      throw FileErrors.explained("finding", file, e);
    }
  }

  private static AutoCloseable lock(FileStorage folder, String name) throws IOException {
    long start = System.nanoTime();
    while (true) {
      try {
        return folder.lock(name + LOCK_SUFFIX);
      } catch (StorageLockedException e) {
        if (System.nanoTime() - start > LOCK_NANOS_MAX) {
          throw new IOException(name + " is being changed by another process: " + e.getMessage());
        }
        LockSupport.parkNanos(LOCK_NANOS_BETWEEN);
      }
    }
  }

  private static void write(FileStorage folder, String name, byte[] content) throws IOException {
    String temporary = name + TEMPORARY_SUFFIX;
    if (folder.list().contains(temporary)) {
      folder.delete(temporary);
    }
    try (AppendFile written = folder.create(temporary)) {
      written.append(ByteBuffer.wrap(content));
      written.sync();
    }
    folder.rename(temporary, name);
    folder.syncDirectory();
  }

  private static Path parent(Path file) throws IOException {
    Path parent = file.toAbsolutePath().normalize().getParent();
    if (parent == null) {
      throw new NoSuchFileException(file.toString());
    }
    return Files.isDirectory(parent) ? parent.toRealPath() : parent;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}

package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
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
 * A small file, outside any store, that nobody but its owner may read: mode 0600, where the file
 * system knows modes.
 *
 * <p>Several processes may share one. A change holds a lock, on a file beside it whose name ends in
 * {@code .lock}, from reading what it changes until the change is durable, so that none is lost;
 * who only reads sees the file before or after a change.
 *
 * <p><b>Threads:</b> any.
 */
public final class SecretFile {
  private static final int BYTES_MAX = 1 << 20;
  private static final String TEMPORARY_SUFFIX = ".tmp";
  private static final String LOCK_SUFFIX = ".lock";
  // A change takes some milliseconds; the lock of a process that died is free.
  private static final long LOCK_NANOS_MAX = 10_000_000_000L;
  private static final long LOCK_NANOS_BETWEEN = 5_000_000;
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  private SecretFile() {}

  /**
   * Reads a file.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if others than the owner may read or write it, or it is too large
   */
  public static byte[] read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString(), null, "there is no such file");
    }
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
      others.addAll(Files.getPosixFilePermissions(file));
      others.removeAll(OWNERS);
      if (!others.isEmpty()) {
        throw new IOException(
            file + " may be used by others than its owner; allow that nobody: chmod 600 " + file);
      }
    }
    if (Files.size(file) > BYTES_MAX) {
      throw new IOException(file + " is too large, allowed are " + BYTES_MAX + " bytes");
    }
    return Files.readAllBytes(file);
  }

  /**
   * Makes a file, durable when this returns; the folder is made if it is missing.
   *
   * @throws FileAlreadyExistsException if there is one; it is not touched
   */
  public static void create(Path file, byte[] content) throws IOException {
    try (FileStorage folder = FileStorage.open(parent(file));
        AutoCloseable _ = lock(folder, name(file))) {
      if (folder.list().contains(name(file))) {
        throw new FileAlreadyExistsException(file.toString());
      }
      write(folder, name(file), content);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /**
   * Replaces what a file holds in one step, durable when this returns. Where a link leads to it,
   * the file is replaced and not the link.
   *
   * @param change makes what the file shall hold of what it holds; nobody changes it meanwhile
   * @throws IOException as {@link #read} does, or if the file cannot be replaced: it is as it was
   */
  public static void change(Path file, UnaryOperator<byte[]> change) throws IOException {
    Path real = file.toRealPath();
    try (FileStorage folder = FileStorage.open(parent(real));
        AutoCloseable _ = lock(folder, name(real))) {
      write(folder, name(real), change.apply(read(real)));
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
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

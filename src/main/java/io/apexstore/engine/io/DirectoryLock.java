package io.apexstore.engine.io;

import io.apexstore.engine.base.SafeLogger;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lock that restricts a directory to one open store. It consists of the operating system's lock
 * on a file, which ends with the process, however the process ends, and of a registry for the
 * stores of this process, which that lock does not distinguish.
 *
 * <p>The file's content names the holder, for the error message that the next process gets. Content
 * that a dead process left has no meaning: only the operating system's lock counts. Releasing the
 * lock restores the previous content, so that a refused open changes no file.
 *
 * <p>POSIX drops a process's lock on a file when the process closes <em>any</em> descriptor of that
 * file. Therefore the file is never opened while this process holds the lock: {@link #take} checks
 * the registry first, and {@link FileStorage#open} refuses the name.
 *
 * <p>A lock file that is deleted or replaced while it is locked restricts no one any more: the
 * {@link HeldDirectory} notices that, and the store that held it refuses writes.
 *
 * <p><b>Threads:</b> any.
 */
final class DirectoryLock implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(DirectoryLock.class);
  private static final int HOLDER_BYTES_MAX = 256;
  private static final int ATTEMPTS_MAX = 3;
  private static final Set<OpenOption> TO_OWN =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> TO_SHARE =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  /** The lock files held by this process: directory and name, and inode if there is one. */
  private static final Set<Object> HELD = new HashSet<>();

  /**
   * Files locked by a copy of this class in another class loader. They are never closed, because
   * closing would release that lock.
   */
  private static final List<PositionalFile> NEVER_CLOSED = new ArrayList<>();

  private final HeldDirectory directory;
  private final List<Object> ids;
  private final PositionalFile file;
  // Null for a shared lock, which changes no file.
  private final @Nullable ByteBuffer previousContent;
  private boolean closed;

  private DirectoryLock(
      HeldDirectory directory,
      List<Object> ids,
      PositionalFile file,
      @Nullable ByteBuffer previousContent) {
    this.directory = directory;
    this.ids = ids;
    this.file = file;
    this.previousContent = previousContent;
  }

  /** Returns whether this process holds the lock file of that name. */
  static boolean isHeld(HeldDirectory directory, String name) {
    synchronized (HELD) {
      return HELD.contains(directory.idOf(name));
    }
  }

  /** Takes the lock. The directory compares the lock file from now on. */
  static DirectoryLock take(HeldDirectory directory, String name, FileAttribute<?>... attributes)
      throws IOException {
    return take(directory, name, TO_OWN, attributes);
  }

  /**
   * Takes a lock that excludes whoever takes the lock itself, but not others that take a shared
   * one. It changes no file.
   *
   * @return null if there is no lock file
   */
  static @Nullable DirectoryLock takeShared(HeldDirectory directory, String name)
      throws IOException {
    try {
      return take(directory, name, TO_SHARE);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static DirectoryLock take(
      HeldDirectory directory, String name, Set<OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    synchronized (HELD) {
      for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        DirectoryLock lock = takeUnlessReplaced(directory, name, options, attributes);
        if (lock != null) {
          return lock;
        }
      }
    }
    throw new IOException(
        directory.path().resolve(name) + " was replaced again and again while it was being locked");
  }

  /**
   * Takes the lock, with the registry's lock held. Returns null if the file that was locked is not
   * the one of that name: someone replaced it, or an overlay file system copied it when it was
   * opened.
   */
  private static @Nullable DirectoryLock takeUnlessReplaced(
      HeldDirectory directory, String name, Set<OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    Path path = directory.path().resolve(name);
    List<Object> ids = new ArrayList<>(List.of(directory.idOf(name)));
    Object before = inode(path);
    if (before != null) {
      ids.add(before);
    }
    if (ids.stream().anyMatch(HELD::contains)) {
      throw heldBy(path, "this process (pid " + ProcessHandle.current().pid() + ")");
    }
    PositionalFile file = lockFile(path, options, attributes);
    try {
      Object locked = inode(path);
      directory.requireDirectory();
      boolean created = before == null && (locked != null || !directory.hasKey());
      if (!created && (before == null || !before.equals(locked))) {
        file.close();
        return null;
      }
      if (created && locked != null) {
        ids.add(locked);
      }
      ByteBuffer previousContent = null;
      if (options.equals(TO_OWN)) {
        previousContent = content(file);
        nameHolder(file);
        directory.guard(path, locked);
      }
      HELD.addAll(ids);
      return new DirectoryLock(directory, ids, file, previousContent);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Returns device and inode; null if there is no such file, or if the system has none. */
  private static @Nullable Object inode(Path path) throws IOException {
    try {
      return HeldDirectory.keyOf(path);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static PositionalFile lockFile(
      Path path, Set<OpenOption> options, FileAttribute<?>... attributes) throws IOException {
    PositionalFile file = PositionalFile.open(path, options, attributes);
    try {
      if (file.tryLock(options.equals(TO_SHARE)) == null) {
        throw heldBy(path, holder(file));
      }
      return file;
    } catch (OverlappingFileLockException e) {
      NEVER_CLOSED.add(file);
      throw heldBy(path, holder(file));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static StorageLockedException heldBy(Path path, String holder) {
    return new StorageLockedException(path.getParent() + " is in use by " + holder);
  }

  private static String self() {
    ProcessHandle process = ProcessHandle.current();
    Instant started = process.info().startInstant().orElse(Instant.EPOCH);
    return "process " + process.pid() + " started " + started + "\n";
  }

  // The name is only informative, so a failure, such as a full disk, does not prevent opening.
  private static void nameHolder(PositionalFile file) {
    try {
      setContent(file, ByteBuffer.wrap(self().getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the lock file does not name this process", e);
    }
  }

  private static void setContent(PositionalFile file, ByteBuffer content) throws IOException {
    file.truncate(0);
    file.write(0, content);
  }

  private static ByteBuffer content(PositionalFile file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(HOLDER_BYTES_MAX);
    file.read(0, bytes);
    return bytes.flip();
  }

  private static String holder(PositionalFile file) throws IOException {
    String holder = StandardCharsets.UTF_8.decode(content(file)).toString().strip();
    return holder.isEmpty()
        ? "another process that is just starting, or that verifies the store"
        : holder;
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (closed) {
        return;
      }
      closed = true;
      try (file) {
        restoreContent();
      } finally {
        HELD.removeAll(ids);
      }
    }
  }

  // The content is only informative, so a failure, such as a full disk, does not prevent closing.
  private void restoreContent() {
    ByteBuffer previous = previousContent;
    if (previous == null) {
      return;
    }
    directory.unguard();
    try {
      setContent(file, previous);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the lock file still names this process", e);
    }
  }
}

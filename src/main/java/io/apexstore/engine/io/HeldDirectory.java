package io.apexstore.engine.io;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedDirectoryStreamException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is held by its identity, which is its device and inode, and not by its name.
 * Someone may move it away, and another store may be created under its name; someone may delete the
 * lock file, and another process may lock a new one. From then on this directory is <em>lost</em>:
 * nothing in it is created, renamed or deleted, and no sync succeeds.
 *
 * <p>How a loss is noticed, and what it cannot harm:
 *
 * <ul>
 *   <li>Before a file is created, renamed or deleted, the directory and the lock file are compared
 *       with those that were opened.
 *   <li>On Linux and macOS these operations then go to the open directory itself ({@code openat},
 *       {@code renameat}, {@code unlinkat}), so that they cannot reach a successor of the same name
 *       even if the directory is moved after the comparison. Java opens a file for uninterruptible
 *       reading and writing only by its path; therefore the directory is compared again after that,
 *       and before the first byte is read or written.
 *   <li>After each sync the lock file is compared. If another process locks a new lock file before
 *       that, the sync fails, and its writes are not acknowledged. If it does so later, it finds
 *       them in the log. So no acknowledged write is lost.
 *   <li>Before a write to a log segment, the lock file is compared if that was not done for a
 *       second: the other process may have recycled the segment.
 * </ul>
 *
 * <p>A system without file keys, such as Windows, does not let an open directory be moved or an
 * open lock file be deleted; there nothing is compared.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> once lost, always lost.
 */
final class HeldDirectory implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(HeldDirectory.class);
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Set<OpenOption> TO_UPDATE =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> TO_CREATE =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
  private static final Set<OpenOption> TO_CREATE_ONLY =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private final Path path;
  private final LongSupplier nanoTime;

  /** The directory, for syncing; null if the system cannot open directories. */
  private final @Nullable PositionalFile file;

  /** The directory, for changing names; null if the system has only paths. */
  private final @Nullable SecureDirectoryStream<Path> names;

  /** Device and inode; null if the system has none. */
  private final @Nullable Object key;

  private volatile @Nullable LockFile lockFile;
  private volatile @Nullable String loss;
  private volatile long comparedNanos;

  /** The lock file that was locked. */
  private record LockFile(Path path, Object key) {}

  private HeldDirectory(
      Path path,
      @Nullable PositionalFile file,
      @Nullable SecureDirectoryStream<Path> names,
      LongSupplier nanoTime)
      throws IOException {
    this.path = path;
    this.file = file;
    this.names = names;
    this.key =
        names == null
            ? keyOf(path)
            : names.getFileAttributeView(BasicFileAttributeView.class).readAttributes().fileKey();
    this.nanoTime = nanoTime;
    this.comparedNanos = nanoTime.getAsLong();
  }

  static HeldDirectory open(Path path) throws IOException {
    return open(path, System::nanoTime);
  }

  /**
   * Opens a directory.
   *
   * @param path its canonical path
   * @param nanoTime a clock like {@link System#nanoTime}
   */
  @SuppressWarnings("StreamResourceLeak") // The returned directory owns the stream.
  static HeldDirectory open(Path path, LongSupplier nanoTime) throws IOException {
    PositionalFile file = openToSync(path);
    DirectoryStream<Path> stream = null;
    try {
      stream = Files.newDirectoryStream(path);
      if (stream instanceof SecureDirectoryStream<Path> names) {
        return new HeldDirectory(path, file, names, nanoTime);
      }
      stream.close();
      return new HeldDirectory(path, file, null, nanoTime);
    } catch (IOException | RuntimeException e) {
      if (stream != null) {
        stream.close();
      }
      if (file != null) {
        file.close();
      }
      throw e;
    }
  }

  /** Opens a directory for syncing; returns null on Windows, which cannot. */
  static @Nullable PositionalFile openToSync(Path directory) throws IOException {
    boolean windows = System.getProperty("os.name", "").startsWith("Windows");
    return windows ? null : PositionalFile.open(directory, Set.of(StandardOpenOption.READ));
  }

  Path path() {
    return path;
  }

  /** Returns whether files have a device and an inode here. */
  boolean hasKey() {
    return key != null;
  }

  /** Returns the identity of a name in this directory, whether or not there is such a file. */
  Object idOf(String name) {
    return new NameId(key == null ? path : key, name);
  }

  /** A name in a directory that is given by its key, or by its path if it has none. */
  private record NameId(Object directory, String name) {}

  /** Returns device and inode of a file, not following a link; null if the system has none. */
  static @Nullable Object keyOf(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (IOException e) {
      throw FileErrors.explained("examining", path, e);
    }
  }

  /** Begins to compare a lock file, which the caller has just locked. */
  void guard(Path lockPath, @Nullable Object lockKey) {
    lockFile = lockKey == null ? null : new LockFile(lockPath, lockKey);
  }

  /** Ends the comparison of the lock file. */
  void unguard() {
    lockFile = null;
  }

  /**
   * Compares the directory and the lock file.
   *
   * @throws StorageLostException if this is not, or once was not, the directory that was opened
   */
  void require() throws IOException {
    if (loss == null) {
      requireDirectory();
      LockFile locked = lockFile;
      if (locked != null) {
        compare(locked.path(), locked.key());
      }
      comparedNanos = nanoTime.getAsLong();
    }
    throwLoss();
  }

  /** Compares the directory only: whoever locked a new lock file may still be read from. */
  void requireDirectory() throws IOException {
    if (key != null) {
      compare(path, key);
    }
  }

  /** Compares the lock file after a sync. It cannot be intact in another directory. */
  void requireLock() throws IOException {
    LockFile locked = lockFile;
    if (locked == null) {
      throwLoss();
      return;
    }
    boolean same;
    try {
      same = locked.key().equals(keyOf(locked.path()));
    } catch (NoSuchFileException e) {
      same = false;
    } catch (IOException e) {
      // Nothing is known, and what was synced is durable: the next comparison decides.
      LOG.log(Level.DEBUG, "the lock file cannot be examined", e);
      same = true;
    }
    if (same && loss == null) {
      comparedNanos = nanoTime.getAsLong();
    } else {
      require();
    }
  }

  /** Compares the lock file before a write, unless that was done within the last second. */
  void requireLockRecently() throws IOException {
    if (nanoTime.getAsLong() - comparedNanos > RECENT_NANOS) {
      requireLock();
    }
  }

  private void compare(Path compared, Object expected) throws IOException {
    String what;
    try {
      Object found = keyOf(compared);
      what = expected.equals(found) ? null : "was moved or replaced";
    } catch (NoSuchFileException e) {
      what = "was moved or deleted";
    }
    if (what != null) {
      lose(compared + " " + what + " while the store was open; this store changes nothing more");
    }
  }

  private void lose(String reason) throws IOException {
    boolean first = loss == null;
    loss = reason;
    if (first) {
      LOG.log(Level.ERROR, reason);
    }
    throwLoss();
  }

  private void throwLoss() throws StorageLostException {
    String reason = loss;
    if (reason != null) {
      throw new StorageLostException(reason);
    }
  }

  /**
   * Creates an empty file.
   *
   * @param mode the permissions, regardless of the umask; null if the file system has no modes
   */
  PositionalFile create(
      String name, @Nullable Set<PosixFilePermission> mode, FileAttribute<?>... attributes)
      throws IOException {
    require();
    Path target = path.resolve(name);
    SecureDirectoryStream<Path> held = names;
    PositionalFile created = null;
    if (held == null) {
      created = PositionalFile.open(target, TO_CREATE, attributes);
    } else {
      createEmpty(held, target, attributes);
    }
    try {
      if (mode != null) {
        setMode(held, target, mode); // The umask may have removed permissions.
      }
      if (created == null) {
        created = openByPath(target, TO_UPDATE);
      }
      require();
      return created;
    } catch (IOException | RuntimeException e) {
      if (created != null) {
        created.close();
      }
      deleteAfter(e, name);
      throw e;
    }
  }

  /** Opens a file by its path, which may lead elsewhere: the caller then compares. */
  PositionalFile openByPath(Path target, Set<? extends OpenOption> options) throws IOException {
    try {
      return PositionalFile.open(target, options);
    } catch (NoSuchFileException e) {
      requireDirectory();
      throw e;
    }
  }

  private static void createEmpty(
      SecureDirectoryStream<Path> held, Path target, FileAttribute<?>... attributes)
      throws IOException {
    try {
      held.newByteChannel(target.getFileName(), TO_CREATE_ONLY, attributes).close();
    } catch (ClosedDirectoryStreamException e) {
      throw closed(target, e);
    } catch (IOException e) {
      throw PositionalFile.refused(target, "creating", 0, e);
    }
  }

  private static void setMode(
      @Nullable SecureDirectoryStream<Path> held, Path target, Set<PosixFilePermission> mode)
      throws IOException {
    PosixFileAttributeView view =
        held == null
            ? Files.getFileAttributeView(
                target, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            : held.getFileAttributeView(
                target.getFileName(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    try {
      view.setPermissions(mode);
    } catch (IOException e) {
      throw PositionalFile.refused(target, "setting the mode of", 0, e); // It needs a descriptor.
    }
  }

  /** Deletes a file that was just created here, after a failure. */
  void deleteAfter(Exception failure, String name) {
    try {
      deleteHeld(name);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  void delete(String name) throws IOException {
    require();
    deleteHeld(name);
  }

  private void deleteHeld(String name) throws IOException {
    SecureDirectoryStream<Path> held = names;
    try {
      if (held == null) {
        Files.delete(path.resolve(name));
      } else {
        held.deleteFile(Path.of(name));
      }
    } catch (ClosedDirectoryStreamException e) {
      throw closed(path, e);
    } catch (IOException e) {
      throw FileErrors.explained("deleting", path.resolve(name), e);
    }
  }

  void rename(String from, String to) throws IOException {
    require();
    SecureDirectoryStream<Path> held = names;
    try {
      if (held == null) {
        Files.move(path.resolve(from), path.resolve(to), StandardCopyOption.ATOMIC_MOVE);
      } else {
        held.move(Path.of(from), held, Path.of(to));
      }
    } catch (ClosedDirectoryStreamException e) {
      throw closed(path, e);
    } catch (IOException e) {
      // Only a lack of space is known to leave the old name in place, also after a power cut.
      Path source = path.resolve(from);
      String doing = "renaming to " + to + " of";
      throw PositionalFile.refused(source, doing, 0, e) instanceof DiskFullException full
          ? full
          : FileErrors.explained(doing, source, e);
    }
  }

  private static IOException closed(Path path, RuntimeException cause) {
    return new IOException(path + ": the storage is closed", cause);
  }

  void sync() throws IOException {
    if (file != null) {
      file.syncAll();
    }
    requireLock();
  }

  @Override
  public void close() throws IOException {
    try (names) {
      if (file != null) {
        file.close();
      }
    }
  }
}

package io.apexstore.engine.io;

import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A storage in a directory of the operating system's file system.
 *
 * <p>If the file system supports modes, the directory is created with mode 0700 and every file with
 * mode 0600, regardless of the umask. A data directory that is a symbolic link is refused, and
 * symbolic links in it are not followed. Subdirectories (such as a volume's {@code lost+found}) are
 * ignored and not listed.
 *
 * <p>Interrupts have no effect: see {@link PositionalFile}. Renaming, deleting and listing are not
 * interruptible in Java. The directory is synced through a descriptor of the same uninterruptible
 * kind, which stays open as long as the storage. On Windows a directory cannot be opened: {@link
 * #syncDirectory()} does nothing there, and a power cut may undo creations, renames and deletions.
 *
 * <p>The directory is held by its identity: if it or the lock file is moved, deleted or replaced,
 * everything that changes files fails with {@link StorageLostException}, see {@link HeldDirectory}.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> nothing here changes after construction.
 */
public final class FileStorage implements Storage {
  private static final Set<PosixFilePermission> DIRECTORY_MODE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE_MODE =
      PosixFilePermissions.fromString("rw-------");

  private static final Set<OpenOption> TO_READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> TO_UPDATE =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  private final Path directory;
  private final FileStore fileStore;
  private final boolean hasModes;
  private final HeldDirectory held;

  private FileStorage(Path directory) throws IOException {
    this.directory = directory;
    this.fileStore = Files.getFileStore(directory);
    this.hasModes = hasModes(directory);
    this.held = HeldDirectory.open(directory);
  }

  /**
   * Opens a directory. Creates it and its parents if they do not exist.
   *
   * @throws IOException if it is a symbolic link, is not a directory, or cannot be created; the
   *     message says why
   */
  public static FileStorage open(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      return openAbsolute(absolute);
    } catch (FileSystemException e) {
      // Of a parent, perhaps: then that is the file that matters.
      Path failed = e.getFile() == null ? absolute : Path.of(e.getFile());
      String doing = failed.equals(absolute) ? "" : " (opening directory " + absolute + ")";
      throw new IOException(FileErrors.message("opening", failed, e) + doing, e);
    }
  }

  private static FileStorage openAbsolute(Path absolute) throws IOException {
    if (Files.isSymbolicLink(absolute)) {
      throw new IOException(absolute + " is a symbolic link; name the directory itself");
    }
    if (!Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      createDirectory(absolute);
    } else if (!Files.isDirectory(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new NotDirectoryException(absolute.toString());
    }
    return new FileStorage(absolute.toRealPath());
  }

  /** Creates a directory and its missing parents, and makes their names durable. */
  private static void createDirectory(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent == null) {
      throw new NoSuchFileException(directory.toString());
    }
    if (!Files.exists(parent)) {
      createDirectory(parent);
    }
    try {
      if (hasModes(parent)) {
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DIRECTORY_MODE));
        Files.setPosixFilePermissions(directory, DIRECTORY_MODE);
      } else {
        Files.createDirectory(directory);
      }
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
    }
    try (PositionalFile file = HeldDirectory.openToSync(parent)) {
      if (file != null) {
        file.syncAll();
      }
    }
  }

  private static boolean hasModes(Path directory) throws IOException {
    return Files.getFileStore(directory).supportsFileAttributeView("posix");
  }

  @Override
  public String describe() {
    return directory.toString();
  }

  @Override
  public AppendFile create(String name) throws IOException {
    return new ChannelAppendFile(held, createFile(name));
  }

  @Override
  public RegionFile createRegion(String name, long sizeBytes) throws IOException {
    PositionalFile file = createFile(name);
    try {
      MappedRegionFile.allocate(file, sizeBytes);
      return MappedRegionFile.map(held, resolve(name), file);
    } catch (IOException | RuntimeException e) {
      file.close(); // Again, if mapping closed it: that does nothing.
      held.deleteAfter(e, name);
      throw e;
    }
  }

  @Override
  public RegionFile openRegion(String name) throws IOException {
    Path path = resolve(name);
    return MappedRegionFile.map(held, path, held.openByPath(path, TO_UPDATE));
  }

  @Override
  public ReadFile open(String name) throws IOException {
    Path path = resolve(name);
    if (DirectoryLock.isHeld(held, name)) {
      throw new IOException(
          path + " is a lock file held by this process; reading it would release the lock");
    }
    PositionalFile file = held.openByPath(path, TO_READ);
    try {
      held.requireDirectory();
      return new ChannelReadFile(path, file, file.size());
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private PositionalFile createFile(String name) throws IOException {
    resolve(name);
    return held.create(name, hasModes ? FILE_MODE : null, fileAttributes());
  }

  private FileAttribute<?>[] fileAttributes() {
    return hasModes
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(FILE_MODE)}
        : new FileAttribute<?>[0];
  }

  @Override
  public List<String> list() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
          names.add(entry.getFileName().toString());
        }
      }
    } catch (DirectoryIteratorException e) {
      throw FileErrors.explained("listing", directory, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      held.requireDirectory();
      throw FileErrors.explained("listing", directory, e);
    }
    held.requireDirectory();
    return names;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    resolve(from);
    resolve(to);
    held.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    resolve(name);
    held.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    held.sync();
  }

  @Override
  public AutoCloseable lock(String name) throws IOException {
    resolve(name);
    return DirectoryLock.take(held, name, fileAttributes());
  }

  /**
   * Takes a lock that excludes whoever holds or takes {@link #lock}, for as long as files are only
   * read. It changes no file, so it works on a read-only medium. Several may be held at a time.
   *
   * @return null if there is no lock file, so that nothing can be excluded
   * @throws StorageLockedException if the lock is held; the message names the holder
   */
  public @Nullable AutoCloseable lockToRead(String name) throws IOException {
    resolve(name);
    return DirectoryLock.takeShared(held, name);
  }

  @Override
  public long usableBytes() throws IOException {
    try {
      return fileStore.getUsableSpace();
    } catch (IOException e) {
      throw FileErrors.explained("asking for the free space of", directory, e);
    }
  }

  @Override
  public void close() throws IOException {
    held.close();
  }

  private Path resolve(String name) {
    Path path = directory.resolve(name).normalize();
    if (!directory.equals(path.getParent()) || !name.equals(String.valueOf(path.getFileName()))) {
      throw new IllegalArgumentException("not a plain file name: '" + name + "'");
    }
    return path;
  }

  private static final class ChannelAppendFile implements AppendFile {
    private final HeldDirectory held;
    private final PositionalFile file;
    private long size;

    ChannelAppendFile(HeldDirectory held, PositionalFile file) {
      this.held = held;
      this.file = file;
    }

    @Override
    public void append(ByteBuffer source) throws IOException {
      int length = source.remaining();
      file.write(size, source);
      size += length;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public void sync() throws IOException {
      file.sync();
      held.requireLock();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  private record ChannelReadFile(Path path, PositionalFile file, long size) implements ReadFile {
    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
      return file.read(offset, target);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
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
  private static final Set<OpenOption> TO_CREATE =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);

  private final Path directory;
  private final FileStore fileStore;
  private final boolean hasModes;

  /** The directory, for syncing; null if the system cannot open directories. */
  private final @Nullable PositionalFile directoryFile;

  private FileStorage(Path directory) throws IOException {
    this.directory = directory;
    this.fileStore = Files.getFileStore(directory);
    this.hasModes = hasModes(directory);
    this.directoryFile = openDirectory(directory);
  }

  /**
   * Opens a directory. Creates it and its parents if they do not exist.
   *
   * @throws IOException if it is a symbolic link, is not a directory, or cannot be created
   */
  public static FileStorage open(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
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
    try (PositionalFile file = openDirectory(parent)) {
      if (file != null) {
        file.syncAll();
      }
    }
  }

  private static boolean hasModes(Path directory) throws IOException {
    return Files.getFileStore(directory).supportsFileAttributeView("posix");
  }

  private static @Nullable PositionalFile openDirectory(Path directory) throws IOException {
    boolean windows = System.getProperty("os.name", "").startsWith("Windows");
    return windows ? null : PositionalFile.open(directory, Set.of(StandardOpenOption.READ));
  }

  @Override
  public String describe() {
    return directory.toString();
  }

  @Override
  public AppendFile create(String name) throws IOException {
    return new ChannelAppendFile(createFile(resolve(name)));
  }

  @Override
  public RegionFile createRegion(String name, long sizeBytes) throws IOException {
    Path path = resolve(name);
    PositionalFile file = createFile(path);
    try {
      MappedRegionFile.allocate(file, sizeBytes);
    } catch (IOException | RuntimeException e) {
      file.close();
      Files.deleteIfExists(path);
      throw e;
    }
    return MappedRegionFile.map(path, file);
  }

  @Override
  public RegionFile openRegion(String name) throws IOException {
    Path path = resolve(name);
    return MappedRegionFile.map(path, PositionalFile.open(path, TO_UPDATE));
  }

  @Override
  public ReadFile open(String name) throws IOException {
    Path path = resolve(name);
    if (DirectoryLock.isHeld(path)) {
      throw new IOException(
          path + " is a lock file held by this process; reading it would release the lock");
    }
    PositionalFile file = PositionalFile.open(path, TO_READ);
    try {
      return new ChannelReadFile(path, file, file.size());
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private PositionalFile createFile(Path path) throws IOException {
    PositionalFile file = PositionalFile.open(path, TO_CREATE, fileAttributes());
    try {
      if (hasModes) {
        Files.setPosixFilePermissions(path, FILE_MODE); // The umask may have removed permissions.
      }
      return file;
    } catch (IOException e) {
      file.close();
      Files.deleteIfExists(path);
      throw e;
    }
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
      throw e.getCause();
    }
    return names;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Path source = resolve(from);
    try {
      Files.move(source, resolve(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw PositionalFile.asDiskFull(source, "renaming to " + to, e);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.delete(resolve(name));
  }

  @Override
  public void syncDirectory() throws IOException {
    if (directoryFile != null) {
      directoryFile.syncAll();
    }
  }

  @Override
  public AutoCloseable lock(String name) throws IOException {
    return DirectoryLock.take(resolve(name), fileAttributes());
  }

  @Override
  public long usableBytes() throws IOException {
    return fileStore.getUsableSpace();
  }

  @Override
  public void close() throws IOException {
    if (directoryFile != null) {
      directoryFile.close();
    }
  }

  private Path resolve(String name) {
    Path path = directory.resolve(name).normalize();
    if (!directory.equals(path.getParent()) || !name.equals(String.valueOf(path.getFileName()))) {
      throw new IllegalArgumentException("not a plain file name: '" + name + "'");
    }
    return path;
  }

  private static final class ChannelAppendFile implements AppendFile {
    private final PositionalFile file;
    private long size;

    ChannelAppendFile(PositionalFile file) {
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

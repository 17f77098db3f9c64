package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class FileStorageTest extends StorageContract {
  @TempDir Path temp;

  private @Nullable FileStorage opened;

  @Override
  FileStorage storage() throws IOException {
    FileStorage storage = FileStorage.open(temp.resolve("store"));
    opened = storage;
    return storage;
  }

  @AfterEach
  void close() throws IOException {
    if (opened != null) {
      opened.close();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void directoriesAndFilesAreAccessibleOnlyToTheirOwner() throws Exception {
    Path directory = temp.resolve("above").resolve("data");
    try (FileStorage storage = FileStorage.open(directory)) {
      write(storage, "a", bytes("A"));
      storage.createRegion("r", 10).close();
      storage.lock("LOCK").close();
      assertEquals("rwx------", mode(directory));
      for (String name : List.of("a", "r", "LOCK")) {
        assertEquals("rw-------", mode(directory.resolve(name)), name);
      }
    }
  }

  @Test
  void anExistingDirectoryKeepsItsMode() throws IOException {
    Path directory = Files.createDirectory(temp.resolve("data"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
    FileStorage.open(directory).close();
    assertEquals("rwxr-x---", mode(directory));
  }

  @Test
  void aSymbolicLinkIsRefusedAsDirectoryAndAsFile() throws IOException {
    Path real = Files.createDirectory(temp.resolve("real"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), real);
    String message = messageOf(assertThrows(IOException.class, () -> FileStorage.open(link)));
    assertTrue(message.contains("symbolic link"), message);

    Path outside = Files.writeString(temp.resolve("outside"), "secret");
    Files.createSymbolicLink(real.resolve("inside"), outside);
    try (FileStorage storage = FileStorage.open(real)) {
      assertThrows(IOException.class, () -> storage.open("inside"));
      assertThrows(IOException.class, () -> storage.openRegion("inside"));
      assertThrows(IOException.class, () -> storage.lock("inside"));
      assertTrue(storage.list().isEmpty());
    }
    assertEquals("secret", Files.readString(outside));
  }

  @Test
  void aFileIsNotAcceptedAsDirectory() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");
    String message = messageOf(assertThrows(IOException.class, () -> FileStorage.open(file)));
    assertEquals("opening " + file + ": it is not a directory", message);
  }

  /** An operation that fails, the file that its message must name, and the reason. */
  private record Failing(String file, String reason, Executable operation) {}

  @Test
  void everyFailureNamesTheFileAndTheReason() throws Exception {
    FileStorage storage = storage();
    Path directory = temp.toRealPath().resolve("store");
    Files.createDirectory(directory.resolve("folder"));
    Path file = Files.writeString(directory.resolve("file"), "x");
    String gone = "there is no such file or directory";
    ReadFile closed = storage.open("file");
    closed.close();
    List<Failing> all =
        List.of(
            new Failing("gone", gone, () -> storage.open("gone")),
            new Failing("gone", gone, () -> storage.openRegion("gone")),
            new Failing("gone", gone, () -> storage.delete("gone")),
            new Failing("gone", gone, () -> storage.rename("gone", "to")),
            new Failing("file", "it exists already", () -> storage.create("file")),
            new Failing("file", "it exists already", () -> storage.createRegion("file", 10)),
            new Failing("folder", "", () -> storage.lock("folder")),
            new Failing("folder", "", () -> storage.openRegion("folder")),
            new Failing("file", "", () -> storage.rename("file", "folder")),
            new Failing("file", "", () -> closed.read(0, ByteBuffer.allocate(1))),
            new Failing("file", "it is not a directory", () -> FileStorage.open(file)),
            new Failing("file", "", () -> FileStorage.open(file.resolve("below").resolve("it"))));
    for (Failing failing : all) {
      String message = messageOf(assertThrows(IOException.class, failing.operation()));
      String path = directory.resolve(failing.file()).toString();
      assertTrue(message.contains(path), message);
      assertTrue(message.contains(": "), message);
      assertTrue(message.contains(failing.reason()), message);
      assertFalse(message.endsWith(path), message);
      assertFalse(message.endsWith("Exception"), message);
    }
  }

  @Test
  void subDirectoriesAreNotListed() throws IOException {
    FileStorage storage = storage();
    Files.createDirectory(temp.resolve("store").resolve("lost+found"));
    write(storage, "a", bytes("A"));
    assertEquals(List.of("a"), storage.list());
  }

  @Test
  @Tag("process")
  void aRegionIsAllocatedOnDisk() throws Exception {
    storage().createRegion("r", 1 << 20).close();
    Process du =
        new ProcessBuilder("du", "--block-size=1", temp.resolve("store").resolve("r").toString())
            .start();
    String output = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(du.waitFor(10, TimeUnit.SECONDS));
    long allocated = Long.parseLong(output.split("\\s", 2)[0]);
    assertTrue(allocated >= 1 << 20, output);
  }

  @Test
  void theSameDirectoryByAnotherPathIsLockedToo() throws Exception {
    FileStorage storage = storage();
    try (FileStorage other = FileStorage.open(temp.resolve("x").resolve("..").resolve("store"));
        AutoCloseable lock = storage.lock("LOCK")) {
      assertThrows(StorageLockedException.class, () -> other.lock("LOCK"));
      IOException refused = assertThrows(IOException.class, () -> other.open("LOCK"));
      assertTrue(messageOf(refused).contains("lock"));
      assertFalse(lock.toString().isEmpty());
    }
  }

  @Test
  void aLockToReadExcludesTheOwnerAndChangesNoFile() throws Exception {
    FileStorage storage = storage();
    Path file = temp.resolve("store").resolve("LOCK");
    assertNull(storage.lockToRead("LOCK"), "there is nothing to lock");
    assertTrue(Files.notExists(file));
    write(storage, "LOCK", bytes("left"));
    AutoCloseable reading = storage.lockToRead("LOCK");
    assertNotNull(reading);
    assertThrows(StorageLockedException.class, () -> storage.lock("LOCK"));
    reading.close();
    assertEquals("left", Files.readString(file));
    try (AutoCloseable owning = storage.lock("LOCK")) {
      assertThrows(StorageLockedException.class, () -> storage.lockToRead("LOCK"));
      assertFalse(owning.toString().isEmpty());
    }
  }

  @Test
  @Tag("process")
  void aLockToReadIsRefusedWhileAnotherProcessOwnsTheDirectory() throws Exception {
    Path directory = temp.resolve("store");
    Process holder = lockHolder(directory);
    try (var lines = holder.inputReader()) {
      assertEquals("locked", lines.readLine());
      FileStorage storage = storage();
      String message =
          messageOf(assertThrows(StorageLockedException.class, () -> storage.lockToRead("LOCK")));
      assertTrue(message.contains("process " + holder.pid() + " started "), message);
    } finally {
      holder.destroyForcibly();
    }
  }

  private static Process lockHolder(Path directory) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            LockHolder.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void theLockFileOfADeadProcessIsNotALock() throws Exception {
    FileStorage storage = storage();
    Path file = temp.resolve("store").resolve("LOCK");
    String left = "process 1 started long ago\n";
    write(storage, "LOCK", bytes(left));
    try (AutoCloseable lock = storage.lock("LOCK")) {
      assertTrue(Files.readString(file).contains("process " + ProcessHandle.current().pid()));
      assertFalse(lock.toString().isEmpty());
    }
    assertEquals(left, Files.readString(file), "what was there before");
  }

  @Test
  @Tag("process")
  void theProcessThatHoldsTheLockIsNamed() throws Exception {
    Path directory = temp.resolve("store");
    Process holder = lockHolder(directory);
    try (var lines = holder.inputReader()) {
      assertEquals("locked", lines.readLine());
      FileStorage storage = storage();
      String message =
          messageOf(assertThrows(StorageLockedException.class, () -> storage.lock("LOCK")));
      assertTrue(message.contains("process " + holder.pid() + " started "), message);
      assertTrue(message.contains(directory.toRealPath().toString()), message);

      holder.destroyForcibly().waitFor();
      storage.lock("LOCK").close();
    } finally {
      holder.destroyForcibly();
    }
  }

  @Test
  void theFreeSpaceDecidesWhetherTheDiskIsFullAndNotTheText() {
    Path path = temp.resolve("f");
    for (String text :
        List.of(
            "Auf dem Gerät ist kein Speicherplatz mehr verfügbar",
            "デバイスに空き領域がありません",
            "No space left on device")) {
      IOException e = new IOException(text);
      IOException full = PositionalFile.refused(path, "writing", 1L << 60, e);
      assertTrue(full instanceof DiskFullException, text);
      assertTrue(messageOf(full).startsWith("disk full while writing " + path), messageOf(full));
      assertTrue(messageOf(full).endsWith(text), messageOf(full));
      IOException other = PositionalFile.refused(path, "writing", 1, e);
      assertFalse(other instanceof DiskFullException, text);
      assertTrue(other instanceof RetryableIoException, text);
    }
  }

  @Test
  void aRefusedWriteMayBeRepeated() throws IOException {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full));
    try (PositionalFile file = PositionalFile.open(full, Set.of(StandardOpenOption.WRITE))) {
      assertThrows(RetryableIoException.class, () -> file.write(0, ByteBuffer.allocate(100)));
    }
  }

  @Test
  void bytesWrittenThroughAMappingAreSeenThroughTheFile() throws IOException {
    try (RegionFile file = storage().createRegion("r", 8192)) {
      file.write(5000, bytes("mapped"), 0, 6);
      byte[] all = Files.readAllBytes(temp.resolve("store").resolve("r"));
      assertArrayEquals(bytes("mapped"), Arrays.copyOfRange(all, 5000, 5006));
    }
  }

  @Test
  void prefaultingARegionChangesNoByteEvenConcurrentlyWithItsWriter() throws Exception {
    int size = 4 << 20;
    byte[] expected = new byte[size];
    new Random(1).nextBytes(expected);
    try (RegionFile file = storage().createRegion("r", size)) {
      Thread ahead =
          new Thread(
              () -> {
                for (int i = 0; i < 20; i++) {
                  file.prefault(100, 2L * size);
                }
              });
      ahead.start();
      for (int at = 0; at < size; at += 512) {
        file.write(at, expected, at, 512);
      }
      ahead.join();
      assertArrayEquals(expected, Files.readAllBytes(temp.resolve("store").resolve("r")));
    }
  }

  @Test
  void prefaultingAClosedRegionDoesNothing() throws Exception {
    RegionFile file = storage().createRegion("r", 8192);
    file.close();
    assertDoesNotThrow(() -> file.prefault(0, 8192));
  }
}

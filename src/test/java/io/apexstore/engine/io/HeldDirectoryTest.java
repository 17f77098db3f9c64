package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a storage still does after its directory or its lock file is gone, operation by operation.
 */
class HeldDirectoryTest {
  @TempDir Path temp;
  private Path name;
  private FileStorage storage;
  private AutoCloseable lock;
  private AppendFile appended;
  private RegionFile region;
  private ReadFile read;

  @BeforeEach
  void open() throws Exception {
    name = temp.toRealPath().resolve("data");
    storage = FileStorage.open(name);
    lock = storage.lock("LOCK");
    appended = storage.create("appended");
    appended.append(ByteBuffer.wrap(bytes("text")));
    region = storage.createRegion("region", 8192);
    read = storage.open("appended");
  }

  @AfterEach
  void close() throws Exception {
    read.close();
    region.close();
    appended.close();
    lock.close();
    storage.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Asserts that nothing that changes names or makes bytes durable succeeds. */
  private void assertNothingChanges(Path directory) throws IOException {
    List<String> before = listing(directory);
    for (Executable change :
        List.<Executable>of(
            () -> storage.create("new"),
            () -> storage.createRegion("new", 4096),
            () -> storage.openRegion("region"),
            () -> storage.rename("appended", "renamed"),
            () -> storage.delete("appended"),
            () -> storage.syncDirectory(),
            () -> appended.sync(),
            () -> region.sync())) {
      assertThrows(StorageLostException.class, change);
    }
    assertEquals(before, listing(directory));
    ByteBuffer found = ByteBuffer.allocate(4);
    assertEquals(4, read.read(0, found), "open files are still read");
    assertArrayEquals(bytes("text"), found.array());
  }

  private static List<String> listing(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @Test
  void aDirectoryOfTheSameNameAndFilesIsNotTheOneThatWasOpened() throws Exception {
    Path moved = Files.move(name, temp.resolve("moved"));
    Files.createDirectory(name);
    for (String file : listing(moved)) {
      Files.copy(moved.resolve(file), name.resolve(file));
    }
    assertNothingChanges(name);
    assertEquals(listing(name), listing(moved));
    assertThrows(StorageLostException.class, () -> storage.open("appended"));
    assertThrows(StorageLostException.class, () -> storage.list());
  }

  @Test
  void aDirectoryWithLinksToTheSameFilesIsNotTheOneThatWasOpened() throws Exception {
    Path moved = Files.move(name, temp.resolve("moved"));
    Files.createDirectory(name);
    for (String file : listing(moved)) {
      Files.createLink(name.resolve(file), moved.resolve(file));
    }
    assertThrows(StorageLostException.class, () -> storage.delete("appended"));
    assertNothingChanges(name);
  }

  @Test
  void aMissingDirectoryIsNotCreatedAgain() throws Exception {
    Path moved = Files.move(name, temp.resolve("moved"));
    assertNothingChanges(moved);
    assertTrue(Files.notExists(name));
    String message =
        String.valueOf(
            assertThrows(StorageLostException.class, () -> storage.create("new")).getMessage());
    assertTrue(message.startsWith(name + " was moved or deleted"), message);
  }

  @Test
  void aMissingLockFileEndsChangesButNotReads() throws Exception {
    Files.delete(name.resolve("LOCK"));
    assertNothingChanges(name);
    storage.open("appended").close();
    assertEquals(2, storage.list().size());
  }

  @Test
  void withoutALockOnlyTheDirectoryMatters() throws Exception {
    lock.close();
    Files.delete(name.resolve("LOCK"));
    storage.delete("appended");
    region.sync();
    assertEquals(List.of("region"), listing(name));
  }

  @Test
  void theLockFileIsComparedBeforeAWriteOnlyIfThatWasNotDoneForASecond() throws Exception {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // The clock overflows.
    try (HeldDirectory held = HeldDirectory.open(name, nanos::get)) {
      held.guard(name.resolve("LOCK"), HeldDirectory.keyOf(name.resolve("LOCK")));
      held.require();
      Files.delete(name.resolve("LOCK"));
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
      held.requireLockRecently();
      nanos.incrementAndGet();
      assertThrows(StorageLostException.class, held::requireLockRecently);
      held.unguard();
      assertThrows(StorageLostException.class, held::require, "once lost, always lost");
    }
  }
}

package io.apexstore.engine.io;

import static io.apexstore.engine.io.StorageContract.bytes;
import static io.apexstore.engine.io.StorageContract.read;
import static io.apexstore.engine.io.StorageContract.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryStorageTest {
  private final MemoryStorage storage = new MemoryStorage();

  @Test
  void unsyncedBytesAndNamesAreTracked() throws IOException {
    try (AppendFile file = storage.create("a")) {
      assertFalse(storage.namesAreSynced());
      file.append(ByteBuffer.wrap(bytes("12345")));
      assertEquals(5, storage.unsyncedBytes("a"));
      file.sync();
      assertEquals(0, storage.unsyncedBytes("a"));
      assertFalse(storage.namesAreSynced());
      storage.syncDirectory();
      assertTrue(storage.namesAreSynced());
    }
  }

  @Test
  void aKilledProcessLosesItsFilesAndLocksButNoBytes() throws IOException {
    AppendFile file = storage.create("a");
    file.append(ByteBuffer.wrap(bytes("written")));
    storage.lock("LOCK");
    storage.kill();
    assertThrows(IOException.class, () -> file.append(ByteBuffer.wrap(bytes("more"))));
    assertThrows(IOException.class, file::sync);
    storage.lock("LOCK");
    assertArrayEquals(bytes("written"), read(storage, "a"));
  }

  @Test
  void aLockOfAKilledProcessDoesNotReleaseTheNextOne() throws Exception {
    AutoCloseable dead = storage.lock("LOCK");
    storage.kill();
    storage.lock("LOCK");
    dead.close();
    assertThrows(StorageLockedException.class, () -> storage.lock("LOCK"));
  }

  @Test
  void aFullDiskRejectsWritesUntilAFileIsDeleted() throws IOException {
    storage.setCapacityBytes(1000);
    write(storage, "a", new byte[800]);
    assertEquals(200, storage.usableBytes());
    assertThrows(DiskFullException.class, () -> storage.createRegion("r", 201));
    assertEquals(List.of("a"), storage.list());
    try (AppendFile file = storage.create("b")) {
      assertThrows(DiskFullException.class, () -> file.append(ByteBuffer.allocate(201)));
      assertEquals(0, file.size());
      storage.delete("a");
      file.append(ByteBuffer.allocate(201));
      assertEquals(201, file.size());
    }
  }

  @Test
  void aCopyDoesNotSeeWhatTheOtherWrites() throws IOException {
    try (RegionFile region = storage.createRegion("r", 4)) {
      region.write(0, bytes("1234"), 0, 4);
      MemoryStorage copy = storage.copy();
      region.write(0, bytes("x"), 0, 1);
      try (RegionFile other = copy.openRegion("r")) {
        other.write(3, bytes("y"), 0, 1);
      }
      assertArrayEquals(bytes("x234"), read(storage, "r"));
      assertArrayEquals(bytes("123y"), read(copy, "r"));
    }
  }

  @Test
  void aReplacedFileIsDurable() throws IOException {
    storage.put("a", bytes("one"));
    storage.put("a", bytes("two"));
    Map<String, byte[]> left = storage.afterPowerCut(PowerCut.DROP_ALL, 1).contents();
    assertEquals(1, left.size());
    assertArrayEquals(bytes("two"), left.get("a"));
  }
}

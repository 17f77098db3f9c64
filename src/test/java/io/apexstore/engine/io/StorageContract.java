package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The contract of every {@link Storage}, the real one and those for tests. */
abstract class StorageContract {
  /** Returns an empty storage; called once for each test. */
  abstract Storage storage() throws IOException;

  static void write(Storage storage, String name, byte[] bytes) throws IOException {
    try (AppendFile file = storage.create(name)) {
      file.append(ByteBuffer.wrap(bytes));
      file.sync();
    }
  }

  static byte[] read(Storage storage, String name) throws IOException {
    try (ReadFile file = storage.open(name)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      assertEquals(bytes.capacity(), file.read(0, bytes));
      return bytes.array();
    }
  }

  static String messageOf(Throwable e) {
    return String.valueOf(e.getMessage());
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsAppendedIsReadBackWithAnyKindOfBuffer() throws IOException {
    Storage storage = storage();
    byte[] expected = new byte[3_000_000];
    new Random(1).nextBytes(expected);
    try (AppendFile file = storage.create("a")) {
      ByteBuffer heap = ByteBuffer.wrap(expected, 0, 2_000_000);
      file.append(heap);
      assertEquals(0, heap.remaining());
      ByteBuffer direct = ByteBuffer.allocateDirect(1_000_000);
      direct.put(expected, 2_000_000, 1_000_000).flip();
      file.append(direct);
      file.append(ByteBuffer.allocate(0));
      assertEquals(expected.length, file.size());
    }
    assertArrayEquals(expected, read(storage, "a"));
    try (ReadFile file = storage.open("a")) {
      ByteBuffer direct = ByteBuffer.allocateDirect(1000);
      assertEquals(1000, file.read(1_999_500, direct));
      byte[] middle = new byte[1000];
      direct.flip().get(middle);
      assertArrayEquals(Arrays.copyOfRange(expected, 1_999_500, 2_000_500), middle);
    }
  }

  @Test
  void aReadStopsWhereTheFileEnds() throws IOException {
    Storage storage = storage();
    write(storage, "a", bytes("0123456789"));
    try (ReadFile file = storage.open("a")) {
      ByteBuffer target = ByteBuffer.allocate(8);
      assertEquals(3, file.read(7, target));
      assertEquals(3, target.position());
      assertEquals(8, target.limit());
      assertEquals(0, file.read(10, target));
      assertEquals(0, file.read(1_000, target));
    }
  }

  @Test
  void aFileSeesAppendsAfterItWasOpenedForReading() throws IOException {
    Storage storage = storage();
    try (AppendFile file = storage.create("a")) {
      file.append(ByteBuffer.wrap(bytes("one")));
      try (ReadFile reader = storage.open("a")) {
        file.append(ByteBuffer.wrap(bytes("two")));
        assertEquals(3, reader.size());
        ByteBuffer target = ByteBuffer.allocate(6);
        assertEquals(6, reader.read(0, target));
        assertArrayEquals(bytes("onetwo"), target.array());
      }
    }
  }

  @Test
  void aRegionBeginsAsZerosAndIsWrittenAnywhere() throws IOException {
    Storage storage = storage();
    int size = (1 << 20) + 123;
    try (RegionFile file = storage.createRegion("r", size)) {
      assertEquals(size, file.size());
      assertArrayEquals(new byte[size], read(storage, "r"));
      file.write(size - 4, bytes("__tail"), 2, 4);
      file.write(0, bytes("head"), 0, 4);
      file.sync();
      assertThrows(
          IndexOutOfBoundsException.class, () -> file.write(size - 3, bytes("tail"), 0, 4));
      assertThrows(IndexOutOfBoundsException.class, () -> file.write(-1, bytes("tail"), 0, 4));
    }
    byte[] expected = new byte[size];
    System.arraycopy(bytes("head"), 0, expected, 0, 4);
    System.arraycopy(bytes("tail"), 0, expected, size - 4, 4);
    assertArrayEquals(expected, read(storage, "r"));

    try (RegionFile file = storage.openRegion("r")) {
      assertEquals(size, file.size());
      file.write(2, bytes("AD"), 0, 2);
    }
    System.arraycopy(bytes("heAD"), 0, expected, 0, 4);
    assertArrayEquals(expected, read(storage, "r"));
  }

  @Test
  void aClosedRegionFileRejectsWrites() throws IOException {
    RegionFile file = storage().createRegion("r", 4096);
    file.close();
    file.close();
    assertThrows(IOException.class, () -> file.write(0, bytes("x"), 0, 1));
    assertThrows(IOException.class, file::sync);
  }

  @Test
  void aNameIsUsedOnce() throws IOException {
    Storage storage = storage();
    write(storage, "a", bytes("first"));
    assertThrows(FileAlreadyExistsException.class, () -> storage.create("a"));
    assertThrows(FileAlreadyExistsException.class, () -> storage.createRegion("a", 10));
    assertArrayEquals(bytes("first"), read(storage, "a"));
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    Storage storage = storage();
    assertThrows(NoSuchFileException.class, () -> storage.open("none"));
    assertThrows(NoSuchFileException.class, () -> storage.openRegion("none"));
    assertThrows(NoSuchFileException.class, () -> storage.delete("none"));
    assertThrows(NoSuchFileException.class, () -> storage.rename("none", "other"));
  }

  @Test
  void namesMustBePlain() throws IOException {
    Storage storage = storage();
    for (String name : new String[] {"", ".", "..", "a/b", "../a", "/a", "a/"}) {
      assertThrows(IllegalArgumentException.class, () -> storage.create(name), name);
    }
  }

  @Test
  void renamingReplacesAndDeletingRemoves() throws IOException {
    Storage storage = storage();
    write(storage, "a", bytes("A"));
    write(storage, "b", bytes("B"));
    write(storage, "c", bytes("C"));
    storage.rename("a", "b");
    storage.delete("c");
    storage.syncDirectory();
    assertEquals(Set.of("b"), Set.copyOf(storage.list()));
    assertArrayEquals(bytes("A"), read(storage, "b"));
  }

  @Test
  void anOpenFileSurvivesItsDeletion() throws IOException {
    Storage storage = storage();
    write(storage, "a", bytes("still here"));
    try (ReadFile file = storage.open("a")) {
      storage.delete("a");
      ByteBuffer target = ByteBuffer.allocate(10);
      assertEquals(10, file.read(0, target));
      assertArrayEquals(bytes("still here"), target.array());
    }
    assertTrue(storage.list().isEmpty());
  }

  @Test
  void aLockKeepsTheNextOneOutUntilItIsClosed() throws Exception {
    Storage storage = storage();
    AutoCloseable lock = storage.lock("LOCK");
    StorageLockedException refused =
        assertThrows(StorageLockedException.class, () -> storage.lock("LOCK"));
    assertTrue(messageOf(refused).contains("this process"), messageOf(refused));
    lock.close();
    lock.close();
    storage.lock("LOCK").close();
  }

  @Test
  void usableBytesAreReported() throws IOException {
    assertTrue(storage().usableBytes() > 0);
  }
}

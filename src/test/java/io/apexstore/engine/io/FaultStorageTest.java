package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.FaultStorage.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FaultStorageTest extends StorageContract {
  private final MemoryStorage delegate = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(delegate);

  @Override
  Storage storage() {
    return faulty;
  }

  @Test
  void onlyTheNthOperationOfTheKindFails() throws IOException {
    faulty.failNth(Kind.APPEND, 2, "bad sector");
    try (AppendFile file = faulty.create("a")) {
      file.append(ByteBuffer.wrap(bytes("1")));
      IOException e =
          assertThrows(IOException.class, () -> file.append(ByteBuffer.wrap(bytes("2"))));
      assertEquals("bad sector", e.getMessage());
      file.append(ByteBuffer.wrap(bytes("3")));
    }
    assertArrayEquals(bytes("13"), read(faulty, "a"));
  }

  @Test
  void aFailedSyncIsReportedOnceAndItsBytesAreNeverDurable() throws IOException {
    faulty.failNthSyncAndLosePages(Kind.APPEND_SYNC, 1);
    try (AppendFile file = faulty.create("a")) {
      faulty.syncDirectory();
      file.append(ByteBuffer.wrap(bytes("lost")));
      assertThrows(IOException.class, file::sync);
      file.append(ByteBuffer.wrap(bytes("kept")));
      file.sync();
    }
    assertArrayEquals(bytes("lostkept"), read(faulty, "a"));
    assertArrayEquals(
        bytes("\0\0\0\0kept"), read(delegate.afterPowerCut(PowerCut.DROP_ALL, 1), "a"));
  }

  @Test
  void aFullDiskRejectsWritesUntilThereIsRoom() throws IOException {
    AppendFile file = faulty.create("a");
    RegionFile region = faulty.createRegion("r", 100);
    List<FaultStorage.Rule> full = faulty.fillDisk();
    assertThrows(DiskFullException.class, () -> file.append(ByteBuffer.wrap(bytes("x"))));
    assertThrows(DiskFullException.class, () -> faulty.create("b"));
    assertThrows(DiskFullException.class, () -> faulty.createRegion("b", 1));
    region.write(0, bytes("x"), 0, 1);
    full.forEach(FaultStorage.Rule::stop);
    file.append(ByteBuffer.wrap(bytes("x")));
    assertArrayEquals(bytes("x"), read(faulty, "a"));
  }

  @Test
  void usableBytesAreScripted() throws IOException {
    faulty.setUsableBytes(() -> 42);
    assertEquals(42, faulty.usableBytes());
    faulty.setUsableBytes(null);
    assertEquals(delegate.usableBytes(), faulty.usableBytes());
  }

  @Test
  void aSlowReadWaitsForItsHook() throws Exception {
    write(faulty, "a", bytes("slow"));
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    FaultStorage.Rule rule =
        faulty.before(
            Kind.READ,
            name -> name.equals("a"),
            (kind, name) -> {
              entered.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
            });
    AtomicReference<byte @Nullable []> result = new AtomicReference<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    result.set(read(faulty, "a"));
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    entered.await();
    assertEquals(null, result.get());
    release.countDown();
    reader.join();
    assertArrayEquals(bytes("slow"), result.get());
    assertEquals(1, rule.seen());
  }

  @Test
  void bytesAreInvertedAndFilesTruncatedDurably() throws IOException {
    write(faulty, "a", bytes("abcdef"));
    FaultStorage.flipByte(faulty, "a", 2);
    FaultStorage.cut(faulty, "a", 4);
    byte[] left = read(delegate.afterPowerCut(PowerCut.DROP_ALL, 1), "a");
    assertArrayEquals(new byte[] {'a', 'b', (byte) ('c' ^ 0xff), 'd'}, left);
    assertTrue(delegate.namesAreSynced());
  }
}

package io.apexstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.options.StoreOptions;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The footprint of a store with a hundred keys: on disk, off the heap, and on the heap. */
@Tag("stress")
class SmallStoreTest {
  private static final int KEYS = 100;
  private static final int STORES = 20;
  private static final long DISK_BYTES_MAX = 4L << 20;
  private static final long MEMORY_BYTES_MAX = 8L << 20;

  @TempDir private Path folder;

  private static byte[] key(int i) {
    return "key%013d".formatted(i).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] value(int i) {
    return Integer.toString(i).repeat(50).getBytes(StandardCharsets.US_ASCII);
  }

  private static void fill(ApexStore store) {
    for (int i = 0; i < KEYS; i++) {
      store.put(key(i), value(i));
    }
  }

  private static void readAll(ApexStore store) {
    for (int i = 0; i < KEYS; i++) {
      assertArrayEquals(value(i), store.get(key(i)));
    }
  }

  private static long lengthOf(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      long bytes = 0;
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }

  /** The bytes off the heap that the store reports. */
  private static long arenaBytes(ApexStore store) {
    StoreStats stats = store.stats();
    return stats.memtables().activeBytes()
        + stats.memtables().sealedBytes()
        + stats.cache().bytes()
        + stats.tableMemoryBytes();
  }

  @Test
  void itsDirectoryStaysSmallWhileOpenClosedAndOpenedAgain() throws IOException {
    for (int life = 0; life < 3; life++) {
      try (ApexStore store = ApexStore.open(folder, StoreOptions.defaults())) {
        fill(store);
        store.flush();
        readAll(store);
        assertDiskBelowLimit("open, life " + life);
      }
      assertDiskBelowLimit("closed, life " + life);
    }
  }

  private void assertDiskBelowLimit(String when) throws IOException {
    long bytes = lengthOf(folder);
    assertTrue(bytes < DISK_BYTES_MAX, () -> when + ": " + bytes + " bytes on disk");
  }

  @Test
  void itsArenasAndItsHeapStaySmall() {
    try (ApexStore first = ApexStore.open(folder.resolve("first"), StoreOptions.defaults())) {
      fill(first); // Creates what all stores of a process share.
      long heapBefore = usedHeapBytes();
      List<ApexStore> stores = new ArrayList<>();
      try {
        long arenas = 0;
        for (int i = 0; i < STORES; i++) {
          ApexStore store =
              ApexStore.open(folder.resolve(Integer.toString(i)), StoreOptions.defaults());
          stores.add(store);
          fill(store);
          store.flush();
          readAll(store);
          arenas = Math.max(arenas, arenaBytes(store));
        }
        long heap = (usedHeapBytes() - heapBefore) / STORES;
        long memory = arenas + heap;
        String found = arenas + " bytes of arenas, " + heap + " of heap";
        assertTrue(memory < MEMORY_BYTES_MAX, found);
      } finally {
        stores.forEach(ApexStore::close);
      }
    }
  }

  /** The heap in use after collections; the minimum of some attempts, because others allocate. */
  private static long usedHeapBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}

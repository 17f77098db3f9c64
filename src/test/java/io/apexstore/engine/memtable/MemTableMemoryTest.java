package io.apexstore.engine.memtable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The memory of a memtable: how much it takes, from where, and what happens when it runs out. */
class MemTableMemoryTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final MemoryChunks pool = new MemoryChunks(2 * MemoryChunks.CHUNK_BYTES);
  private long version;

  @Test
  void anEmptyTableTakesNothing() {
    MemTable table = new MemTable(pool);
    assertEquals(0, table.memoryBytes());
    assertEquals(0, pool.bytesInUse());
    assertTrue(table.isEmpty());
    assertNull(get(table, new byte[] {1}));
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seekToFirst();
      assertFalse(iterator.isValid());
      iterator.seekToLast();
      assertFalse(iterator.isValid());
      iterator.seek(new byte[] {1}, 1);
      assertFalse(iterator.isValid());
    }
    table.release();
  }

  @Test
  void countsEveryByteThatItTakes() {
    MemTable table = new MemTable(pool);
    byte[] key = new byte[13];
    put(table, key, new byte[7]);
    // 20 bytes before the key, 40 in all, so no rounding; plus one leaf.
    assertEquals(40 + NodeFormat.LEAF_BYTES, table.memoryBytes());
    put(table, key, new byte[8]);
    assertEquals(40 + 48 + NodeFormat.LEAF_BYTES, table.memoryBytes());
    put(table, new byte[] {5}, new byte[0]);
    // The key shares nothing with the other: the leaf is copied to compare from the first byte.
    assertEquals(40 + 48 + 24 + 2 * NodeFormat.LEAF_BYTES, table.memoryBytes());
    table.put(key, 0, 13, ++version, ValueKind.PUT, 99, new byte[8], 0, 8);
    assertEquals(40 + 48 + 24 + 56 + 2 * NodeFormat.LEAF_BYTES, table.memoryBytes());
    assertEquals(MemoryChunks.SMALL_CHUNK_BYTES, table.chunkBytes());
    assertEquals(MemoryChunks.SMALL_CHUNK_BYTES, pool.bytesInUse());
    assertEquals(4, table.entryCount());
    table.release();
    assertEquals(0, pool.bytesInUse());
  }

  @ParameterizedTest
  @EnumSource(KeyShapes.class)
  void takesEntriesExactlyAndNodesWithinTheirBound(KeyShapes shape) {
    MemTable table = new MemTable(pool);
    long entryBytes = 0;
    while (table.memoryBytes() < 3 * MemoryChunks.CHUNK_BYTES) {
      int puts = 1 + random.nextInt(random.nextBoolean() ? 3 : 300);
      long nodesBefore = table.memoryBytes() - entryBytes;
      long nodesMax = table.nodeBytesMax(puts);
      List<byte[]> keys = new ArrayList<>();
      for (int i = 0; i < puts; i++) {
        keys.add(shape.next(random));
      }
      switch (random.nextInt(3)) {
        case 0 -> keys.sort(Arrays::compareUnsigned);
        case 1 -> keys.sort((a, b) -> Arrays.compareUnsigned(b, a));
        default -> {}
      }
      for (byte[] key : keys) {
        byte[] value = new byte[random.nextInt(200)];
        entryBytes += MemTable.entryBytes(key.length, value.length, false);
        put(table, key, value);
      }
      long nodesTaken = table.memoryBytes() - entryBytes - nodesBefore;
      assertTrue(nodesTaken >= 0, () -> "seed " + SEED);
      assertTrue(nodesTaken <= nodesMax, () -> "seed " + SEED + ": " + nodesTaken);
    }
    assertTrue(table.memoryBytes() <= table.chunkBytes());
    assertEquals(table.chunkBytes(), pool.bytesInUse());
    table.release();
    assertEquals(0, pool.bytesInUse());
  }

  @Test
  void holdsTheLargestKeysAndValues() {
    MemTable table = new MemTable(pool);
    byte[] longest = new byte[Limits.KEY_BYTES_MAX];
    random.nextBytes(longest);
    byte[] sibling = longest.clone();
    sibling[sibling.length - 1]++;
    byte[] shorter = Arrays.copyOf(longest, longest.length - 1);
    byte[] largest = new byte[Limits.VALUE_BYTES_MAX];
    random.nextBytes(largest);
    byte[] chunkful = new byte[MemoryChunks.CHUNK_BYTES];
    random.nextBytes(chunkful);
    put(table, longest, largest);
    put(table, sibling, chunkful);
    put(table, shorter, new byte[] {1});
    put(table, new byte[] {0}, new byte[] {2});
    assertArrayEquals(largest, get(table, longest));
    assertArrayEquals(chunkful, get(table, sibling));
    assertArrayEquals(new byte[] {1}, get(table, shorter));
    assertArrayEquals(new byte[] {2}, get(table, new byte[] {0}));
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seek(shorter, shorter.length);
      assertEquals(shorter.length, iterator.keyLength());
      iterator.next();
      assertArrayEquals(
          sibling.length > 0 && Arrays.compareUnsigned(longest, sibling) < 0 ? longest : sibling,
          Arrays.copyOf(iterator.key(), iterator.keyLength()));
    }
    table.release();
    assertEquals(0, pool.bytesInUse());
  }

  @Test
  void rejectsKeysAndValuesThatAreTooLong() {
    MemTable table = new MemTable(pool);
    byte[] tooLong = new byte[Limits.KEY_BYTES_MAX + 1];
    assertThrows(IllegalArgumentException.class, () -> put(table, tooLong, new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> put(table, new byte[0], new byte[0]));
    byte[] tooLarge = new byte[Limits.VALUE_BYTES_MAX + 1];
    assertThrows(IllegalArgumentException.class, () -> put(table, new byte[1], tooLarge));
    assertThrows(
        IllegalArgumentException.class,
        () -> table.put(new byte[1], 0, 1, 1, ValueKind.DELETE, 0, new byte[1], 0, 1));
    assertTrue(table.isEmpty());
  }

  @Test
  void rejectsVersionsThatDoNotAscend() {
    MemTable table = new MemTable(pool);
    table.put(new byte[1], 0, 1, 7, ValueKind.PUT, 0, new byte[1], 0, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> table.put(new byte[1], 0, 1, 7, ValueKind.PUT, 0, new byte[2], 0, 2));
    assertEquals(1, table.entryCount());
    assertArrayEquals(new byte[1], get(table, new byte[1]));
    table.release();
  }

  @Test
  void countsVersionsAndTombstones() {
    MemTable table = new MemTable(pool);
    assertEquals(Long.MAX_VALUE, table.minVersion());
    assertEquals(0, table.maxVersion());
    table.put(new byte[] {1}, 0, 1, 5, ValueKind.PUT, 0, new byte[1], 0, 1);
    table.put(new byte[] {2}, 0, 1, 9, ValueKind.DELETE, 0, new byte[0], 0, 0);
    assertEquals(5, table.minVersion());
    assertEquals(9, table.maxVersion());
    assertEquals(1, table.tombstoneCount());
    assertEquals(2, table.entryCount());
    table.release();
  }

  @Test
  void failsCleanlyAfterItsRelease() {
    MemTable table = new MemTable(pool);
    for (int i = 0; i < 100; i++) {
      put(table, new byte[] {1, (byte) i}, new byte[1]);
    }
    InternalIterator iterator = table.iterator(Limits.VERSION_MAX);
    iterator.seekToFirst();
    table.release();
    table.release();
    assertClosed(() -> get(table, new byte[] {1, 2}));
    assertClosed(() -> put(table, new byte[] {1, 2}, new byte[1]));
    assertClosed(() -> table.iterator(1));
    assertClosed(table::allVersions);
    assertClosed(iterator::next);
    assertClosed(iterator::seekToFirst);
    iterator.close();
    assertEquals(100, table.entryCount());
  }

  private static void assertClosed(Runnable use) {
    EngineException e = assertThrows(EngineException.class, use::run);
    assertEquals(EngineException.Failure.CLOSED, e.failure());
  }

  @Test
  void reusesChunksAndKeepsABoundedNumber() {
    List<MemTable> tables = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      MemTable table = new MemTable(pool);
      while (table.chunkBytes() < 2 * MemoryChunks.CHUNK_BYTES) {
        put(table, KeyShapes.ANY.next(random), new byte[1000]);
      }
      tables.add(table);
    }
    long inUse = 3 * (2L * MemoryChunks.CHUNK_BYTES + MemoryChunks.SMALL_CHUNK_BYTES);
    assertEquals(inUse, pool.bytesInUse());
    tables.forEach(MemTable::release);
    assertEquals(0, pool.bytesInUse());
    long spare = 2L * MemoryChunks.CHUNK_BYTES + 3L * MemoryChunks.SMALL_CHUNK_BYTES;
    assertEquals(spare, pool.spareBytes());
    MemTable next = new MemTable(pool);
    put(next, new byte[1], new byte[1]);
    assertEquals(spare - MemoryChunks.SMALL_CHUNK_BYTES, pool.spareBytes());
    pool.close();
    assertEquals(0, pool.spareBytes());
    assertArrayEquals(new byte[1], get(next, new byte[1]));
    next.release();
    assertEquals(0, pool.spareBytes());
    assertClosed(() -> put(new MemTable(pool), new byte[1], new byte[1]));
  }

  @ParameterizedTest
  @EnumSource(KeyShapes.class)
  void staysRightWhenMemoryRunsOut(KeyShapes shape) {
    boolean[] failing = new boolean[1];
    MemoryChunks meagre =
        new MemoryChunks(
            0,
            bytes -> {
              if (failing[0] && random.nextInt(4) > 0) {
                throw new OutOfMemoryError("by the test");
              }
              return MemoryChunks.allocateShared(bytes);
            });
    MemTable table = new MemTable(meagre);
    Model model = new Model();
    int failures = 0;
    failing[0] = true;
    for (int i = 0; i < 3000; i++) {
      byte[] key = shape.next(random);
      byte[] value = new byte[random.nextInt(20) == 0 ? 100_000 : 500];
      version++;
      try {
        table.put(key, 0, key.length, version, ValueKind.PUT, 0, value, 0, value.length);
        model.put(new Model.Entry(key, version, ValueKind.PUT, 0, value));
      } catch (OutOfMemoryError e) {
        failures++;
      }
    }
    assertTrue(failures > 0);
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seekToFirst();
      for (Model.Entry entry : model.ascending(Limits.VERSION_MAX)) {
        assertEquals(entry.version(), iterator.version(), () -> "seed " + SEED);
        assertArrayEquals(entry.key(), Arrays.copyOf(iterator.key(), iterator.keyLength()));
        assertArrayEquals(entry.value(), get(table, entry.key()));
        iterator.next();
      }
      assertFalse(iterator.isValid());
      iterator.seekToLast();
      for (Model.Entry entry : model.descending(Limits.VERSION_MAX)) {
        assertEquals(entry.version(), iterator.version(), () -> "seed " + SEED);
        iterator.prev();
      }
      assertFalse(iterator.isValid());
    }
    assertEquals(table.chunkBytes(), meagre.bytesInUse());
    table.release();
    assertEquals(0, meagre.bytesInUse());
  }

  @Test
  void aValueReadIntoASegmentIsNotCopiedTwice() {
    MemTable table = new MemTable(pool);
    put(table, new byte[] {1}, new byte[] {7, 8, 9});
    Lookup lookup = new Lookup();
    lookup.start(new byte[] {1}, Limits.VERSION_MAX, true);
    byte[] target = new byte[5];
    lookup.copyValueTo(MemorySegment.ofArray(target));
    assertEquals(Lookup.Outcome.FOUND, table.get(lookup));
    assertArrayEquals(new byte[] {7, 8, 9, 0, 0}, target);
    assertNull(lookup.value());
    table.release();
  }

  private void put(MemTable table, byte[] key, byte[] value) {
    table.put(key, 0, key.length, ++version, ValueKind.PUT, 0, value, 0, value.length);
  }

  private static byte @Nullable [] get(MemTable table, byte[] key) {
    Lookup lookup = new Lookup();
    lookup.start(key, Limits.VERSION_MAX, true);
    table.get(lookup);
    return lookup.value();
  }
}

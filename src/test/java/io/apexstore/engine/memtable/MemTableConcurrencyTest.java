package io.apexstore.engine.memtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Readers beside the writer see exactly the commits that were published before they read.
 *
 * <p>Commit v writes key number v modulo the number of keys, so the entry that a reader at version
 * p must find follows from p alone. At first, new keys split nodes; then they are overwritten.
 */
@Tag("stress")
class MemTableConcurrencyTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int READERS = 3;

  private final MemoryChunks pool = new MemoryChunks(64L << 20);

  @ParameterizedTest
  @CsvSource({
    "ANY, shuffled, 20000, 4",
    "NUMBERED, ascending, 8000, 6",
    "NUMBERED, descending, 8000, 6",
    "CROWDED, shuffled, 4000, 10",
    "TENANTS, shuffled, 10000, 4",
    "LONG_SHARED, shuffled, 3000, 6",
    "CROWDED, ascending, 300, 200",
    "ANY, shuffled, 60, 400"
  })
  void readersSeeThePublishedCommits(KeyShapes shape, String order, int keyCountMax, int tables)
      throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      for (int i = 0; i < tables; i++) {
        Scene scene = new Scene(keys(shape, order, keyCountMax, random), new MemTable(pool));
        List<Future<?>> readers = new ArrayList<>();
        for (int r = 0; r < READERS; r++) {
          SplittableRandom own = random.split();
          readers.add(threads.submit(() -> scene.read(own)));
        }
        scene.write();
        for (Future<?> reader : readers) {
          reader.get();
        }
        scene.table.release();
      }
    }
    assertEquals(0, pool.bytesInUse());
    pool.close();
  }

  private static byte[][] keys(
      KeyShapes shape, String order, int keyCountMax, SplittableRandom random) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < keyCountMax; i++) {
      keys.add(shape.next(random));
    }
    keys.sort(Arrays::compareUnsigned);
    for (int i = keys.size() - 1; i > 0; i--) {
      if (Arrays.equals(keys.get(i), keys.get(i - 1))) {
        keys.remove(i);
      }
    }
    switch (order) {
      case "descending" -> keys.sort((a, b) -> Arrays.compareUnsigned(b, a));
      case "shuffled" -> {
        for (int i = keys.size() - 1; i > 0; i--) {
          int j = random.nextInt(i + 1);
          byte[] swapped = keys.get(i);
          keys.set(i, keys.get(j));
          keys.set(j, swapped);
        }
      }
      default -> assertEquals("ascending", order);
    }
    return keys.toArray(new byte[0][]);
  }

  /** One table, its keys in the order of their first put, and the progress of the writer. */
  private static final class Scene {
    final byte[][] keys;
    final MemTable table;
    final long lastVersion;
    final AtomicLong published = new AtomicLong();

    Scene(byte[][] keys, MemTable table) {
      this.keys = keys;
      this.table = table;
      this.lastVersion = keys.length * 2L;
    }

    void write() {
      byte[] value = new byte[12];
      for (long version = 1; version <= lastVersion; version++) {
        int number = (int) (version % keys.length);
        ByteBuffer.wrap(value).putInt(number).putLong(version);
        byte[] key = keys[number];
        table.put(key, 0, key.length, version, ValueKind.PUT, Limits.NEVER_EXPIRES, value, 0, 12);
        published.setRelease(version);
      }
    }

    /** The version of a key that a reader at version p must find; below 1: none. */
    long versionAt(int number, long p) {
      return p - Math.floorMod(p - number, keys.length);
    }

    void read(SplittableRandom random) {
      Lookup lookup = new Lookup();
      long p;
      do {
        p = published.getAcquire();
        for (int i = 0; i < 200; i++) {
          p = published.getAcquire();
          get(
              lookup,
              random.nextInt(keys.length),
              random.nextInt(3) > 0 ? p : random.nextLong(p + 1));
        }
        long at = random.nextInt(3) > 0 ? published.getAcquire() : p / 2;
        walk(at, random.nextInt(keys.length), random.nextBoolean());
      } while (p < lastVersion);
    }

    private void get(Lookup lookup, int number, long p) {
      lookup.start(keys[number], p, true);
      Lookup.Outcome outcome = table.get(lookup);
      long expected = versionAt(number, p);
      if (expected < 1) {
        assertEquals(Lookup.Outcome.NOT_HERE, outcome, () -> "seed " + SEED);
      } else {
        assertEquals(Lookup.Outcome.FOUND, outcome, () -> "seed " + SEED);
        assertEquals(expected, lookup.version(), () -> "seed " + SEED);
        ByteBuffer value = ByteBuffer.wrap(java.util.Objects.requireNonNull(lookup.value()));
        assertEquals(number, value.getInt());
        assertEquals(expected, value.getLong());
      }
    }

    /** Walks forwards and backwards from one key and checks that no key is missing. */
    private void walk(long p, int number, boolean forwardFirst) {
      try (InternalIterator iterator = table.iterator(p)) {
        byte[] key = keys[number];
        long seen = forwardFirst ? forward(iterator, key, p) : 0;
        seen += backward(iterator, key, p);
        seen += forwardFirst ? 0 : forward(iterator, key, p);
        assertEquals(Math.min(p, keys.length), seen, () -> "seed " + SEED);
      }
    }

    private long forward(InternalIterator iterator, byte[] key, long p) {
      long count = 0;
      byte[] last = null;
      for (iterator.seek(key, key.length); iterator.isValid(); iterator.next()) {
        byte[] current = Arrays.copyOf(iterator.key(), iterator.keyLength());
        int comparison = Arrays.compareUnsigned(last == null ? key : last, current);
        assertTrue(last == null ? comparison <= 0 : comparison < 0, () -> "seed " + SEED);
        last = current;
        check(iterator, current, p);
        count++;
      }
      return count;
    }

    private long backward(InternalIterator iterator, byte[] key, long p) {
      long count = 0;
      byte[] last = key;
      for (iterator.seekBefore(key, key.length); iterator.isValid(); iterator.prev()) {
        byte[] current = Arrays.copyOf(iterator.key(), iterator.keyLength());
        assertTrue(Arrays.compareUnsigned(last, current) > 0, () -> "seed " + SEED);
        last = current;
        check(iterator, current, p);
        count++;
      }
      return count;
    }

    private void check(InternalIterator iterator, byte[] key, long p) {
      int number =
          iterator
              .valueSegment()
              .get(
                  ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN),
                  iterator.valueOffset());
      assertFalse(Arrays.compareUnsigned(keys[number], key) != 0, () -> "seed " + SEED);
      assertEquals(versionAt(number, p), iterator.version(), () -> "seed " + SEED);
    }
  }
}

package io.apexstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.CountedFiles;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with many more tables than may be open at once. */
class OpenTablesTest {
  private static final int LIMIT = 8;
  private static final int KEYSPACES = 10;
  private static final int TABLES = 10;
  private static final int KEYS = 40;
  private static final int READERS = 4;

  /** Flushes, compactions, the checks of new tables and the closer, besides the readers. */
  private static final int OTHERS = 6;

  private static final String TABLE_END =
      FileNames.table(1).substring(FileNames.table(1).lastIndexOf('.'));

  private final CountedFiles counted = new CountedFiles(name -> name.endsWith(TABLE_END));

  @TempDir Path folder;

  @Test
  void everyTableIsReadWhileFewAreOpen() throws Exception {
    try (ApexStore store = open()) {
      for (int table = 0; table < TABLES; table++) {
        for (int space = 0; space < KEYSPACES; space++) {
          write(store.keyspace("space" + space), space, table);
        }
        store.flush();
      }
      store.keyspace("dropped").put(key(0), value(0, 0));
      store.flush();
      try (Snapshot snapshot = store.snapshot()) {
        readWhileChanging(store, snapshot);
      }
      assertEquals(LIMIT, store.stats().openTablesMax());
      assertTrue(store.stats().openTables() <= LIMIT + OTHERS + READERS);
    }
    assertEquals(0, counted.open());
    try (ApexStore store = open()) {
      for (int space = 0; space < KEYSPACES; space++) {
        checkAll(store.keyspace("space" + space), space);
      }
    }
    assertEquals(0, counted.open());
    assertTrue(
        counted.most() <= LIMIT + READERS + OTHERS, () -> counted.most() + " tables were open");
    assertTrue(counted.opens() > 5 * TABLES * KEYSPACES, () -> counted.opens() + " opens");
  }

  private void readWhileChanging(ApexStore store, Snapshot snapshot) throws Exception {
    AtomicBoolean changing = new AtomicBoolean(true);
    try (ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int r = 0; r < READERS; r++) {
        SplittableRandom random = new SplittableRandom(r);
        running.add(
            readers.submit(
                () -> {
                  do {
                    for (int i = 0; i < 500; i++) {
                      readOne(store, random);
                    }
                    checkAll(store.keyspace("space" + random.nextInt(KEYSPACES)), -1);
                  } while (changing.get());
                  return null;
                }));
      }
      try {
        assertTrue(store.dropKeyspace("dropped"));
        for (int space = 0; space < KEYSPACES; space += 2) {
          write(store.keyspace("space" + space), space, 0);
          store.flush();
          store.keyspace("space" + space).compact(KeyRange.all());
        }
      } finally {
        changing.set(false);
      }
      for (Future<?> reader : running) {
        reader.get();
      }
    }
    assertTrue(snapshot.version() > 0);
  }

  private static void readOne(ApexStore store, SplittableRandom random) {
    int space = random.nextInt(KEYSPACES);
    int n = random.nextInt(TABLES * KEYS);
    byte[] found = store.keyspace("space" + space).get(key(n));
    assertArrayEquals(value(space, n), found);
  }

  /** Checks that a keyspace has exactly its entries; -1: whichever it is. */
  private static void checkAll(Keyspace keyspace, int space) {
    int expected = space < 0 ? Integer.parseInt(keyspace.name().substring(5)) : space;
    try (Cursor cursor = keyspace.scan(KeyRange.all())) {
      for (int n = 0; n < TABLES * KEYS; n++) {
        assertTrue(cursor.next());
        assertArrayEquals(key(n), cursor.key());
        assertArrayEquals(value(expected, n), cursor.value());
      }
      assertFalse(cursor.next());
    }
  }

  private static void write(Keyspace keyspace, int space, int table) {
    for (int n = table; n < TABLES * KEYS; n += TABLES) {
      keyspace.put(key(n), value(space, n));
    }
  }

  private static byte[] key(int n) {
    return ByteBuffer.allocate(4).putInt(n).array();
  }

  // Random bytes, so that the blocks do not all fit in the cache.
  private static byte[] value(int space, int n) {
    byte[] value = new byte[2000];
    new SplittableRandom(space * 1_000_003L + n).nextBytes(value);
    return value;
  }

  private ApexStore open() {
    return StoreSeams.open(
        ApexStore.builder(folder.resolve("store"))
            .options(
                StoreOptions.defaults()
                    .withSyncMode(SyncMode.ASYNC)
                    .withOpenTablesMax(LIMIT)
                    .withBlockCacheBytes(256 << 10)
                    .withLevel0Threshold(64)),
        counted::counted);
  }
}

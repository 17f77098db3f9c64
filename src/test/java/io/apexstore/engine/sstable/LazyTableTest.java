package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.file.FileNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A lazy table is opened once, and not by look-ups that must not read from disk. */
class LazyTableTest {
  private static final String FILE = FileNames.table(TableFixture.FILE_ID);

  private static TableFixture fixture() throws IOException {
    List<TableFixture.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      entries.add(TableFixture.Entry.put("key%03d".formatted(i), 7, "value " + i));
    }
    return new TableFixture(entries, TableOptions.DEFAULT, 1 << 20);
  }

  private static Lookup lookup(String key, boolean cachedOnly) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE, cachedOnly);
    return lookup;
  }

  @Test
  void aLookUpThatMustNotReadFromDiskLeavesItClosed() throws IOException {
    try (TableFixture fixture = fixture();
        LazyTable table = new LazyTable(fixture.context, fixture.meta)) {
      assertEquals(Outcome.NEEDS_DISK, table.get(lookup("key050", true)));
      assertNull(table.opened());
      assertEquals(0, table.memoryBytes());
      assertEquals(Outcome.FOUND, table.get(lookup("key050", false)));
      assertInstanceOf(Table.class, table.opened());
      assertTrue(table.memoryBytes() > 0);
      assertEquals(Outcome.FOUND, table.get(lookup("key050", true)));
    }
  }

  @Test
  void manyReadersAtOnceOpenItOnce() throws Exception {
    try (TableFixture fixture = fixture();
        LazyTable table = new LazyTable(fixture.context, fixture.meta)) {
      Set<TableReader> seen = ConcurrentHashMap.newKeySet();
      CountDownLatch start = new CountDownLatch(1);
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        readers.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      awaitStart(start);
                      seen.add(table.open());
                    }));
      }
      start.countDown();
      for (Thread reader : readers) {
        reader.join();
      }
      assertEquals(1, seen.size());
      assertSame(table.opened(), seen.iterator().next());
    }
  }

  private static void awaitStart(CountDownLatch start) {
    try {
      start.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void damageIsFoundWhenItIsOpenedAndRemembered() throws IOException {
    try (TableFixture fixture = fixture();
        LazyTable table = new LazyTable(fixture.context, fixture.meta)) {
      byte[] bytes = Objects.requireNonNull(fixture.storage.files.get(FILE)).clone();
      bytes[bytes.length - 1] ^= 1;
      fixture.storage.files.put(FILE, bytes);
      assertNull(table.damage());
      for (int i = 0; i < 2; i++) {
        EngineException e =
            assertThrows(EngineException.class, () -> table.get(lookup("key050", false)));
        assertEquals(Failure.CORRUPTION, e.failure());
      }
      assertNotNull(table.damage());
      assertThrows(EngineException.class, () -> table.get(lookup("key050", true)));
    }
  }

  @Test
  void aFailedReadIsTriedAgain() throws IOException {
    try (TableFixture fixture = fixture();
        LazyTable table = new LazyTable(fixture.context, fixture.meta)) {
      byte[] bytes = Objects.requireNonNull(fixture.storage.files.get(FILE)).clone();
      fixture.storage.files.remove(FILE);
      EngineException e =
          assertThrows(EngineException.class, () -> table.get(lookup("key050", false)));
      assertEquals(Failure.READ_FAILED, e.failure());
      assertNull(table.damage());
      fixture.storage.files.put(FILE, bytes);
      assertEquals(Outcome.FOUND, table.get(lookup("key050", false)));
    }
  }
}

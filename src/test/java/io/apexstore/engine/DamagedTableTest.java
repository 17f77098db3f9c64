package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.sstable.TableFormat;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damage in one table affects the range of that table only. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class DamagedTableTest {
  private static final int HEADER_BYTES = 96;
  private static final int STEP = 37;

  private final MemoryStorage storage = new MemoryStorage();

  /** Writes a store of two tables, with the prefixes a and m; returns the name of the second. */
  private String writeTwoTables() {
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      fill(store, "a");
      store.engine().flush();
      fill(store, "m");
      store.engine().flush();
    }
    SortedSet<String> tables = tables();
    assertEquals(2, tables.size());
    return tables.last();
  }

  private SortedSet<String> tables() {
    TreeSet<String> tables = new TreeSet<>();
    for (String name : storage.contents().keySet()) {
      if (name.endsWith(".sst")) {
        tables.add(name);
      }
    }
    return tables;
  }

  private static void fill(TestStore store, String prefix) {
    for (int i = 0; i < 1000; i++) {
      store.put(key(prefix, i), "value " + i);
    }
  }

  private static String key(String prefix, int i) {
    return "%s%04d".formatted(prefix, i);
  }

  private byte[] bytes(String name) {
    return Objects.requireNonNull(storage.contents().get(name)).clone();
  }

  private void flip(String name, int at) throws IOException {
    byte[] bytes = bytes(name);
    bytes[at] ^= 4;
    storage.put(name, bytes);
  }

  private static void assertDamaged(Runnable read) {
    EngineException e = assertThrows(EngineException.class, read::run);
    assertEquals(Failure.CORRUPTION, e.failure(), e.getMessage());
  }

  /** Offsets in header, filter, index, properties and footer: not in data and index blocks. */
  private static List<Integer> ownDescription(byte[] table) {
    ByteBuffer b = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int footer = table.length - b.getInt(table.length - 12);
    List<Integer> places = new ArrayList<>();
    for (int at = 0; at < HEADER_BYTES; at += STEP) {
      places.add(at);
    }
    for (int at = (int) b.getLong(footer); at < table.length; at += STEP) {
      places.add(at);
    }
    places.add(table.length - 1);
    return places;
  }

  @Test
  void readsOfATableThatCannotBeOpenedFailAndOtherReadsSucceed() throws IOException {
    String name = writeTwoTables();
    byte[] whole = bytes(name);
    for (int at : ownDescription(whole)) {
      flip(name, at);
      try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
        assertEquals("value 7", store.get(key("a", 7)));
        assertNull(store.get("z"));
        assertDamaged(() -> store.get(key("m", 7)));
        assertDamaged(() -> store.get("m0007  is absent"));
        assertDamaged(store::scan);
        List<String> damage = store.engine().stats().damage();
        assertTrue(damage.size() == 1 && damage.getFirst().contains(name), damage.toString());
      }
      storage.put(name, whole);
    }
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      assertEquals(2000, store.scan().size());
      assertEquals(List.of(), store.engine().stats().damage());
    }
  }

  @Test
  void damageIsReportedWithoutAnyRead() throws IOException {
    String name = writeTwoTables();
    flip(name, 0);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      List<String> damage = store.engine().stats().damage();
      while (damage.isEmpty()) {
        Thread.onSpinWait();
        damage = store.engine().stats().damage();
      }
      assertTrue(damage.getFirst().contains(name), damage.toString());
    }
  }

  @Test
  void aCompactionKeepsATableThatItCannotOpen() throws IOException {
    String name = writeTwoTables();
    byte[] whole = bytes(name);
    flip(name, whole.length - 1);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      store.put(key("m", 0), "newer");
      assertDamaged(() -> store.engine().compact());
      assertEquals("newer", store.get(key("m", 0)));
      assertDamaged(() -> store.get(key("m", 1)));
      assertEquals(2, store.engine().stats().damage().size());
    }
    assertTrue(storage.contents().containsKey(name));
    storage.put(name, whole);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      store.engine().compact();
      assertEquals("newer", store.get(key("m", 0)));
      assertEquals("value 1", store.get(key("m", 1)));
      assertEquals(2000, store.scan().size());
    }
  }

  @Test
  void readsOfATableOfAnUnknownFormatFailAndWritesGoOn() throws IOException {
    String name = writeTwoTables();
    byte[] whole = bytes(name);
    setUnknownFormat(name);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      assertEquals("value 7", store.get(key("a", 7)));
      assertUnknown(() -> store.get(key("m", 7)));
      store.put(key("m", 0), "newer");
      assertUnknown(() -> store.engine().compact());
      store.put("z", "after the compaction");
      assertEquals("newer", store.get(key("m", 0)));
      assertEquals(2, store.engine().stats().damage().size());
    }
    storage.put(name, whole);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      store.engine().compact();
      assertEquals("newer", store.get(key("m", 0)));
      assertEquals("after the compaction", store.get("z"));
      assertEquals(2001, store.scan().size());
    }
  }

  /** Sets the format version of a table, in an otherwise valid header, to the first unknown one. */
  private void setUnknownFormat(String name) throws IOException {
    byte[] bytes = bytes(name);
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(8, TableFormat.VERSION + 1);
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, HEADER_BYTES - Integer.BYTES);
    header.putInt(HEADER_BYTES - Integer.BYTES, (int) checksum.getValue());
    storage.put(name, bytes);
  }

  private static void assertUnknown(Runnable use) {
    EngineException e = assertThrows(EngineException.class, use::run);
    assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure(), e.getMessage());
  }

  @Test
  void aFailureToOpenOneTableDoesNotAffectTheOthers() throws IOException {
    String second = writeTwoTables();
    String first = second.equals(tables().first()) ? tables().last() : tables().first();
    for (String failing : List.of(first, second)) {
      FaultStorage faults = new FaultStorage(storage);
      faults.before(
          FaultStorage.Kind.OPEN,
          failing::equals,
          (kind, name) -> {
            throw new IOException("planted failure");
          });
      FaultStorage.Rule opened =
          faults.before(FaultStorage.Kind.OPEN, name -> !name.equals(failing), (kind, name) -> {});
      try (TestStore store = TestStore.open(faults, SyncMode.GROUP)) {
        while (store.engine().stats().tableMemoryBytes() == 0) {
          Thread.onSpinWait();
        }
      }
      assertTrue(opened.seen() > 0);
    }
  }

  @Test
  void aScanThatMeetsDamageNeverContinuesPastIt() throws IOException {
    String name = writeTwoTables();
    flip(name, 3000);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP);
        EngineCursor cursor =
            store.engine().scan(store.engine().keyspace("default"), null, null, false, null)) {
      assertDamaged(
          () -> {
            while (cursor.next()) {
              cursor.key();
            }
          });
      assertDamaged(cursor::next);
      assertDamaged(cursor::next);
      assertEquals(
          Failure.INVALID_REQUEST, assertThrows(EngineException.class, cursor::key).failure());
    }
  }

  /** A read of a damaged block, by any path. */
  enum DamagedRead {
    GET,
    SCAN,
    SCAN_BACKWARDS,
    COMPACTION
  }

  @ParameterizedTest
  @EnumSource(DamagedRead.class)
  void aReadThatMeetsADamagedBlockIsShownInTheStatistics(DamagedRead read) throws IOException {
    String name = writeTwoTables();
    flip(name, 200);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      assertEquals(List.of(), store.engine().stats().damage());
      assertDamaged(() -> perform(store, read));
      String line = store.engine().stats().damage().getFirst();
      assertTrue(line.startsWith("keyspace default: " + name + " at offset "), line);
      assertTrue(line.contains("reads that failed: "), line);
      assertEquals("value 7", store.get(key("a", 7)));
    }
  }

  @Test
  void damageOfALargeBlockIsShownInTheStatistics() throws IOException {
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      store.put("large", "v".repeat(2 * LargeBlocks.LARGE_BYTES));
      store.engine().flush();
    }
    String name = tables().first();
    flip(name, 200);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      assertDamaged(() -> store.get("large"));
      assertDamaged(() -> store.get("large"));
      String line = store.engine().stats().damage().getFirst();
      assertTrue(line.startsWith("keyspace default: " + name + " at offset "), line);
      assertTrue(line.endsWith("(reads that failed: 2)"), line);
    }
  }

  private static void perform(TestStore store, DamagedRead read) {
    switch (read) {
      case GET -> store.get(key("m", 0));
      case SCAN -> store.scan();
      case SCAN_BACKWARDS -> {
        try (EngineCursor cursor =
            store.engine().scan(store.engine().keyspace("default"), null, null, true, null)) {
          while (cursor.next()) {
            cursor.key();
          }
        }
      }
      case COMPACTION -> {
        store.put(key("m", 5), "newer");
        store.engine().compact();
      }
    }
  }
}

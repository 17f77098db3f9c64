package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage is an error, never an absent key, an older version or a scan without some keys. */
final class TableDamageTest {
  private static final String NAME = FileNames.table(TableFixture.FILE_ID);

  private static List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      entries.add(Entry.put("key%03d".formatted(i), 100 + i, "value number " + i));
      if (i % 7 == 0) {
        entries.add(Entry.put("key%03d".formatted(i), 50, "older"));
      }
      if (i % 11 == 0) {
        entries.add(Entry.delete("key%03d".formatted(i), 40));
      }
    }
    return entries;
  }

  @ParameterizedTest
  @CsvSource({"NONE, false", "LZ4, false", "LZ4, true"})
  @Tag("stress")
  void everyFlippedByteFailsEveryReadThatMeetsIt(Compression compression, boolean encrypted)
      throws IOException {
    FileCipherKeys keys = encrypted ? TableFixture.keys() : FileCipherKeys.NONE;
    TableOptions options = new TableOptions(512, 4, compression, 10.75);
    List<Entry> entries = entries();
    HeapStorage storage = new HeapStorage();
    TableMeta meta = TableFixture.write(storage, entries, options, keys);
    byte[] good = Objects.requireNonNull(storage.files.get(NAME));
    for (int at = 0; at < good.length; at++) {
      byte[] damaged = good.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      storage.files.put(NAME, damaged);
      checkDamaged(storage, keys, meta, entries, at);
    }
  }

  private static void checkDamaged(
      HeapStorage storage, FileCipherKeys keys, TableMeta meta, List<Entry> entries, int at)
      throws IOException {
    try (BlockCache cache = new BlockCache(1 << 20)) {
      TableContext context = new TableContext(storage, TableFixture.STORE, cache, keys);
      Table opened;
      try {
        opened = Table.open(context, meta);
      } catch (EngineException e) {
        assertTrue(
            e.failure() == Failure.CORRUPTION || e.failure() == Failure.UNSUPPORTED_FORMAT,
            () -> "byte " + at + ": " + e);
        return;
      }
      try (Table table = opened) {
        int failed = 0;
        for (Entry entry : entries) {
          failed += isCorrupt(table, entry) ? 1 : 0;
        }
        assertTrue(failed > 0, "byte " + at + " is in no block that holds a key");
        assertCorrupt(at, () -> scan(table, entries));
        assertCorrupt(at, () -> scanBackwards(table));
        assertCorrupt(at, () -> scanAll(table));
        assertCorrupt(at, () -> verify(table));
      }
    }
  }

  /** Whether a read fails as corruption; any answer it gives must be right. */
  private static boolean isCorrupt(Table table, Entry entry) {
    Lookup lookup = new Lookup();
    lookup.start(entry.key(), entry.version(), false);
    try {
      assertEquals(Outcome.FOUND, table.get(lookup));
      TableFixture.checkFound(entry, lookup);
      return false;
    } catch (EngineException e) {
      assertEquals(Failure.CORRUPTION, e.failure());
      return true;
    }
  }

  private static void assertCorrupt(int at, Runnable read) {
    EngineException e = assertThrows(EngineException.class, read::run, () -> "byte " + at);
    assertEquals(Failure.CORRUPTION, e.failure());
    assertTrue(String.valueOf(e.getMessage()).startsWith(NAME), e::getMessage);
  }

  private static void scan(Table table, List<Entry> entries) {
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      int i = 0;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        TableFixture.checkCurrent(entries.get(i), iterator);
        byte[] key = entries.get(i).key();
        while (i < entries.size() && Arrays.equals(entries.get(i).key(), key)) {
          i++;
        }
      }
    }
  }

  private static void scanBackwards(Table table) {
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      int steps = 0;
      for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
        steps++;
      }
      throw new AssertionError("ended after " + steps + " steps");
    }
  }

  private static void scanAll(Table table) {
    try (InternalIterator iterator = table.allVersions()) {
      int steps = 0;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        steps++;
      }
      throw new AssertionError("ended after " + steps + " steps");
    }
  }

  private static void verify(Table table) {
    try {
      TableVerification found = table.verify();
      throw new AssertionError("found nothing wrong: " + found);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFileCutAnywhereIsRejected(boolean encrypted) throws IOException {
    FileCipherKeys keys = encrypted ? TableFixture.keys() : FileCipherKeys.NONE;
    HeapStorage storage = new HeapStorage();
    TableMeta meta = TableFixture.write(storage, entries(), TableOptions.DEFAULT, keys);
    byte[] good = Objects.requireNonNull(storage.files.get(NAME));
    try (BlockCache cache = new BlockCache(0)) {
      TableContext context = new TableContext(storage, TableFixture.STORE, cache, keys);
      for (int length = 0; length < good.length; length++) {
        storage.files.put(NAME, Arrays.copyOf(good, length));
        EngineException e =
            assertThrows(EngineException.class, () -> Table.open(context, meta).close());
        assertEquals(Failure.CORRUPTION, e.failure());
      }
      storage.files.put(NAME, Arrays.copyOf(good, good.length + 1));
      assertThrows(EngineException.class, () -> Table.open(context, meta).close());
    }
  }

  @Test
  void anEncryptedTableReadsAsItWasWritten() throws IOException {
    FileCipherKeys keys = TableFixture.keys();
    HeapStorage storage = new HeapStorage();
    List<Entry> entries = entries();
    TableMeta meta = TableFixture.write(storage, entries, TableOptions.DEFAULT, keys);
    String bytes =
        new String(Objects.requireNonNull(storage.files.get(NAME)), StandardCharsets.ISO_8859_1);
    assertFalse(bytes.contains("key0"));
    try (BlockCache cache = new BlockCache(1 << 20)) {
      TableContext context = new TableContext(storage, TableFixture.STORE, cache, keys);
      try (Table table = Table.open(context, meta)) {
        assertEquals(entries.size(), table.verify().entries());
        for (Entry entry : entries) {
          assertFalse(isCorrupt(table, entry));
        }
      }
      FileCipherKeys others = TableFixture.keys();
      TableContext other = new TableContext(storage, TableFixture.STORE, cache, others);
      assertThrows(EngineException.class, () -> Table.open(other, meta).close());
    }
  }

  @Test
  void anUnencryptedTableIsRejectedInAnEncryptedStore() throws IOException {
    HeapStorage storage = new HeapStorage();
    TableMeta meta = TableFixture.write(storage, entries(), TableOptions.DEFAULT);
    try (BlockCache cache = new BlockCache(0)) {
      TableContext context =
          new TableContext(storage, TableFixture.STORE, cache, TableFixture.keys());
      EngineException e =
          assertThrows(EngineException.class, () -> Table.open(context, meta).close());
      assertEquals(Failure.CORRUPTION, e.failure());
    }
  }

  @Test
  void aTableOfAnotherStoreOrWithAnotherFileIdIsRejected() throws IOException {
    HeapStorage storage = new HeapStorage();
    TableMeta meta = TableFixture.write(storage, entries(), TableOptions.DEFAULT);
    storage.files.put(FileNames.table(8), Objects.requireNonNull(storage.files.get(NAME)));
    try (BlockCache cache = new BlockCache(0)) {
      TableContext other = new TableContext(storage, new UUID(9, 9), cache);
      assertThrows(EngineException.class, () -> Table.open(other, meta).close());
      TableContext context = new TableContext(storage, TableFixture.STORE, cache);
      assertThrows(EngineException.class, () -> Table.open(context, 8).close());
    }
  }

  @Test
  void aTableThatDiffersFromTheManifestIsRejected() throws IOException {
    HeapStorage storage = new HeapStorage();
    TableMeta meta = TableFixture.write(storage, entries(), TableOptions.DEFAULT);
    List<Entry> fewer = entries();
    fewer.removeLast();
    HeapStorage older = new HeapStorage();
    TableFixture.write(older, fewer, TableOptions.DEFAULT);
    storage.files.putAll(older.files);
    try (BlockCache cache = new BlockCache(0)) {
      TableContext context = new TableContext(storage, TableFixture.STORE, cache);
      EngineException e =
          assertThrows(EngineException.class, () -> Table.open(context, meta).close());
      assertTrue(String.valueOf(e.getMessage()).contains("the one in the manifest"), e::getMessage);
    }
  }

  @Test
  void aReadThatFailsForAnotherReasonIsNotCorruption() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(), TableOptions.DEFAULT, 0)) {
      fixture.storage.failsReads = true;
      Lookup lookup = new Lookup();
      lookup.start(fixture.entries.getFirst().key(), Limits.VERSION_MAX, false);
      EngineException e = assertThrows(EngineException.class, () -> fixture.table.get(lookup));
      assertEquals(Failure.READ_FAILED, e.failure());
      assertNotNull(e.getCause());
      fixture.storage.failsReads = false;
      assertEquals(Outcome.FOUND, fixture.table.get(lookup));
    }
  }

  @Test
  void aBlockDamagedOnDiskIsStillReadFromTheCacheAndFoundByVerify() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(), TableOptions.DEFAULT, 1 << 20)) {
      assertEquals(fixture.entries.size(), fixture.table.verify().entries());
      assertEquals(0, fixture.cache.stats().blocks());
      byte[] file = Objects.requireNonNull(fixture.storage.files.get(NAME));
      fixture.checkGet(fixture.entries.getFirst().key(), Limits.VERSION_MAX);
      file[120] ^= 1;
      fixture.checkGet(fixture.entries.getFirst().key(), Limits.VERSION_MAX);
      EngineException e = assertThrows(EngineException.class, fixture.table::verify);
      assertEquals(Failure.CORRUPTION, e.failure());
    }
  }
}

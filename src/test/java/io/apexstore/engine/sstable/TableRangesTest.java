package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that say which ranges were deleted. */
final class TableRangesTest {
  private static final String NAME = FileNames.table(TableFixture.FILE_ID);
  private static final TableOptions OPTIONS = new TableOptions(512, 4, Compression.LZ4, 10.75);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RangeTombstones ranges(String... bounds) {
    RangeTombstones.Builder builder = new RangeTombstones.Builder();
    for (int i = 0; i < bounds.length; i += 2) {
      builder.add(bytes(bounds[i]), bytes(bounds[i + 1]), new long[] {20L + i, 7});
    }
    return builder.build();
  }

  private static TableMeta write(
      HeapStorage storage, List<Entry> entries, RangeTombstones ranges, FileCipherKeys keys)
      throws IOException {
    FileHeader header =
        keys.newHeader(
            FileType.TABLE, TableFormat.VERSION, TableFixture.STORE, TableFixture.FILE_ID);
    try (AppendFile file = storage.create(NAME)) {
      TableBuilder builder = new TableBuilder(file, OPTIONS, header, 3, 1, keys);
      for (Entry entry : entries) {
        TableFixture.add(builder, entry);
      }
      builder.setRanges(ranges);
      return builder.finish(List.of());
    }
  }

  private static String find(Table table, String key, long version) {
    Lookup lookup = new Lookup();
    lookup.start(bytes(key), version, false);
    return table.get(lookup) == Outcome.FOUND ? lookup.kind() + " " + lookup.version() : "none";
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rangesAreReadAsTheyWereWrittenAndHideWhatIsOlder(boolean encrypted) throws IOException {
    FileCipherKeys keys = encrypted ? TableFixture.keys() : FileCipherKeys.NONE;
    HeapStorage storage = new HeapStorage();
    RangeTombstones ranges = ranges("a", "c", "c", "d", "x", "y\0");
    List<Entry> entries =
        List.of(Entry.put("b", 9, "1"), Entry.put("c", 30, "2"), Entry.put("e", 5, "3"));
    TableMeta meta = write(storage, entries, ranges, keys);
    assertEquals("\"a\"", KeyText.of(meta.smallestKey()));
    assertEquals("\"y\"", KeyText.of(meta.largestKey()));
    assertEquals(3, meta.rangeTombstoneCount());
    assertEquals(5, meta.minVersion());
    assertEquals(30, meta.maxVersion());
    try (BlockCache cache = new BlockCache(1 << 20);
        Table table =
            Table.open(new TableContext(storage, TableFixture.STORE, cache, keys), meta)) {
      assertEquals(ranges.toString(), table.deletedRanges().toString());
      assertEquals(30, table.newestEntryVersion());
      assertEquals(3, table.verify().entries());
      assertEquals("DELETE 20", find(table, "b", 99));
      assertEquals("PUT 9", find(table, "b", 10));
      assertEquals("DELETE 7", find(table, "b", 8));
      assertEquals("PUT 30", find(table, "c", 99));
      assertEquals("DELETE 22", find(table, "c", 29));
      assertEquals("PUT 5", find(table, "e", 99));
      assertEquals("none", find(table, "f", 99));
      assertEquals("DELETE 24", find(table, "y", 99));
      assertEquals("none", find(table, "y\1", 99));
      StringBuilder dump = new StringBuilder();
      TableDump.print(table, true, dump);
      assertTrue(
          dump.toString().contains("    from \"c\" to before \"d\" @22 @7\n"), dump.toString());
    }
  }

  @Test
  void aTableOfRangesOnlyHasOneDeletionThatSaysTheSame() throws IOException {
    HeapStorage storage = new HeapStorage();
    RangeTombstones ranges = ranges("m", "p");
    TableMeta meta = write(storage, List.of(), ranges, FileCipherKeys.NONE);
    assertEquals("\"m\"", KeyText.of(meta.smallestKey()));
    assertEquals("\"p\"", KeyText.of(meta.largestKey()));
    try (BlockCache cache = new BlockCache(1 << 20);
        Table table =
            Table.open(
                new TableContext(storage, TableFixture.STORE, cache, FileCipherKeys.NONE), meta)) {
      table.verify();
      assertEquals(1, table.meta().entryCount());
      assertEquals("DELETE 20", find(table, "m", 99));
      assertEquals("DELETE 20", find(table, "o", 99));
      assertEquals("DELETE 7", find(table, "o", 19));
    }
  }

  @Test
  void manyRangesTakeSeveralBlocks() throws IOException {
    RangeTombstones.Builder builder = new RangeTombstones.Builder();
    Random random = new Random(5);
    for (int i = 0; i < 30_000; i++) {
      byte[] start = bytes(String.format("%08d-%d", i, random.nextLong()));
      byte[] end = bytes(String.format("%08d-x%d", i, random.nextLong()));
      builder.add(start, end, new long[] {1L + random.nextInt(1_000_000)});
    }
    RangeTombstones ranges = builder.build();
    for (FileCipherKeys keys : List.of(FileCipherKeys.NONE, TableFixture.keys())) {
      HeapStorage storage = new HeapStorage();
      TableMeta meta = write(storage, List.of(Entry.put("a", 1, "")), ranges, keys);
      assertTrue(meta.fileBytes() > 2L * TableFormat.RANGE_SECTION_BYTES);
      try (BlockCache cache = new BlockCache(1 << 20);
          Table table =
              Table.open(new TableContext(storage, TableFixture.STORE, cache, keys), meta)) {
        assertEquals(ranges.toString(), table.deletedRanges().toString());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyFlippedByteOfTheRangesIsFoundWhenTheTableIsOpened(boolean encrypted)
      throws IOException {
    FileCipherKeys keys = encrypted ? TableFixture.keys() : FileCipherKeys.NONE;
    HeapStorage storage = new HeapStorage();
    TableMeta meta =
        write(storage, List.of(Entry.put("b", 9, "1")), ranges("a", "c", "f", "g"), keys);
    byte[] good = Objects.requireNonNull(storage.files.get(NAME));
    for (int at = FileHeader.BYTES; at < good.length; at++) {
      byte[] damaged = good.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      storage.files.put(NAME, damaged);
      try (BlockCache cache = new BlockCache(1 << 20)) {
        TableContext context = new TableContext(storage, TableFixture.STORE, cache, keys);
        EngineException e =
            assertThrows(
                EngineException.class,
                () -> {
                  try (Table table = Table.open(context, meta)) {
                    table.verify();
                  }
                });
        assertEquals(Failure.CORRUPTION, e.failure());
      }
    }
  }

  @Test
  void bytesThatMakeNoSenseAreCorruption() {
    byte[] good = TombstoneBlock.encode(ranges("a", "c", "f", "g"));
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = good.clone();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(bad.length + 1) : bad.length;
      try {
        TombstoneBlock.decode(bad, length, NAME, 0);
      } catch (EngineException e) {
        assertEquals(Failure.CORRUPTION, e.failure());
      }
    }
  }
}

package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Keys and values of every legal size fit into a table; others are rejected when they are added.
 */
final class TableLimitsTest {
  @ParameterizedTest
  @EnumSource(Compression.class)
  void theLongestKeyAndTheLongestValueFit(Compression compression) throws IOException {
    byte[] longKey = new byte[Limits.KEY_BYTES_MAX];
    Arrays.fill(longKey, (byte) 'k');
    byte[] otherLongKey = longKey.clone();
    otherLongKey[longKey.length - 1]++;
    byte[] longValue = new byte[Limits.VALUE_BYTES_MAX];
    new Random(1).nextBytes(longValue);
    Arrays.fill(longValue, 0, longValue.length / 2, (byte) 1);
    List<Entry> entries =
        List.of(
            Entry.put("a", 1, ""),
            new Entry(new byte[] {'b'}, 9, ValueKind.PUT, 0, longValue),
            new Entry(longKey, 3, ValueKind.PUT, 0, new byte[] {1}),
            new Entry(longKey, 2, ValueKind.DELETE, 0, new byte[0]),
            new Entry(otherLongKey, 1, ValueKind.PUT, 5, new byte[] {2}));
    TableOptions options = TableOptions.DEFAULT.withCompression(compression);
    try (TableFixture fixture = new TableFixture(entries, options, 1 << 20)) {
      for (Entry entry : entries) {
        fixture.checkGet(entry.key(), entry.version());
      }
      try (var iterator = fixture.table.iterator(Limits.VERSION_MAX)) {
        iterator.seekToLast();
        TableFixture.checkRestBackwards(fixture.asOf(Limits.VERSION_MAX), 3, iterator);
        iterator.seekToFirst();
        TableFixture.checkRest(fixture.asOf(Limits.VERSION_MAX), 0, iterator);
      }
      assertEquals(5, fixture.table.verify().entries());
    }
  }

  @Test
  void entriesBeyondTheLimitsOrOutOfOrderAreRejected() throws IOException {
    TableBuilder builder = builder(new HeapStorage());
    TableFixture.add(builder, Entry.put("key", 5, "v"));
    assertRejected(builder, Entry.put("", 1, "v"));
    assertRejected(builder, Entry.put("kex", 9, "v"));
    assertRejected(builder, Entry.put("ke", 9, "v"));
    assertRejected(builder, Entry.put("key", 5, "v"));
    assertRejected(builder, Entry.put("key", 6, "v"));
    assertRejected(builder, Entry.put("kez", -1, "v"));
    assertRejected(builder, new Entry(new byte[65537], 1, ValueKind.PUT, 0, new byte[0]));
    assertRejected(builder, new Entry(new byte[] {'z'}, 1, ValueKind.DELETE, 0, new byte[1]));
    assertRejected(
        builder,
        new Entry(new byte[] {'z'}, 1, ValueKind.PUT, 0, new byte[Limits.VALUE_BYTES_MAX + 1]));
    TableFixture.add(builder, Entry.put("key", 4, "v"));
    TableFixture.add(builder, Entry.put("key0", 9, "v"));
    assertEquals(3, builder.finish(List.of()).entryCount());
  }

  @Test
  void aTableHasAtLeastOneEntry() throws IOException {
    TableBuilder builder = builder(new HeapStorage());
    assertThrows(IllegalStateException.class, () -> builder.finish(List.of()));
  }

  @Test
  void optionsBeyondTheirBoundsAreRejected() {
    assertThrows(
        IllegalArgumentException.class, () -> new TableOptions(255, 16, Compression.LZ4, 10));
    assertThrows(
        IllegalArgumentException.class,
        () -> new TableOptions((1 << 20) + 1, 16, Compression.LZ4, 10));
    assertThrows(
        IllegalArgumentException.class, () -> new TableOptions(4096, 0, Compression.LZ4, 10));
    assertThrows(
        IllegalArgumentException.class, () -> new TableOptions(4096, 16, Compression.LZ4, -1));
  }

  @Test
  void theEstimateIsCloseToTheLengthOfTheFile() throws IOException {
    HeapStorage storage = new HeapStorage();
    TableBuilder builder = builder(storage);
    long estimate = 0;
    for (int i = 0; i < 50_000; i++) {
      TableFixture.add(builder, Entry.put("key%08d".formatted(i), i, "value of key " + i));
      assertTrue(builder.estimatedFileBytes() >= estimate - 8192);
      estimate = builder.estimatedFileBytes();
    }
    long length = builder.finish(List.of()).fileBytes();
    assertTrue(Math.abs(length - estimate) < length / 50, () -> "length " + length);
    assertTrue(storage.appends.get() < length / 60_000 + 3, "appends " + storage.appends);
  }

  @Test
  void blocksOfSeveralEntriesStayWithinTheirSize() throws IOException {
    List<Entry> entries = new ArrayList<>();
    Random random = new Random(3);
    for (int i = 0; i < 3000; i++) {
      byte[] value = new byte[random.nextInt(300)];
      random.nextBytes(value);
      byte[] key = "key%08d".formatted(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      entries.add(new Entry(key, i, ValueKind.PUT, 0, value));
    }
    TableOptions options = TableOptions.DEFAULT.withCompression(Compression.NONE);
    try (TableFixture fixture = new TableFixture(entries, options, 0)) {
      Table table = fixture.table;
      Scratch scratch = new Scratch();
      long used = 0;
      for (int group = 0; group < table.top().count(); group++) {
        int end = table.top().ordinal(group);
        for (int block = table.top().firstOrdinal(group); block < end; block++) {
          table.blocks().locate(scratch, group, block, false);
          int length = scratch.blockLength - 12;
          assertTrue(length <= 4096, "block of " + length);
          used += length;
        }
      }
      int blocks = table.properties().dataBlockCount();
      assertTrue(used > blocks * 3800L, "filled to " + used / blocks);
    }
  }

  @Test
  void aValueCanBeReadIntoTheCallersMemoryOrNotAtAll() throws IOException {
    List<Entry> entries = List.of(Entry.put("a", 1, "some value"));
    try (TableFixture fixture = new TableFixture(entries, TableOptions.DEFAULT, 1 << 20);
        Arena arena = Arena.ofConfined()) {
      for (int round = 0; round < 2; round++) {
        MemorySegment target = arena.allocate(20);
        Lookup lookup = new Lookup();
        lookup.start(new byte[] {'a'}, 1, false);
        lookup.copyValueTo(target);
        assertEquals(Outcome.FOUND, fixture.table.get(lookup));
        assertEquals(10, lookup.valueLength());
        assertEquals('s', target.get(ValueLayout.JAVA_BYTE, 0));
        lookup.start(new byte[] {'a'}, 1, false);
        lookup.withoutValue();
        assertEquals(Outcome.FOUND, fixture.table.get(lookup));
        assertEquals(10, lookup.valueLength());
      }
    }
  }

  private static void assertRejected(TableBuilder builder, Entry entry) {
    assertThrows(
        IllegalArgumentException.class, () -> TableFixture.add(builder, entry), entry::toString);
  }

  private static TableBuilder builder(HeapStorage storage) throws IOException {
    AppendFile file = storage.create("000001.sst");
    return new TableBuilder(
        file,
        TableOptions.DEFAULT,
        FileHeader.plain(FileType.TABLE, TableFormat.VERSION, TableFixture.STORE, 1),
        0,
        0,
        FileCipherKeys.NONE);
  }
}

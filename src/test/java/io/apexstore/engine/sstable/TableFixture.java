package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** A table in memory, with the list of entries that it must show. */
final class TableFixture implements AutoCloseable {
  static final UUID STORE = new UUID(0x0123456789ABCDEFL, 0x1122334455667788L);
  static final long FILE_ID = 7;
  static final int KEYSPACE = 3;
  static final int LEVEL = 1;

  /** One entry. */
  record Entry(byte[] key, long version, ValueKind kind, long expiryMs, byte[] value) {
    static Entry put(String key, long version, String value) {
      return new Entry(
          key.getBytes(StandardCharsets.UTF_8),
          version,
          ValueKind.PUT,
          0,
          value.getBytes(StandardCharsets.UTF_8));
    }

    static Entry delete(String key, long version) {
      return new Entry(
          key.getBytes(StandardCharsets.UTF_8), version, ValueKind.DELETE, 0, new byte[0]);
    }

    @Override
    public String toString() {
      String name = new String(key, 0, Math.min(key.length, 20), StandardCharsets.ISO_8859_1);
      return name + "(" + key.length + ")@" + version + " " + kind + " " + value.length;
    }
  }

  static final java.util.Comparator<Entry> ORDER =
      (a, b) -> {
        int keys = Arrays.compareUnsigned(a.key, b.key);
        return keys != 0 ? keys : Long.compare(b.version, a.version);
      };

  final HeapStorage storage;
  final List<Entry> entries;
  final TableMeta meta;
  final BlockCache cache;
  final TableContext context;
  final Table table;

  TableFixture(List<Entry> entries, TableOptions options, long cacheBytes) throws IOException {
    this.storage = new HeapStorage();
    this.entries = entries;
    this.meta = write(storage, entries, options);
    this.cache = new BlockCache(cacheBytes);
    this.context = new TableContext(storage, STORE, cache);
    this.table = Table.open(context, meta);
  }

  static TableMeta write(HeapStorage storage, List<Entry> entries, TableOptions options)
      throws IOException {
    return write(storage, entries, options, FileCipherKeys.NONE);
  }

  static TableMeta write(
      HeapStorage storage, List<Entry> entries, TableOptions options, FileCipherKeys keys)
      throws IOException {
    FileHeader header = keys.newHeader(FileType.TABLE, TableFormat.VERSION, STORE, FILE_ID);
    try (AppendFile file = storage.create(FileNames.table(FILE_ID))) {
      TableBuilder builder = new TableBuilder(file, options, header, KEYSPACE, LEVEL, keys);
      for (Entry entry : entries) {
        add(builder, entry);
      }
      return builder.finish(List.of(4L, 5L));
    }
  }

  /** Returns data keys that are stored nowhere. */
  static FileCipherKeys keys() {
    try {
      return DataKeys.create(
          new MemoryStorage(),
          EncryptionComponents.with(new TestWrapper(1)),
          TimeSource.SYSTEM,
          STORE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void add(TableBuilder builder, Entry entry) throws IOException {
    builder.add(
        entry.key,
        0,
        entry.key.length,
        entry.version,
        entry.kind,
        entry.expiryMs,
        MemorySegment.ofArray(entry.value),
        0,
        entry.value.length);
  }

  long fileBytes() throws IOException {
    try (ReadFile file = storage.open(FileNames.table(FILE_ID))) {
      return file.size();
    }
  }

  @Override
  public void close() throws IOException {
    table.close();
    cache.close();
  }

  /** Returns the entries that a read as of a version sees. */
  List<Entry> asOf(long version) {
    List<Entry> seen = new ArrayList<>();
    byte[] last = null;
    for (Entry entry : entries) {
      if (entry.version <= version && !Arrays.equals(entry.key, last)) {
        seen.add(entry);
        last = entry.key;
      }
    }
    return seen;
  }

  /** Checks a point read against the entries. */
  void checkGet(byte[] key, long version) {
    Lookup lookup = new Lookup();
    lookup.start(key, version, false);
    Outcome outcome = table.get(lookup);
    Entry expected = null;
    for (Entry entry : entries) {
      if (entry.version <= version && Arrays.equals(entry.key, key)) {
        expected = entry;
        break;
      }
    }
    if (expected == null) {
      assertEquals(Outcome.NOT_HERE, outcome);
    } else {
      assertEquals(Outcome.FOUND, outcome, () -> "key of " + key.length + " at " + version);
      checkFound(expected, lookup);
    }
  }

  static void checkFound(Entry expected, Lookup lookup) {
    assertEquals(expected.kind, lookup.kind());
    assertEquals(expected.version, lookup.version());
    assertEquals(expected.expiryMs, lookup.expiryMs());
    assertEquals(expected.value.length, lookup.valueLength());
    if (expected.kind == ValueKind.PUT) {
      assertArrayEquals(expected.value, lookup.value());
    }
  }

  static void checkCurrent(Entry expected, InternalIterator iterator) {
    assertTrue(iterator.isValid(), () -> "ended before " + expected);
    assertArrayEquals(expected.key, Arrays.copyOf(iterator.key(), iterator.keyLength()));
    assertEquals(Keys.prefixOf(expected.key, 0, expected.key.length), iterator.keyPrefix());
    assertEquals(expected.version, iterator.version());
    assertEquals(expected.kind, iterator.kind());
    assertEquals(expected.expiryMs, iterator.expiryMs());
    byte[] value = new byte[iterator.valueLength()];
    MemorySegment.copy(
        iterator.valueSegment(),
        ValueLayout.JAVA_BYTE,
        iterator.valueOffset(),
        value,
        0,
        value.length);
    assertArrayEquals(expected.value, value);
  }

  /** Checks the entries from the iterator's place on, forwards, to the end. */
  static void checkRest(List<Entry> expected, int from, InternalIterator iterator) {
    for (int i = from; i < expected.size(); i++) {
      checkCurrent(expected.get(i), iterator);
      iterator.next();
    }
    assertFalse(iterator.isValid());
  }

  /** Checks the entries from the iterator's place on, backwards, to the start. */
  static void checkRestBackwards(List<Entry> expected, int from, InternalIterator iterator) {
    for (int i = from; i >= 0; i--) {
      checkCurrent(expected.get(i), iterator);
      iterator.prev();
    }
    assertFalse(iterator.isValid());
  }
}

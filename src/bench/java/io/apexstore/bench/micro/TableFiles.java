package io.apexstore.bench.micro;

import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.sstable.TableBuilder;
import io.apexstore.engine.sstable.TableFormat;
import io.apexstore.engine.sstable.TableOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A directory of tables for benchmarks: decimal keys of 16 bytes, values of 100 bytes that compress
 * by half.
 */
final class TableFiles implements AutoCloseable {
  static final UUID STORE = new UUID(1, 2);
  static final int KEY_BYTES = 16;
  static final int VALUE_BYTES = 100;

  private static final int VALUES = 1 << 10;

  private final Path directory;
  private final FileStorage storage;
  private final byte[][] values = new byte[VALUES][VALUE_BYTES];

  TableFiles() throws IOException {
    directory = Files.createTempDirectory(Path.of("target"), "tables");
    storage = FileStorage.open(directory.resolve("store"));
    Random random = new Random(1);
    for (byte[] value : values) {
      random.nextBytes(value);
      System.arraycopy(value, 0, value, VALUE_BYTES / 2, VALUE_BYTES / 2);
    }
  }

  FileStorage storage() {
    return storage;
  }

  /** Writes a table with this many keys. */
  void write(long fileId, int keys, TableOptions options) throws IOException {
    FileHeader header = FileHeader.plain(FileType.TABLE, TableFormat.VERSION, STORE, fileId);
    byte[] key = new byte[KEY_BYTES];
    try (AppendFile file = storage.create(FileNames.table(fileId))) {
      TableBuilder builder = new TableBuilder(file, options, header, 0, 1, FileCipherKeys.NONE);
      for (int i = 0; i < keys; i++) {
        setKey(key, i);
        MemorySegment value = MemorySegment.ofArray(values[i % VALUES]);
        // Versions as if the keys had been put in random order.
        long version = (long) i * 7919 % keys + 1;
        builder.add(key, 0, KEY_BYTES, version, ValueKind.PUT, 0, value, 0, VALUE_BYTES);
      }
      builder.finish(List.of());
    }
  }

  void delete(long fileId) throws IOException {
    storage.delete(FileNames.table(fileId));
  }

  /** Sets the array to the key of a number. */
  static void setKey(byte[] key, int number) {
    int rest = number;
    for (int i = KEY_BYTES - 1; i >= 0; i--) {
      key[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** Sets the array to an absent key, directly after the key of a number. */
  static void setAbsentKey(byte[] key, int number) {
    setKey(key, number);
    key[KEY_BYTES - 1] |= 0x40;
  }

  @Override
  public void close() throws IOException {
    storage.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }
}

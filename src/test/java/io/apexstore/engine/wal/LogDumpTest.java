package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LogDumpTest {
  private final MemoryStorage storage = new MemoryStorage();

  static String resource(String name) throws IOException {
    try (InputStream in = LogDumpTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String dump(boolean withCommits) throws IOException {
    StringBuilder out = new StringBuilder();
    new LogDump(storage, FileCipherKeys.NONE, out, withCommits).printAll();
    return out.toString();
  }

  /**
   * A group of two commits, a group in two segments, a mark, a spare, and a file of another type.
   */
  private void write() throws IOException {
    LogStore store = LogStore.open(storage);
    store.addBytes(1, 20);
    store.addBytes(2, 30);
    store.log.write();
    store.log.sync();
    store.addBytes(7, 14_000);
    store.log.write();
    store.log.sync();
    store.log.mark();
    storage.kill();
    storage.put(FileNames.log(9), FaultStorage.contentOf(storage, FileNames.log(1)));
    storage.put(FileNames.log(10), "x".repeat(100).getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void segmentsFramesAndCommitsArePrinted() throws IOException {
    write();
    assertEquals(resource("dump.txt"), dump(true));
  }

  @Test
  void commitsCanBeOmitted() throws IOException {
    write();
    String without =
        resource("dump.txt")
            .lines()
            .filter(line -> !line.contains("  commit "))
            .reduce("", (text, line) -> text + line + "\n");
    assertEquals(without, dump(false));
  }

  @Test
  void theBytesAreThoseOfFormatVersion2() throws IOException {
    LogStore store = LogStore.open(storage);
    store.addBytes(0x0102030405060708L, 3);
    store.log.write();
    storage.kill();
    byte[] file = FaultStorage.contentOf(storage, FileNames.log(1));
    StringBuilder hex = new StringBuilder();
    HexFormat format = HexFormat.of();
    for (int[] range : new int[][] {{0, 112}, {4096, 4160}, {4160, 4256}}) {
      for (int at = range[0]; at < range[1]; at += 16) {
        hex.append(String.format(Locale.ROOT, "%5d  ", at))
            .append(format.formatHex(file, at, at + 16))
            .append('\n');
      }
    }
    assertEquals(resource("format-2.txt"), hex.toString());
  }
}

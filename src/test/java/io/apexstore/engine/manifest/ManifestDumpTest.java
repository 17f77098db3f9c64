package io.apexstore.engine.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.options.KeyspaceOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestDumpTest {
  private static final KeyspaceOptions EXPIRING =
      KeyspaceOptions.defaults().withTtl(Duration.ofDays(10_000));

  private final MemoryStorage storage = new MemoryStorage();

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @BeforeEach
  void write() throws IOException {
    VersionEdit begin =
        VersionEdit.builder()
            .nextFileId(10)
            .versionCeiling(1_048_576)
            .createKeyspace(new KeyspaceMeta(1, "default", KeyspaceOptions.defaults()))
            .createKeyspace(new KeyspaceMeta(2, "users", EXPIRING))
            .adoptLog(4)
            .beginHistory(new HistoryMark(1, 0, 0x3fa9c2d1))
            .build();
    TableMeta table =
        new TableMeta(7, 4096, 1, 0, key("a"), key("q\"\0é"), 3, 90, 55, 5, 1_700_000_000_000L);
    try (ManifestWriter writer =
        ManifestWriter.replace(storage, new UUID(1, 2), 9, StoreState.EMPTY.with(begin))) {
      writer.append(VersionEdit.builder().addTable(table).flushedTo(1, 90).build());
      writer.append(
          VersionEdit.builder().endLog(4, 65_536, 90).adoptLog(8).moveTable(table, 1).build());
      writer.append(VersionEdit.builder().removeTable(table).dropLog(4).dropKeyspace(2).build());
      writer.append(VersionEdit.builder().cleanShutdown(91).build());
    }
  }

  @Test
  void everyEditIsPrinted() throws IOException {
    assertDump("dump.txt", true);
  }

  @Test
  void aTornEndIsPrinted() throws IOException {
    byte[] bytes = Objects.requireNonNull(storage.contents().get(FileNames.MANIFEST));
    storage.put(FileNames.MANIFEST, Arrays.copyOf(bytes, bytes.length - 12));
    assertDump("dump-torn.txt", true);
  }

  @Test
  void damageIsPrintedWhereItIs() throws IOException {
    byte[] bytes = Objects.requireNonNull(storage.contents().get(FileNames.MANIFEST)).clone();
    bytes[bytes.length - 60]++;
    storage.put(FileNames.MANIFEST, bytes);
    assertDump("dump-damaged.txt", false);
  }

  private void assertDump(String resource, boolean whole) throws IOException {
    StringBuilder out = new StringBuilder();
    boolean found = ManifestDump.dump(storage, FileNames.MANIFEST, FileCipherKeys.NONE, out);
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream(resource), resource)) {
      String expected = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(expected, out.toString());
    }
    assertEquals(whole, found);
  }
}

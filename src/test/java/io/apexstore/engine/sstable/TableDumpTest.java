package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class TableDumpTest {
  @Test
  void aSmallTableIsPrintedAsInTheTextFile() throws IOException {
    List<Entry> entries = new ArrayList<>();
    entries.add(new Entry(new byte[] {0, '"', 'a'}, 12, ValueKind.PUT, 99, new byte[] {1, '2'}));
    for (int i = 0; i < 12; i++) {
      entries.add(Entry.put("key" + (char) ('a' + i), 20 + i, "value ".repeat(i)));
      if (i % 5 == 0) {
        entries.add(Entry.delete("key" + (char) ('a' + i), 3));
      }
    }
    entries.add(Entry.put("k".repeat(300), 1, ""));
    entries.sort(TableFixture.ORDER);
    TableOptions options = new TableOptions(256, 4, Compression.NONE, 10.75);
    try (TableFixture fixture = new TableFixture(entries, options, 0)) {
      StringBuilder out = new StringBuilder();
      TableDump.print(fixture.table, true, out);
      assertEquals(expected(), out.toString());
      StringBuilder brief = new StringBuilder();
      TableDump.print(fixture.table, false, brief);
      assertTrue(out.toString().startsWith(brief.toString()));
      assertTrue(brief.length() < out.length());
    }
  }

  private static String expected() throws IOException {
    try (InputStream in = TableDumpTest.class.getResourceAsStream("table-dump.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

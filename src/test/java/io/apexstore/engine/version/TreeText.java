package io.apexstore.engine.version;

import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.manifest.TableMeta;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses trees as {@link TreeShape#toString} draws them. */
public final class TreeText {
  private static final Pattern LEVEL = Pattern.compile("level (\\d+)");
  private static final Pattern TABLE =
      Pattern.compile(
          "  (\\d+): \"(.*)\" … \"(.*)\", versions (\\d+)–(\\d+), (\\d+) bytes"
              + "(?:, tombstones (\\d+) of (\\d+))?(?:, oldest expiry (\\d+) ms)?"
              + "(?:, range tombstones (\\d+))?"
              + "(?:, data key epoch (\\d+))?");

  private TreeText() {}

  /** Returns the tree that is drawn in some lines. */
  public static TreeShape parse(List<String> lines) {
    List<TableMeta> tables = new ArrayList<>();
    int level = 0;
    for (String line : lines) {
      Matcher header = LEVEL.matcher(line);
      Matcher table = TABLE.matcher(line);
      if (header.matches()) {
        level = Integer.parseInt(header.group(1));
      } else if (table.matches()) {
        tables.add(table(level, table));
      } else if (!line.equals("empty")) {
        throw new IllegalArgumentException("neither a level nor a table: " + line);
      }
    }
    return TreeShape.of(tables);
  }

  private static TableMeta table(int level, Matcher m) {
    boolean tombstones = m.group(7) != null;
    return new TableMeta(
        Long.parseLong(m.group(1)),
        Long.parseLong(m.group(6)),
        1,
        level,
        m.group(2).getBytes(StandardCharsets.US_ASCII),
        m.group(3).getBytes(StandardCharsets.US_ASCII),
        Long.parseLong(m.group(4)),
        Long.parseLong(m.group(5)),
        tombstones ? Long.parseLong(m.group(8)) : 100,
        tombstones ? Long.parseLong(m.group(7)) : 0,
        m.group(9) == null ? 0 : Long.parseLong(m.group(9)),
        m.group(10) == null ? 0 : Integer.parseInt(m.group(10)),
        m.group(11) == null
            ? EncryptionTag.NONE
            : new EncryptionTag(Long.parseLong(m.group(11)), 1));
  }
}

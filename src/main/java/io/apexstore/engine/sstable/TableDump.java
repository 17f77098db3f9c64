package io.apexstore.engine.sstable;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.StringJoiner;

/**
 * Prints a table for people: its properties, its index, and optionally its entries.
 *
 * <p><b>Threads:</b> any; one call at a time to one output.
 */
public final class TableDump {
  private static final int VALUE_BYTES_SHOWN = 65;

  private final Table table;
  private final Appendable out;

  private TableDump(Table table, Appendable out) {
    this.table = table;
    this.out = out;
  }

  /**
   * Prints a table.
   *
   * @param withEntries whether the entries are printed, one a line
   * @throws IOException if the output fails
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} at the first damaged block;
   *     everything before it is printed
   */
  public static void print(Table table, boolean withEntries, Appendable out) throws IOException {
    TableDump dump = new TableDump(table, out);
    dump.properties();
    dump.index();
    if (withEntries) {
      dump.entries();
    }
  }

  private void properties() throws IOException {
    TableMeta meta = table.meta();
    Footer footer = table.footer();
    TableProperties p = table.properties();
    line("table %06d.sst of store %s".formatted(meta.fileId(), footer.storeId()));
    line(
        "  file           %d bytes, keyspace %d, level %d"
            .formatted(meta.fileBytes(), meta.keyspaceId(), footer.level()));
    if (!meta.encryption().equals(EncryptionTag.NONE)) {
      line("  encrypted      with %s".formatted(meta.encryption()));
    }
    StringJoiner replaced = new StringJoiner(", ");
    footer.replacedFileIds().forEach(id -> replaced.add(id.toString()));
    line(
        "  replaces       %s".formatted(footer.replacedFileIds().isEmpty() ? "nothing" : replaced));
    line(
        "  entries        %d: %d keys, %d tombstones, %d expiring"
            .formatted(p.entryCount(), p.keyCount(), p.tombstoneCount(), p.expiringCount()));
    line(
        "  keys           %s to %s"
            .formatted(KeyText.of(p.smallestKey()), KeyText.of(p.largestKey())));
    line("  versions       %d to %d".formatted(p.minVersion(), p.maxVersion()));
    line(
        "  oldest expiry  %s"
            .formatted(
                p.oldestExpiryMs() == Limits.NEVER_EXPIRES ? "none" : p.oldestExpiryMs() + " ms"));
    line("  raw bytes      %d of keys, %d of values".formatted(p.keyBytes(), p.valueBytes()));
    line(
        "  blocks         %d data, %d index; target %d bytes, restart every %d, %s"
            .formatted(
                p.dataBlockCount(),
                p.indexBlockCount(),
                p.blockBytes(),
                p.restartInterval(),
                p.compression()));
    line(
        "  filter         %s"
            .formatted(
                footer.filterLines() == 0
                    ? "none"
                    : "%d lines at %d, %d bits set by a key"
                        .formatted(
                            footer.filterLines(), footer.filterOffset(), footer.filterProbes())));
    line("  tombstones in  %s".formatted(p.tombstoneBlocks()));
    line("  expiring in    %s".formatted(p.expiringBlocks()));
    rangeTombstones(table.rangeTombstones());
  }

  private void rangeTombstones(RangeTombstones rangeTombstones) throws IOException {
    if (rangeTombstones.isEmpty()) {
      return;
    }
    line(
        "  ranges         %d fragments of range tombstones at %d"
            .formatted(rangeTombstones.count(), table.footer().rangeTombstonesOffset()));
    for (int i = 0; i < rangeTombstones.count(); i++) {
      StringBuilder versions = new StringBuilder();
      for (long version : rangeTombstones.versions(i)) {
        versions.append(" @").append(version);
      }
      line(
          "    [%s, %s)%s"
              .formatted(
                  KeyText.of(rangeTombstones.start(i)),
                  KeyText.of(rangeTombstones.end(i)),
                  versions));
    }
  }

  private void index() throws IOException {
    TopIndex top = table.top();
    BlockReader blocks = table.blocks();
    Scratch scratch = new Scratch();
    line("index, top block at %d".formatted(table.footer().topOffset()));
    for (int group = 0; group < top.count(); group++) {
      line(
          "  block %d at %d, %d bytes: index up to %s"
              .formatted(
                  top.ordinal(group),
                  top.offset(group),
                  top.length(group),
                  KeyText.of(top.separator(group))));
      blocks.holdIndex(scratch, group, false);
      int first = top.firstOrdinal(group);
      for (int ordinal = first; ordinal < top.ordinal(group); ordinal++) {
        blocks.locate(scratch, group, ordinal, false);
        line(
            "    block %d at %d, %d bytes: up to %s"
                .formatted(
                    ordinal,
                    scratch.blockOffset,
                    scratch.blockLength,
                    KeyText.of(BlockReader.separator(scratch.index(), ordinal - first))));
      }
    }
  }

  private void entries() throws IOException {
    line("entries");
    try (InternalIterator iterator = table.allVersions()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        String key = KeyText.of(iterator.key(), 0, iterator.keyLength());
        String expiry =
            iterator.expiryMs() == Limits.NEVER_EXPIRES
                ? ""
                : " expires " + iterator.expiryMs() + " ms";
        if (iterator.kind() == ValueKind.PUT) {
          line("  %s @%d = %s%s".formatted(key, iterator.version(), value(iterator), expiry));
        } else {
          line("  %s @%d deleted%s".formatted(key, iterator.version(), expiry));
        }
      }
    }
  }

  private static String value(InternalIterator iterator) {
    int shown = Math.min(iterator.valueLength(), VALUE_BYTES_SHOWN);
    byte[] bytes = new byte[shown];
    MemorySegment.copy(
        iterator.valueSegment(), ValueLayout.JAVA_BYTE, iterator.valueOffset(), bytes, 0, shown);
    String text = KeyText.of(bytes, 0, Math.min(shown, VALUE_BYTES_SHOWN - 1));
    return shown < VALUE_BYTES_SHOWN ? text : text + "… (" + iterator.valueLength() + " bytes)";
  }

  private void line(String text) throws IOException {
    out.append(text).append('\n');
  }
}

package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.cache.CacheRegion;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockDecoder;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.codec.BlockFormat;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.filter.BloomFilter;
import io.apexstore.engine.filter.BloomFormat;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads and checks the parts of a table that stay in memory.
 *
 * @param meta the table as the manifest describes it
 * @param file open; closed by the table
 * @param identity what blocks are checked against
 * @param memory holds filter, top of the index and the region; closed by the table
 * @param rangeTombstones the range tombstones of the table
 * @param region the table's blocks in the cache; closed by the table
 */
record TableOpener(
    TableMeta meta,
    Footer footer,
    TableProperties properties,
    ReadFile file,
    BlockFile identity,
    TableFootprint memory,
    @Nullable BloomFilter filter,
    TopIndex top,
    RangeTombstones rangeTombstones,
    CacheRegion region) {
  /** The bytes that are read first from the end of the file: all but the filter of most tables. */
  private static final int END_BYTES = 16 << 10;

  static Table open(TableContext context, long fileId, @Nullable TableMeta expected)
      throws IOException {
    ReadFile file = context.files().open(FileNames.table(fileId));
    TableFootprint memory = new TableFootprint();
    try {
      return new Table(read(context, fileId, expected, file, memory), context);
    } catch (RuntimeException | Error e) {
      memory.close();
      file.close();
      throw e;
    }
  }

  private static TableOpener read(
      TableContext context,
      long fileId,
      @Nullable TableMeta expected,
      ReadFile file,
      TableFootprint memory) {
    String name = FileNames.table(fileId);
    if (file.size() < FileHeader.BYTES + Footer.TAIL_BYTES) {
      throw EngineException.corruption(
          name, 0, "file length", FileHeader.BYTES + Footer.TAIL_BYTES + " or more", file.size());
    }
    FileHeader header =
        FileHeader.decode(
            bytes(file, name, 0, FileHeader.BYTES), FileType.TABLE, TableFormat.VERSION, name);
    header.expect(context.storeId(), fileId, name);
    if (expected != null && !expected.encryption().equals(EncryptionTag.of(header))) {
      throw EngineException.corruption(
          name, 40, "encryption key", expected.encryption(), EncryptionTag.of(header));
    }
    BlockFile identity = BlockFile.of(name, header, context.cipherKeys());
    Parts parts = new Parts(file, identity);
    Footer footer = parts.footer();
    BlockBuffer buffer = new BlockBuffer();
    int topOrdinal = footer.blockCount() + filterSections(footer);
    parts.block(
        TableFormat.PROPERTIES_BLOCK,
        topOrdinal + 1 + parts.rangeTombstoneSections(footer),
        footer.propertiesOffset(),
        footer.propertiesLength(),
        buffer);
    TableProperties properties =
        TableProperties.decode(buffer.array(), buffer.length(), name, footer.propertiesOffset());
    parts.block(TableFormat.TOP_BLOCK, topOrdinal, footer.topOffset(), footer.topLength(), buffer);
    MemorySegment topMemory = memory.allocate(buffer.length(), Long.BYTES);
    MemorySegment.copy(buffer.array(), 0, topMemory, TableFormat.BYTE, 0, buffer.length());
    TopIndex top = new TopIndex(topMemory);
    checkTop(footer, properties, top, name);
    RangeTombstones rangeTombstones = parts.rangeTombstones(footer, topOrdinal + 1);
    if (rangeTombstones.count() != properties.rangeTombstoneCount()) {
      throw EngineException.corruption(
          name,
          footer.rangeTombstonesOffset(),
          "range tombstones",
          properties.rangeTombstoneCount(),
          rangeTombstones.count());
    }
    BloomFilter filter = parts.filter(footer, memory);
    MemorySegment frames =
        memory.allocate(CacheRegion.bytesFor(TopIndex.slots(footer, top.count())), Long.BYTES);
    TableMeta meta = meta(footer, properties, file.size(), EncryptionTag.of(header));
    if (expected != null) {
      checkMeta(expected, meta, name);
    }
    CacheRegion region = context.cache().register(frames);
    TableMeta shown = expected == null ? meta : expected;
    return new TableOpener(
        shown, footer, properties, file, identity, memory, filter, top, rangeTombstones, region);
  }

  /** Returns the number of blocks of the filter. */
  static int filterSections(Footer footer) {
    long bytes = (long) footer.filterLines() * BloomFormat.LINE_BYTES;
    return Math.toIntExact(Math.ceilDiv(bytes, (long) TableFormat.FILTER_SECTION_BYTES));
  }

  private static void checkTop(
      Footer footer, TableProperties properties, TopIndex top, String name) {
    int groups = properties.indexBlockCount();
    boolean agrees =
        groups > 0
            && top.count() == groups
            && footer.blockCount() == groups + properties.dataBlockCount()
            && top.ordinal(groups - 1) == footer.blockCount() - 1
            && top.offset(groups - 1) + top.length(groups - 1) == footer.filterOffset();
    if (!agrees) {
      throw EngineException.corruption(
          name, footer.topOffset(), "top of the index", "entries for all blocks", "others");
    }
  }

  private static void checkMeta(TableMeta expected, TableMeta found, String name) {
    boolean agrees =
        expected.fileBytes() == found.fileBytes()
            && expected.keyspaceId() == found.keyspaceId()
            && expected.entryCount() == found.entryCount()
            && expected.tombstoneCount() == found.tombstoneCount()
            && expected.minVersion() == found.minVersion()
            && expected.maxVersion() == found.maxVersion()
            && expected.oldestExpiryMs() == found.oldestExpiryMs()
            && expected.rangeTombstoneCount() == found.rangeTombstoneCount()
            && Arrays.equals(expected.smallestKey(), found.smallestKey())
            && Arrays.equals(expected.largestKey(), found.largestKey());
    if (!agrees) {
      throw EngineException.corruption(
          name, 0, "table", "the one in the manifest, " + brief(expected), brief(found));
    }
  }

  private static String brief(TableMeta meta) {
    return "%d bytes, keyspace %d, %d entries, versions %d to %d"
        .formatted(
            meta.fileBytes(),
            meta.keyspaceId(),
            meta.entryCount(),
            meta.minVersion(),
            meta.maxVersion());
  }

  private static TableMeta meta(
      Footer footer, TableProperties properties, long fileBytes, EncryptionTag key) {
    return new TableMeta(
        footer.fileId(),
        fileBytes,
        footer.keyspaceId(),
        footer.level(),
        properties.smallestKey(),
        properties.largestKey(),
        properties.minVersion(),
        properties.maxVersion(),
        properties.entryCount(),
        properties.tombstoneCount(),
        properties.oldestExpiryMs(),
        properties.rangeTombstoneCount(),
        key);
  }

  private static byte[] bytes(ReadFile file, String name, long offset, int length) {
    byte[] bytes = new byte[length];
    BlockReader.readFully(file, name, offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  /** Reads parts of the file; those near its end were all read at once. */
  private static final class Parts {
    private final ReadFile file;
    private final BlockFile identity;
    private final BlockDecoder decoder = new BlockDecoder();
    private final long endOffset;
    private final byte[] end;

    Parts(ReadFile file, BlockFile identity) {
      this.file = file;
      this.identity = identity;
      this.endOffset = Math.max(0, file.size() - END_BYTES);
      this.end = bytes(file, identity.name(), endOffset, (int) (file.size() - endOffset));
    }

    private byte[] part(long offset, int length) {
      if (offset >= endOffset && offset + length <= file.size()) {
        int from = (int) (offset - endOffset);
        return Arrays.copyOfRange(end, from, from + length);
      }
      return bytes(file, identity.name(), offset, length);
    }

    Footer footer() {
      String name = identity.name();
      long size = file.size();
      int length = Footer.length(part(size - Footer.TAIL_BYTES, Footer.TAIL_BYTES), name, size);
      Footer footer = Footer.decode(part(size - length, length), identity, size);
      if (!footer.storeId().equals(identity.storeId()) || footer.fileId() != identity.fileId()) {
        throw EngineException.corruption(
            name, size - length, "footer's file", identity.fileId(), footer.fileId());
      }
      return footer;
    }

    void block(int type, int ordinal, long offset, int length, BlockBuffer target) {
      decoder.decode(identity, type, ordinal, offset, part(offset, length), 0, length, target);
    }

    private int storedBytes(int length) {
      return length + identity.cipher().overheadBytes() + BlockFormat.TRAILER_BYTES;
    }

    /** Returns the number of blocks of the range tombstones. */
    int rangeTombstoneSections(Footer footer) {
      long stored = storedBytes(TableFormat.RANGE_TOMBSTONE_SECTION_BYTES);
      return Math.toIntExact(Math.ceilDiv(footer.rangeTombstonesLength(), stored));
    }

    RangeTombstones rangeTombstones(Footer footer, int firstOrdinal) {
      if (footer.rangeTombstonesLength() == 0) {
        return RangeTombstones.NONE;
      }
      BlockBuffer buffer = new BlockBuffer();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      long offset = footer.rangeTombstonesOffset();
      int ordinal = firstOrdinal;
      while (offset < footer.propertiesOffset()) {
        int stored =
            (int)
                Math.min(
                    storedBytes(TableFormat.RANGE_TOMBSTONE_SECTION_BYTES),
                    footer.propertiesOffset() - offset);
        block(TableFormat.RANGE_TOMBSTONE_BLOCK, ordinal, offset, stored, buffer);
        all.write(buffer.array(), 0, buffer.length());
        offset += stored;
        ordinal++;
      }
      return TombstoneBlock.decode(
          all.toByteArray(), all.size(), identity.name(), footer.rangeTombstonesOffset());
    }

    @Nullable BloomFilter filter(Footer footer, TableFootprint memory) {
      if (footer.filterLines() == 0) {
        return null;
      }
      long bytes = (long) footer.filterLines() * BloomFormat.LINE_BYTES;
      MemorySegment bits = memory.allocate(bytes, BloomFormat.LINE_BYTES);
      BlockBuffer buffer = new BlockBuffer();
      long offset = footer.filterOffset();
      int ordinal = footer.blockCount();
      for (long at = 0; at < bytes; at += TableFormat.FILTER_SECTION_BYTES) {
        int length = (int) Math.min(TableFormat.FILTER_SECTION_BYTES, bytes - at);
        int stored = storedBytes(length);
        block(TableFormat.FILTER_BLOCK, ordinal, offset, stored, buffer);
        if (buffer.length() != length) {
          throw EngineException.corruption(
              identity.name(), offset, "filter section", length, buffer.length());
        }
        MemorySegment.copy(buffer.array(), 0, bits, TableFormat.BYTE, at, length);
        offset += stored;
        ordinal++;
      }
      return new BloomFilter(bits, footer.filterProbes());
    }
  }
}

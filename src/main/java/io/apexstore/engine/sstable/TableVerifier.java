package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.filter.BloomFilter;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads every block of a table from the file and checks again what the builder checked: limits,
 * order, separators, restarts, hash buckets, filter and counts. The cache is neither used nor
 * changed.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class TableVerifier {
  private final BlockReader blocks;
  private final TopIndex top;
  private final TableProperties properties;
  private final @Nullable BloomFilter filter;
  private final Scratch scratch = new Scratch();
  private final DataBlockCursor cursor = scratch.cursor;
  private final PropertiesCollector collector = new PropertiesCollector();

  private byte[] firstKey = new byte[0];
  private byte[] lastKey = new byte[0];
  private long lastVersion;
  private byte[] lastSeparator = new byte[0];
  private long bytes;

  // The block that is being checked.
  private int ordinal;
  private long offset;

  TableVerifier(
      BlockReader blocks,
      TopIndex top,
      TableProperties properties,
      @Nullable BloomFilter filter,
      RangeTombstones rangeTombstones) {
    this.blocks = blocks;
    this.top = top;
    this.properties = properties;
    this.filter = filter;
    collector.setRangeTombstones(rangeTombstones);
  }

  /**
   * Checks all blocks.
   *
   * @throws EngineException {@code CORRUPTION} at the first error, {@code READ_FAILED}
   */
  TableVerification run() {
    for (int group = 0; group < top.count(); group++) {
      checkGroup(group);
    }
    TableProperties found =
        collector.finish(
            new TableOptions(
                properties.blockBytes(), properties.restartInterval(), properties.compression(), 0),
            firstKey,
            lastKey);
    check("properties", brief(properties), brief(found));
    check("tombstone blocks", properties.tombstoneBlocks(), found.tombstoneBlocks());
    check("expiring blocks", properties.expiringBlocks(), found.expiringBlocks());
    check("smallest key", KeyText.of(properties.smallestKey()), KeyText.of(found.smallestKey()));
    check("largest key", KeyText.of(properties.largestKey()), KeyText.of(found.largestKey()));
    return new TableVerification(
        found.dataBlockCount() + found.indexBlockCount(), found.entryCount(), bytes);
  }

  private void checkGroup(int group) {
    ordinal = top.ordinal(group);
    offset = top.offset(group);
    long indexOffset = offset;
    BlockBuffer buffer = scratch.indexBuffer;
    blocks.read(scratch, TableFormat.INDEX_BLOCK, ordinal, offset, top.length(group), buffer);
    bytes += top.length(group);
    collector.addIndexBlock();
    blocks.holdIndexOf(scratch, group, buffer);
    int first = top.firstOrdinal(group);
    int count = top.ordinal(group) - first;
    MemorySegment index = scratch.index();
    check("blocks in the index", count, IndexBlock.count(index, 0));
    long expectedOffset = group == 0 ? blocks.blocksStart() : endOfGroup(group - 1);
    for (int i = 0; i < count; i++) {
      ordinal = first + i;
      blocks.locate(scratch, group, ordinal, false);
      offset = scratch.blockOffset;
      check("offset in the index", expectedOffset, offset);
      int length = scratch.blockLength;
      expectedOffset += length;
      LargeBlocks.LargeBlock large = blocks.readData(scratch, ordinal, offset, length, true);
      if (large != null) {
        large.close();
      }
      bytes += length;
      try {
        checkBlock(i == 0 && group == 0);
      } catch (IndexOutOfBoundsException e) {
        throw blocks.damaged(ordinal, e);
      }
      checkSeparator(BlockReader.separator(index, i));
    }
    check("end of the data blocks", indexOffset, expectedOffset);
    check(
        "separator of the group",
        KeyText.of(BlockReader.separator(index, count - 1)),
        KeyText.of(top.separator(group)));
  }

  private long endOfGroup(int group) {
    return top.offset(group) + top.length(group);
  }

  private void checkBlock(boolean firstBlock) {
    collector.addDataBlock();
    cursor.open(scratch.block, scratch.blockBytes);
    int entries = 0;
    while (cursor.advance()) {
      checkEntry(firstBlock && entries == 0, entries == 0);
      entries++;
    }
    check("entries in the block", cursor.entryCount(), entries);
    require("entries and values that end with their block", cursor.isAtEnd());
    for (int restart = 0; restart < cursor.restartCount(); restart++) {
      cursor.toRestart(restart);
      cursor.advance();
      check("restart prefix", cursor.prefixOfCurrent(), cursor.restartPrefix(restart));
    }
  }

  private void checkEntry(boolean firstOfTable, boolean firstOfBlock) {
    byte[] key = cursor.key;
    int length = cursor.keyLength;
    ValueKind kind = DataBlock.kind(cursor.flags);
    require("a legal key length", length >= Limits.KEY_BYTES_MIN && length <= Limits.KEY_BYTES_MAX);
    require("a legal value length", cursor.valueLength <= Limits.VALUE_BYTES_MAX);
    require("no value in a tombstone", kind == ValueKind.PUT || cursor.valueLength == 0);
    require("a version and an expiry of 0 or more", cursor.version >= 0 && cursor.expiryMs >= 0);
    int order = Keys.compare(lastKey, 0, lastKey.length, key, 0, length);
    boolean same = !firstOfTable && order == 0;
    require("keys in ascending order", firstOfTable || order <= 0);
    require("versions of a key in descending order", !same || cursor.version < lastVersion);
    check("same-key flag", same, cursor.isSameKey());
    long hash = Keys.hash(key, 0, length);
    if (!same || firstOfBlock) {
      require("a hash bucket that leads to the key's restart", cursor.isInBucket(hash));
      require("keys greater than the separator before them", isAfterSeparator(key, length));
    }
    if (!same) {
      BloomFilter bits = filter;
      require("a filter that passes every key", bits == null || bits.mayContain(hash));
      lastKey = Arrays.copyOf(key, length);
    }
    if (firstOfTable) {
      firstKey = lastKey;
    }
    lastVersion = cursor.version;
    collector.addEntry(
        length, same, cursor.version, kind, cursor.expiryMs, cursor.valueLength, ordinal);
  }

  /**
   * Whether a block's first key is past the previous block's separator; it equals it only if the
   * key continues with another version.
   */
  private boolean isAfterSeparator(byte[] key, int length) {
    int order = Keys.compare(lastSeparator, 0, lastSeparator.length, key, 0, length);
    return order < 0 || (order == 0 && cursor.isSameKey());
  }

  private void checkSeparator(byte[] separator) {
    int order = Keys.compare(lastKey, 0, lastKey.length, separator, 0, separator.length);
    require("a separator of at least the last key", order <= 0);
    lastSeparator = separator;
  }

  private static String brief(TableProperties p) {
    return ("%d entries to version %d, %d keys, %d tombstones, %d range tombstones, %d expiring,"
            + " versions %d to %d, expiry from %d,"
            + " %d key bytes, %d value bytes, %d data and %d index blocks")
        .formatted(
            p.entryCount(),
            p.newestEntryVersion(),
            p.keyCount(),
            p.tombstoneCount(),
            p.rangeTombstoneCount(),
            p.expiringCount(),
            p.minVersion(),
            p.maxVersion(),
            p.oldestExpiryMs(),
            p.keyBytes(),
            p.valueBytes(),
            p.dataBlockCount(),
            p.indexBlockCount());
  }

  private void require(String what, boolean holds) {
    if (!holds) {
      throw EngineException.corruption(
          blocks.identity().name(), offset, "block " + ordinal, what, "otherwise");
    }
  }

  private void check(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw EngineException.corruption(
          blocks.identity().name(), offset, "block " + ordinal + ": " + what, expected, actual);
    }
  }
}

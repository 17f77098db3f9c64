package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.tombstone.RangeTombstones;
import org.roaringbitmap.RoaringBitmap;

/**
 * Collects the properties of a table while it is written or verified.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class PropertiesCollector {
  private final RoaringBitmap tombstoneBlocks = new RoaringBitmap();
  private final RoaringBitmap expiringBlocks = new RoaringBitmap();
  private long entryCount;
  private long keyCount;
  private long tombstoneCount;
  private long expiringCount;
  private long minVersion = Long.MAX_VALUE;
  private long maxVersion = Long.MIN_VALUE;
  private long oldestExpiryMs = Long.MAX_VALUE;
  private long keyBytes;
  private long valueBytes;
  private RangeTombstones rangeTombstones = RangeTombstones.NONE;
  private int dataBlockCount;
  private int indexBlockCount;

  long entryCount() {
    return entryCount;
  }

  void addEntry(
      int keyLength,
      boolean sameKey,
      long version,
      ValueKind kind,
      long expiryMs,
      int valueLength,
      int blockOrdinal) {
    entryCount++;
    keyCount += sameKey ? 0 : 1;
    keyBytes += keyLength;
    valueBytes += valueLength;
    minVersion = Math.min(minVersion, version);
    maxVersion = Math.max(maxVersion, version);
    if (kind == ValueKind.DELETE) {
      tombstoneCount++;
      tombstoneBlocks.add(blockOrdinal);
    }
    if (expiryMs != Limits.NEVER_EXPIRES) {
      expiringCount++;
      oldestExpiryMs = Math.min(oldestExpiryMs, expiryMs);
      expiringBlocks.add(blockOrdinal);
    }
  }

  void setRangeTombstones(RangeTombstones newRangeTombstones) {
    rangeTombstones = newRangeTombstones;
  }

  void addDataBlock() {
    dataBlockCount++;
  }

  void addIndexBlock() {
    indexBlockCount++;
  }

  /** Returns the properties; the keys are those of the first and the last entry. */
  TableProperties finish(TableOptions options, byte[] firstKey, byte[] lastKey) {
    tombstoneBlocks.runOptimize();
    expiringBlocks.runOptimize();
    byte[] smallestKey = firstKey;
    byte[] largestKey = lastKey;
    if (!rangeTombstones.isEmpty()) {
      byte[] start = rangeTombstones.start(0);
      byte[] end = Keys.lastBefore(rangeTombstones.end(rangeTombstones.count() - 1));
      smallestKey = Keys.compare(start, firstKey) < 0 ? start : firstKey;
      largestKey = Keys.compare(end, lastKey) > 0 ? end : lastKey;
    }
    return new TableProperties(
        entryCount,
        keyCount,
        tombstoneCount,
        expiringCount,
        Math.min(minVersion, rangeTombstones.minVersion()),
        Math.max(maxVersion, rangeTombstones.maxVersion()),
        expiringCount == 0 ? Limits.NEVER_EXPIRES : oldestExpiryMs,
        keyBytes,
        valueBytes,
        dataBlockCount,
        indexBlockCount,
        options.blockBytes(),
        options.restartInterval(),
        options.compression(),
        rangeTombstones.count(),
        maxVersion,
        smallestKey,
        largestKey,
        tombstoneBlocks,
        expiringBlocks);
  }
}

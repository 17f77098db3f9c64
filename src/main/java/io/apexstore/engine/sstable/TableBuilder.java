package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.filter.BloomFilterBuilder;
import io.apexstore.engine.filter.BloomFormat;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes one table. Entries are added in order, then {@link #finish} completes the file; the caller
 * syncs and closes it. A builder that is abandoned needs no closing.
 *
 * <p>Besides a block or two it keeps eight bytes of heap a key, for the filter. A block with a
 * large value is in memory outside the heap while it is encoded, at most twice: as it is and
 * compressed. Nothing reaches the file before 128 KiB have been collected.
 *
 * <p><b>Threads:</b> one at a time. <b>Errors:</b> after an {@link IOException} of the file the
 * builder is unusable.
 */
public final class TableBuilder {
  /** The most bytes of the file that one index block covers. */
  private static final long INDEX_DISTANCE_MAX = 1 << 30;

  private final TableOptions options;
  private final FileHeader header;
  private final BlockFile identity;
  private final int keyspaceId;
  private final int level;
  private final TableWriter writer;
  private final DataBlockBuilder block;
  private final IndexBlockBuilder index = new IndexBlockBuilder(false);
  private final IndexBlockBuilder top = new IndexBlockBuilder(true);
  private final PropertiesCollector collector = new PropertiesCollector();
  private final @Nullable BloomFilterBuilder filter;
  private final BlockBuffer buffer = new BlockBuffer();
  private final byte[] separator = new byte[Limits.KEY_BYTES_MAX];

  private RangeTombstones rangeTombstones = RangeTombstones.NONE;
  private byte[] smallestKey = new byte[0];
  private byte[] lastKey = new byte[256];
  private int lastKeyLength;
  private long lastVersion;

  // Entries of the open block that were in the cache, minus those that were not.
  private int cachedBalance;
  private final BitSet wantedBlocks = new BitSet();

  // The data block written last, until its separator is known.
  private boolean pending;
  private long pendingOffset;
  private int pendingLength;

  /**
   * Creates a builder and writes the file's header.
   *
   * @param file empty
   * @param header of the new file, with {@link TableFormat#VERSION}
   * @param keyspaceId the keyspace of the entries
   * @param level the level that the table is written for
   * @param cipherKeys the file keys that the header was created with
   * @throws IOException if the header cannot be written
   */
  public TableBuilder(
      AppendFile file,
      TableOptions options,
      FileHeader header,
      int keyspaceId,
      int level,
      FileCipherKeys cipherKeys)
      throws IOException {
    this.options = options;
    this.header = header;
    this.keyspaceId = keyspaceId;
    this.level = level;
    this.block = new DataBlockBuilder(options.restartInterval());
    this.filter =
        options.filterBitsPerKey() > 0 ? new BloomFilterBuilder(options.filterBitsPerKey()) : null;
    this.identity = BlockFile.of(FileNames.table(header.fileId()), header, cipherKeys);
    this.writer = new TableWriter(file, identity);
    writer.append(header.encode(), FileHeader.BYTES);
  }

  /**
   * Adds an entry: keys in ascending order, the versions of one key in descending order.
   *
   * @param key contains the key; copied
   * @param version 0 or more
   * @param expiryMs ms since the epoch, {@link Limits#NEVER_EXPIRES} if the entry never expires
   * @param value contains the value; copied
   * @param valueLength 0 for a tombstone
   * @throws IllegalArgumentException if the entry is out of order or exceeds a limit
   */
  public void add(
      byte[] key,
      int keyOffset,
      int keyLength,
      long version,
      ValueKind kind,
      long expiryMs,
      MemorySegment value,
      long valueOffset,
      int valueLength)
      throws IOException {
    checkLimits(keyLength, version, kind, expiryMs, valueLength);
    int shared = KeyBytes.common(lastKey, 0, lastKeyLength, key, keyOffset, keyLength);
    boolean first = collector.entryCount() == 0;
    boolean sameKey = shared == keyLength && shared == lastKeyLength;
    if (first) {
      smallestKey = Arrays.copyOfRange(key, keyOffset, keyOffset + keyLength);
    } else {
      checkOrder(key, keyOffset, keyLength, shared, sameKey, version);
    }
    boolean expires = expiryMs != Limits.NEVER_EXPIRES;
    if (!block.isEmpty()
        && block.bytesWith(shared, keyLength, sameKey, expires, valueLength)
            > options.blockBytes()) {
      finishDataBlock();
    }
    if (pending) {
      int length =
          KeyBytes.separator(lastKey, lastKeyLength, key, keyOffset, keyLength, shared, separator);
      addToIndex(separator, length);
    }
    long hash = Keys.hash(key, keyOffset, keyLength);
    block.add(
        key,
        keyOffset,
        keyLength,
        shared,
        sameKey,
        hash,
        version,
        kind,
        expiryMs,
        value,
        valueOffset,
        valueLength);
    collector.addEntry(keyLength, sameKey, version, kind, expiryMs, valueLength, writer.ordinal());
    if (!sameKey) {
      if (filter != null) {
        filter.add(hash);
      }
      rememberKey(key, keyOffset, keyLength, shared);
    }
    lastVersion = version;
    if (block.holdsLargeValue()) {
      finishDataBlock();
    }
  }

  private static void checkLimits(
      int keyLength, long version, ValueKind kind, long expiryMs, int valueLength) {
    if (keyLength < Limits.KEY_BYTES_MIN || keyLength > Limits.KEY_BYTES_MAX) {
      throw new IllegalArgumentException("key of " + keyLength + " bytes");
    }
    if (valueLength < 0 || valueLength > Limits.VALUE_BYTES_MAX) {
      throw new IllegalArgumentException("value of " + valueLength + " bytes");
    }
    if (kind == ValueKind.RANGE_DELETE) {
      throw new IllegalArgumentException("a range tombstone is no entry");
    }
    if (kind == ValueKind.DELETE && valueLength != 0) {
      throw new IllegalArgumentException("tombstone with " + valueLength + " bytes of value");
    }
    if (version < 0 || expiryMs < 0) {
      throw new IllegalArgumentException("version " + version + ", expiry " + expiryMs);
    }
  }

  private void checkOrder(
      byte[] key, int keyOffset, int keyLength, int shared, boolean sameKey, long version) {
    boolean inOrder;
    if (sameKey) {
      inOrder = version < lastVersion;
    } else if (shared == lastKeyLength) {
      inOrder = true;
    } else {
      inOrder = shared < keyLength && (key[keyOffset + shared] & 0xFF) > (lastKey[shared] & 0xFF);
    }
    if (!inOrder) {
      throw new IllegalArgumentException(
          "entry out of order: version %d after %d, key %s its predecessor"
              .formatted(version, lastVersion, sameKey ? "equal to" : "less than"));
    }
  }

  private void rememberKey(byte[] key, int keyOffset, int keyLength, int shared) {
    if (lastKey.length < keyLength) {
      lastKey = Arrays.copyOf(lastKey, Math.max(keyLength, 2 * lastKey.length));
    }
    System.arraycopy(key, keyOffset + shared, lastKey, shared, keyLength - shared);
    lastKeyLength = keyLength;
  }

  /** Notes whether the block that the last entry came from is in the cache. */
  public void noteCached(boolean wasCached) {
    cachedBalance += wasCached ? 1 : -1;
  }

  /**
   * Returns the ordinals of the data blocks of whose entries more than about half were in the
   * cache.
   */
  public BitSet wantedBlocks() {
    return wantedBlocks;
  }

  private void finishDataBlock() throws IOException {
    if (cachedBalance > 0) {
      wantedBlocks.set(writer.ordinal());
    }
    cachedBalance = 0;
    pendingOffset = writer.offset();
    if (block.holdsLargeValue()) {
      MemorySegment value = block.finishLarge(lastKey, lastKeyLength, buffer);
      pendingLength =
          writer.appendLargeBlock(buffer, value, TableFormat.DATA_BLOCK, options.compression());
    } else {
      block.finish(lastKey, lastKeyLength, buffer);
      pendingLength = writer.appendBlock(buffer, TableFormat.DATA_BLOCK, options.compression());
    }
    buffer.trim();
    pending = true;
    collector.addDataBlock();
  }

  /**
   * Adds the pending data block to the index block, and finishes the index block if that is full.
   */
  private void addToIndex(byte[] separatorKey, int separatorLength) throws IOException {
    index.add(separatorKey, separatorLength, pendingOffset, pendingLength, writer.ordinal() - 1);
    pending = false;
    if (index.bytes() >= options.blockBytes()
        || index.distance(writer.offset()) > INDEX_DISTANCE_MAX) {
      finishIndexBlock();
    }
  }

  private void finishIndexBlock() throws IOException {
    byte[] last = index.lastKey();
    index.finish(buffer);
    long offset = writer.offset();
    int ordinal = writer.ordinal();
    int length = writer.appendBlock(buffer, TableFormat.INDEX_BLOCK, options.compression());
    top.add(last, last.length, offset, length, ordinal);
    collector.addIndexBlock();
  }

  /**
   * Sets the range tombstones of the table, before {@link #finish}. They are stored apart from the
   * entries. A table needs an entry; if it has none, a tombstone for the first key of the first
   * range is added, which deletes nothing more.
   */
  public void setRangeTombstones(RangeTombstones tombstones) throws IOException {
    rangeTombstones = tombstones;
    if (collector.entryCount() == 0 && !tombstones.isEmpty()) {
      byte[] first = tombstones.start(0);
      long version = tombstones.newest(0, Limits.VERSION_MAX);
      add(
          first,
          0,
          first.length,
          version,
          ValueKind.DELETE,
          Limits.NEVER_EXPIRES,
          MemorySegment.NULL,
          0,
          0);
    }
    collector.setRangeTombstones(tombstones);
  }

  /** Returns the key of the entry added last. */
  public byte[] lastKey() {
    return Arrays.copyOf(lastKey, lastKeyLength);
  }

  /** Returns the number of entries added. */
  public long entryCount() {
    return collector.entryCount();
  }

  /** Returns the approximate length in bytes that the file would have if it were finished now. */
  public long estimatedFileBytes() {
    long filterBytes = filter == null ? 0 : (long) filter.lines() * BloomFormat.LINE_BYTES;
    return writer.offset() + block.bytes() + index.bytes() + top.bytes() + filterBytes;
  }

  /**
   * Completes the file. The file is neither synced nor closed.
   *
   * @param replacedFileIds the tables whose entries this one takes over; kept for repair
   * @return the description that the manifest keeps of the table
   * @throws IllegalStateException if no entry was added and there is no range tombstone
   */
  public TableMeta finish(List<Long> replacedFileIds) throws IOException {
    if (collector.entryCount() == 0) {
      throw new IllegalStateException("a table has at least one entry");
    }
    if (!block.isEmpty()) {
      finishDataBlock();
    }
    if (pending) {
      addToIndex(lastKey, lastKeyLength);
    }
    if (!index.isEmpty()) {
      finishIndexBlock();
    }
    int blockCount = writer.ordinal();
    long filterOffset = writer.offset();
    appendFilter();
    long topOffset = writer.offset();
    top.finish(buffer);
    int topLength = writer.appendBlock(buffer, TableFormat.TOP_BLOCK, options.compression());
    appendRangeTombstones();
    TableProperties properties = collector.finish(options, smallestKey, lastKey());
    long propertiesOffset = writer.offset();
    byte[] encoded = properties.encode();
    buffer.set(encoded, 0, encoded.length);
    int propertiesLength =
        writer.appendBlock(buffer, TableFormat.PROPERTIES_BLOCK, Compression.NONE);
    byte[] footer =
        new Footer(
                filterOffset,
                filter == null ? 0 : filter.lines(),
                filter == null ? 0 : filter.probes(),
                topOffset,
                topLength,
                propertiesOffset,
                propertiesLength,
                blockCount,
                keyspaceId,
                level,
                header.storeId(),
                header.fileId(),
                replacedFileIds)
            .encode(identity.cipher(), writer.offset());
    writer.append(footer, footer.length);
    writer.flush();
    return meta(properties);
  }

  private void appendFilter() throws IOException {
    if (filter == null) {
      return;
    }
    byte[] bits = filter.build();
    for (int at = 0; at < bits.length; at += TableFormat.FILTER_SECTION_BYTES) {
      buffer.set(bits, at, Math.min(TableFormat.FILTER_SECTION_BYTES, bits.length - at));
      writer.appendBlock(buffer, TableFormat.FILTER_BLOCK, Compression.NONE);
    }
  }

  private void appendRangeTombstones() throws IOException {
    if (rangeTombstones.isEmpty()) {
      return;
    }
    byte[] encoded = TombstoneBlock.encode(rangeTombstones);
    for (int at = 0; at < encoded.length; at += TableFormat.RANGE_TOMBSTONE_SECTION_BYTES) {
      buffer.set(
          encoded, at, Math.min(TableFormat.RANGE_TOMBSTONE_SECTION_BYTES, encoded.length - at));
      writer.appendBlock(buffer, TableFormat.RANGE_TOMBSTONE_BLOCK, Compression.NONE);
    }
  }

  private TableMeta meta(TableProperties properties) {
    return new TableMeta(
        header.fileId(),
        writer.offset(),
        keyspaceId,
        level,
        properties.smallestKey(),
        properties.largestKey(),
        properties.minVersion(),
        properties.maxVersion(),
        properties.entryCount(),
        properties.tombstoneCount(),
        properties.oldestExpiryMs(),
        properties.rangeTombstoneCount(),
        EncryptionTag.of(header));
  }
}

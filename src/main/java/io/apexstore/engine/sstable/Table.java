package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.cache.CacheRegion;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.cache.Slab;
import io.apexstore.engine.filter.BloomFilter;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table that is open for reading.
 *
 * <p>The filter and the top of the index stay in memory outside the heap while the table is open,
 * see {@link #memoryBytes()}; the range tombstones stay on the heap. Index and data blocks are in
 * the store's block cache or on disk.
 *
 * <p><b>Threads:</b> any. {@link #close()} only when no read is running and no iterator is open.
 *
 * <p><b>Invariants:</b> nothing changes after construction. A block that fails its verification
 * fails the read with {@code CORRUPTION}; such a block never counts as not containing a key.
 */
public final class Table extends TableReader {
  private static final int NEEDS_DISK = -1;

  private final TableMeta meta;
  private final Footer footer;
  private final TableProperties properties;
  private final ReadFile file;
  private final TableFootprint memory;
  private final @Nullable BloomFilter filter;
  private final TopIndex top;
  private final RangeTombstones rangeTombstones;
  private final boolean hasRangeTombstones;
  private final TableContext context;
  private final BlockCache cache;
  private final CacheRegion region;
  private final BlockReader blocks;
  private final ScratchPool pool;

  Table(TableOpener opened, TableContext context) {
    this.meta = opened.meta();
    this.footer = opened.footer();
    this.properties = opened.properties();
    this.file = opened.file();
    this.memory = opened.memory();
    this.filter = opened.filter();
    this.top = opened.top();
    this.rangeTombstones = opened.rangeTombstones();
    this.hasRangeTombstones = !rangeTombstones.isEmpty();
    this.context = context;
    this.cache = context.cache();
    this.region = opened.region();
    this.pool = context.scratch();
    this.blocks = new BlockReader(file, opened.identity(), cache, region, top);
  }

  /**
   * Opens the table that the manifest describes. Verifies header, footer, properties, filter and
   * the top of the index, and compares them with the description; data blocks are verified when
   * they are read.
   *
   * @throws IOException if the file cannot be opened
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT}
   *     or {@code READ_FAILED}
   */
  public static Table open(TableContext context, TableMeta expected) throws IOException {
    return TableOpener.open(context, expected.fileId(), expected);
  }

  /**
   * Opens a table by its file id alone, for repair and inspection.
   *
   * @throws IOException if the file cannot be opened
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT}
   *     or {@code READ_FAILED}
   */
  public static Table open(TableContext context, long fileId) throws IOException {
    return TableOpener.open(context, fileId, null);
  }

  /** The manifest's description of the table, with the level that the table was written for. */
  public TableMeta meta() {
    return meta;
  }

  /** Returns the properties of the table as a whole. */
  TableProperties properties() {
    return properties;
  }

  /** Returns the file ids of the tables whose entries this one took over. */
  public List<Long> replacedFileIds() {
    return footer.replacedFileIds();
  }

  @Override
  public long memoryBytes() {
    return memory.bytes();
  }

  @Override
  public @Nullable String damage() {
    return blocks.damage().line();
  }

  @Override
  public Outcome get(Lookup lookup) {
    return hasRangeTombstones ? getUncovered(lookup) : getEntry(lookup);
  }

  private Outcome getUncovered(Lookup lookup) {
    long covering =
        rangeTombstones.newestCovering(lookup.key(), lookup.keyLength(), lookup.readVersion());
    if (covering <= properties.newestEntryVersion()) {
      Outcome outcome = getEntry(lookup);
      boolean isNewest = outcome == Outcome.FOUND && lookup.version() >= covering;
      if (covering == 0 || isNewest || outcome == Outcome.NEEDS_DISK) {
        return outcome;
      }
    }
    lookup.foundRangeTombstone(covering);
    return Outcome.FOUND;
  }

  private Outcome getEntry(Lookup lookup) {
    BloomFilter bits = filter;
    if (bits != null && !bits.mayContain(lookup.keyHash())) {
      return Outcome.NOT_HERE;
    }
    int group = top.find(lookup.key(), lookup.keyLength());
    if (group == top.count()) {
      return Outcome.NOT_HERE;
    }
    int block = findBlock(group, lookup);
    if (block == NEEDS_DISK) {
      return Outcome.NEEDS_DISK;
    }
    int ordinal = top.firstOrdinal(group) + block;
    while (true) {
      int answer = searchBlock(group, ordinal, lookup);
      switch (answer) {
        case DataBlock.FOUND -> {
          return Outcome.FOUND;
        }
        case DataBlock.ABSENT -> {
          return Outcome.NOT_HERE;
        }
        case NEEDS_DISK -> {
          return Outcome.NEEDS_DISK;
        }
        default -> {
          // The versions of this key continue in the next block.
          ordinal++;
          if (ordinal == top.ordinal(group)) {
            ordinal++;
            group++;
            if (group == top.count()) {
              return Outcome.NOT_HERE;
            }
          }
        }
      }
    }
  }

  private int findBlock(int group, Lookup lookup) {
    int block = blocks.findBlock(group, lookup.key(), lookup.keyLength());
    if (block != BlockReader.NOT_CACHED) {
      return block;
    }
    return lookup.cachedOnly() ? NEEDS_DISK : readAndFind(group, lookup);
  }

  private int readAndFind(int group, Lookup lookup) {
    Scratch scratch = pool.take();
    try {
      return blocks.readAndFindBlock(scratch, group, true, lookup.key(), lookup.keyLength());
    } finally {
      pool.release(scratch);
    }
  }

  private int searchBlock(int group, int ordinal, Lookup lookup) {
    int slot = top.dataSlot(ordinal);
    for (int tries = 0; tries < BlockReader.TRIES; tries++) {
      int frame = region.frameOf(slot);
      if (frame < 0) {
        break;
      }
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      long stamp = slab.beginRead(index, region.owner(slot));
      if (stamp == Slab.NOT_HERE) {
        continue;
      }
      try {
        int answer = DataBlock.get(slab, index, stamp, lookup);
        if (slab.validate(index, stamp)) {
          slab.touch(index);
          cache.countHit();
          return answer;
        }
      } catch (IndexOutOfBoundsException e) {
        if (slab.validate(index, stamp)) {
          throw blocks.damaged(ordinal, e);
        }
      }
    }
    return lookup.cachedOnly() ? NEEDS_DISK : readAndSearch(group, ordinal, lookup);
  }

  private int readAndSearch(int group, int ordinal, Lookup lookup) {
    Scratch scratch = pool.take();
    LargeBlocks.LargeBlock large = null;
    try {
      large = blocks.readData(scratch, group, ordinal, !lookup.isMemoryBounded());
      scratch.cursor.open(scratch.block, scratch.blockBytes);
      return large == null ? scratch.cursor.get(lookup) : scratch.cursor.get(lookup, large);
    } catch (IndexOutOfBoundsException e) {
      throw blocks.damaged(ordinal, e);
    } finally {
      if (large != null) {
        large.close();
      }
      pool.release(scratch);
    }
  }

  @Override
  public InternalIterator iterator(long readVersion) {
    return new TableIterator(new BlockWalk(blocks, top, pool, false), readVersion);
  }

  @Override
  public InternalIterator allVersions() {
    return new AllVersionsIterator(new BlockWalk(blocks, top, pool, true));
  }

  @Override
  public RangeTombstones rangeTombstones() {
    return rangeTombstones;
  }

  @Override
  public long newestEntryVersion() {
    return properties.newestEntryVersion();
  }

  /**
   * Reads the whole file again and checks everything that can be checked. The cache is not used.
   *
   * @return the figures of what was checked
   * @throws IOException if the file cannot be opened
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} at the first error, {@code
   *     READ_FAILED}
   */
  public TableVerification verify() throws IOException {
    try (Table fresh = open(context, meta)) {
      return new TableVerifier(
              fresh.blocks, fresh.top, fresh.properties, fresh.filter, fresh.rangeTombstones)
          .run();
    }
  }

  /** Inserts data blocks into the cache before any reader needs them. */
  void fillCache(BitSet ordinals) {
    BlockWalk walk = new BlockWalk(blocks, top, pool, false);
    try {
      walk.fillCache(ordinals);
    } finally {
      walk.close();
    }
  }

  Footer footer() {
    return footer;
  }

  TopIndex top() {
    return top;
  }

  BlockReader blocks() {
    return blocks;
  }

  @Override
  public void close() throws IOException {
    // Closes all, even if one of them fails.
    try (file;
        memory;
        region) {
      // Closed in the opposite order.
    }
  }
}

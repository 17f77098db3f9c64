package io.apexstore.engine.sstable;

import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.cache.Slab;
import io.apexstore.engine.iterator.CurrentEntry;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Walks from data block to data block of one table.
 *
 * <p>A block is looked up in the cache first, unless the walk bypasses the cache. A block that is
 * found is pinned while it is the current one: its keys are copied into the scratch's block, its
 * values stay in the frame. A block that is not found is read whole into the scratch's block. If
 * consecutive blocks have to be read from the file, the walk reads ahead, further each time.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class BlockWalk {
  private static final int AHEAD_BYTES_FIRST = 16 << 10;
  private static final int AHEAD_BYTES_MAX = 128 << 10;
  private static final int AHEAD_BYTES_SEQUENTIAL = 256 << 10;
  private static final int NONE = -2;
  private static final byte[] NO_BYTES = {};
  private static final MemorySegment NO_VALUES = MemorySegment.ofArray(NO_BYTES);

  private final BlockReader blocks;
  private final TopIndex top;
  private final ScratchPool pool;
  private final boolean bypassesCache;
  private @Nullable Scratch scratch;

  private int group;
  private int ordinal = NONE;

  // The slab where the current block is pinned, if it is in the cache.
  private @Nullable Slab pinned;
  private int pinnedIndex;

  // The place of the current block's values.
  private MemorySegment values = NO_VALUES;
  private long valuesBase;
  private byte[] valuesArray = NO_BYTES;
  private MemorySegment heapValues = NO_VALUES;

  // The current block if it is large, and an earlier one whose value is still shown.
  private @Nullable LargeEntry large;
  private @Nullable LargeEntry kept;

  // Stored bytes that were read ahead.
  private byte[] span = NO_BYTES;
  private long spanOffset;
  private int spanLength;
  private int ahead;
  private int lastMiss = NONE;

  BlockWalk(BlockReader blocks, TopIndex top, ScratchPool pool, boolean bypassesCache) {
    this.blocks = blocks;
    this.top = top;
    this.pool = pool;
    this.bypassesCache = bypassesCache;
    this.scratch = pool.take();
  }

  /**
   * The scratch with the current block's keys, and also its values if it was read from the file.
   */
  Scratch scratch() {
    Scratch held = scratch;
    if (held == null) {
      throw new IllegalStateException("the iterator is closed");
    }
    return held;
  }

  /** The current block's ordinal, for messages. */
  int ordinal() {
    return ordinal;
  }

  BlockReader blocks() {
    return blocks;
  }

  /** Whether the current block is in the cache now, even if the walk bypasses the cache. */
  boolean isCached() {
    return blocks.isCached(ordinal);
  }

  /**
   * Inserts data blocks into the cache, with the index blocks that lead to them. No miss is
   * counted.
   *
   * @param ordinals the data blocks
   */
  void fillCache(BitSet ordinals) {
    Scratch held = scratch();
    group = 0;
    for (int at = ordinals.nextSetBit(0); at >= 0; at = ordinals.nextSetBit(at + 1)) {
      ordinal = at;
      while (at > top.ordinal(group)) {
        group++;
      }
      readOnly(held);
      if (large == null) {
        blocks.insertWanted(at, held.block);
      }
      dropLarge();
    }
  }

  /** Goes to the first block. */
  void first() {
    go(0, 0);
  }

  /** Goes to the last block. */
  void last() {
    int lastGroup = top.count() - 1;
    go(lastGroup, top.ordinal(lastGroup) - 1);
  }

  /** Goes to the first block with keys that are at least the given one; false if there is none. */
  boolean seek(byte[] key, int keyLength) {
    int found = top.find(key, keyLength);
    if (found == top.count()) {
      return false;
    }
    int block = blocks.findBlock(found, key, keyLength);
    if (block == BlockReader.NOT_CACHED) {
      block = blocks.readAndFindBlock(scratch(), found, !bypassesCache, key, keyLength);
    }
    go(found, top.firstOrdinal(found) + block);
    return true;
  }

  /** Goes to the next block; false if there is none. */
  boolean next() {
    int to = ordinal + 1;
    int toGroup = group;
    if (to == top.ordinal(group)) {
      to++;
      toGroup++;
      if (toGroup == top.count()) {
        return false;
      }
    }
    go(toGroup, to);
    return true;
  }

  /** Goes to the previous block; false if there is none. */
  boolean previous() {
    if (ordinal == 0) {
      return false;
    }
    int to = ordinal - 1;
    int toGroup = group;
    if (ordinal == top.firstOrdinal(group)) {
      to--;
      toGroup--;
    }
    go(toGroup, to);
    return true;
  }

  private void go(int toGroup, int toOrdinal) {
    Scratch held = scratch();
    group = toGroup;
    ordinal = toOrdinal;
    unpin();
    dropLarge();
    try {
      if (bypassesCache) {
        read(held);
        openRead(held);
      } else {
        int frame = blocks.pinData(toOrdinal);
        if (frame == BlockReader.NOT_CACHED) {
          read(held);
          openRead(held);
        } else {
          openPinned(held, frame);
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw blocks.damaged(ordinal, e);
    }
  }

  /** Copies the keys out of a frame; the values stay there. */
  private void openPinned(Scratch held, int frame) {
    Slab slab = blocks.slab(frame);
    pinned = slab;
    pinnedIndex = BlockCache.index(frame);
    MemorySegment memory = slab.memory();
    long base = slab.offset(pinnedIndex);
    int blockLength = slab.length(pinnedIndex);
    int keysEnd = memory.get(TableFormat.INT, base + TableFormat.VALUES_OFFSET);
    if (keysEnd < TableFormat.DATA_HEADER_BYTES || keysEnd > blockLength) {
      throw new IndexOutOfBoundsException("no data block");
    }
    MemorySegment.copy(memory, TableFormat.BYTE, base, held.block.reset(keysEnd), 0, keysEnd);
    held.blockBytes = blockLength;
    held.cursor.open(held.block, blockLength);
    values = memory;
    valuesBase = base;
  }

  private void openRead(Scratch held) {
    held.cursor.open(held.block, held.blockBytes);
    values = arrayOf(held.block.array());
    valuesBase = 0;
  }

  /** The place of a large block, whose memory is used only while its values are. */
  private final class LargeEntry implements CurrentEntry.LargeValues {
    private final LargeBlocks.LargeBlock block;
    private final int number;
    private final long offset;
    private final int length;

    LargeEntry(LargeBlocks.LargeBlock block, int number, long offset, int length) {
      this.block = block;
      this.number = number;
      this.offset = offset;
      this.length = length;
    }

    @Override
    public MemorySegment segment() {
      return block.pin(() -> blocks.loadLarge(scratch(), number, offset, length, bypassesCache));
    }

    @Override
    public LentMemory lend() {
      segment();
      return block.lend();
    }
  }

  /** Returns the current block if it is large; null if its values are in {@link #values()}. */
  CurrentEntry.@Nullable LargeValues large() {
    return large;
  }

  /** Returns the large block that {@link #keepLarge} kept, or null. */
  CurrentEntry.@Nullable LargeValues kept() {
    return kept;
  }

  /** Keeps the current block, which is large, when the walk goes on, until {@link #dropKept}. */
  void keepLarge() {
    dropKept();
    kept = large;
    large = null;
  }

  void dropKept() {
    LargeEntry dropped = kept;
    kept = null;
    if (dropped != null) {
      dropped.block.close();
    }
  }

  private void dropLarge() {
    LargeEntry dropped = large;
    large = null;
    if (dropped != null) {
      dropped.block.close();
    }
  }

  @SuppressWarnings("ReferenceEquality") // The segment is over that array.
  private MemorySegment arrayOf(byte[] array) {
    if (array != valuesArray) {
      valuesArray = array;
      heapValues = MemorySegment.ofArray(array);
    }
    return heapValues;
  }

  private void unpin() {
    Slab slab = pinned;
    if (slab != null) {
      pinned = null;
      slab.unpin(pinnedIndex);
    }
  }

  /** The segment that contains the current block's values. */
  MemorySegment values() {
    return values;
  }

  /** The offset in that segment at which the current block begins. */
  long valuesBase() {
    return valuesBase;
  }

  private void read(Scratch held) {
    blocks.countMiss();
    readOnly(held);
    if (!bypassesCache && large == null) {
      blocks.insertData(ordinal, held.block);
    }
  }

  private void readOnly(Scratch held) {
    blocks.locate(held, group, ordinal, !bypassesCache);
    long offset = held.blockOffset;
    int length = held.blockLength;
    int at = isInSpan(offset, length) ? (int) (offset - spanOffset) : -1;
    if (at >= 0 && !BlockReader.isLarge(span, at, length)) {
      blocks.decodeData(held, ordinal, offset, span, at, length);
      return;
    }
    LargeBlocks.LargeBlock block = blocks.readData(held, ordinal, offset, length, bypassesCache);
    if (block != null) {
      // Several walks of one scan are at a block each, and only one of them shows its value.
      block.unpin();
      large = new LargeEntry(block, ordinal, offset, length);
    }
  }

  /**
   * Whether a stored block is among the bytes that were read ahead, after reading ahead if needed.
   */
  private boolean isInSpan(long offset, int length) {
    boolean follows = ordinal == lastMiss + 1 || ordinal == lastMiss + 2;
    lastMiss = ordinal;
    if (follows && offset >= spanOffset && offset + length <= spanOffset + spanLength) {
      return true;
    }
    if (bypassesCache) {
      ahead = AHEAD_BYTES_SEQUENTIAL;
    } else {
      ahead = follows ? Math.clamp(2L * ahead, AHEAD_BYTES_FIRST, AHEAD_BYTES_MAX) : 0;
    }
    spanLength = 0;
    if (length >= ahead) {
      return false;
    }
    if (span.length < ahead) {
      span = new byte[ahead];
    }
    int wanted = (int) Math.min(ahead, blocks.blocksEnd() - offset);
    blocks.readStored(offset, span, wanted);
    spanOffset = offset;
    spanLength = wanted;
    return true;
  }

  void close() {
    unpin();
    dropLarge();
    dropKept();
    values = NO_VALUES;
    Scratch held = scratch;
    scratch = null;
    span = NO_BYTES;
    spanLength = 0;
    if (held != null) {
      pool.release(held);
    }
  }
}

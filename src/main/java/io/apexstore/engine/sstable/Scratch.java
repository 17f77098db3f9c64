package io.apexstore.engine.sstable;

import io.apexstore.engine.cache.CacheRegion;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockDecoder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The working memory of one reader: of a point read while it reads from disk, of an iterator while
 * it is open. It is taken from a {@link ScratchPool} and released to it.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class Scratch {
  private static final int INDEX_BYTES = 8 << 10;
  private static final long NO_INDEX = -1;

  final BlockDecoder decoder = new BlockDecoder();

  /** The data block being read; of a block that is pinned in the cache, only the keys. */
  final BlockBuffer block = new BlockBuffer();

  /** The length of the data block being walked, values included. */
  int blockBytes;

  /** An index block on its way to the cache and to {@link #index}. */
  final BlockBuffer indexBuffer = new BlockBuffer();

  final DataBlockCursor cursor = new DataBlockCursor();
  final IntervalEntries interval = new IntervalEntries();

  /** The offset in the file of the data block that was located last. */
  long blockOffset;

  /** The stored length of the data block that was located last. */
  int blockLength;

  private final BlockBuffer stored = new BlockBuffer();

  // Outside the heap like frames, so that searches meet one kind of memory. The garbage collector
  // frees it some time after the scratch; mostly it is allocated once in a scratch's life.
  private MemorySegment index = Arena.ofAuto().allocate(INDEX_BYTES, Long.BYTES);

  /** The index block that {@link #index} holds, by its owner's number in the cache. */
  private long indexHeld = NO_INDEX;

  /** Returns the buffer for stored blocks, with room for {@code length} bytes. */
  BlockBuffer stored(int length) {
    stored.reset(length);
    return stored;
  }

  /** The index block, from the segment's start. */
  MemorySegment index() {
    return index;
  }

  /** Whether {@link #index} holds the index block of this owner, see {@link CacheRegion#owner}. */
  boolean holdsIndex(long owner) {
    return indexHeld == owner;
  }

  void setIndexHeld(long owner) {
    indexHeld = owner;
  }

  /** Returns the memory for an index block of {@code length} bytes; its contents are lost. */
  MemorySegment resetIndex(int length) {
    indexHeld = NO_INDEX;
    if (index.byteSize() < length) {
      index = Arena.ofAuto().allocate(2L * length, Long.BYTES);
    }
    return index;
  }

  /** Drops the index block and releases unusually large arrays. */
  void trim() {
    indexHeld = NO_INDEX;
    block.trim();
    indexBuffer.trim();
    stored.trim();
  }
}

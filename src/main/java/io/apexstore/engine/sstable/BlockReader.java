package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.cache.CacheRegion;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.cache.LargeMemory;
import io.apexstore.engine.cache.Slab;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.codec.BlockFormat;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.io.ReadFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the blocks of one table: from the cache, or else from the file, verified.
 *
 * <p><b>Threads:</b> any; each scratch belongs to one thread.
 */
final class BlockReader {
  /** If a frame is reused under a reader this many times, the reader reads the file instead. */
  static final int TRIES = 64;

  /** The index block that is needed is not in the cache. */
  static final int NOT_CACHED = -1;

  private final ReadFile file;
  private final BlockFile identity;
  private final BlockCache cache;
  private final CacheRegion region;
  private final TopIndex top;
  private final BlockDamage damage = new BlockDamage();

  BlockReader(
      ReadFile file, BlockFile identity, BlockCache cache, CacheRegion region, TopIndex top) {
    this.file = file;
    this.identity = identity;
    this.cache = cache;
    this.region = region;
    this.top = top;
  }

  BlockFile identity() {
    return identity;
  }

  /**
   * Pins the frame of a data block.
   *
   * @return the frame, to be unpinned by {@link Slab#unpin}, or {@link #NOT_CACHED}
   */
  int pinData(int ordinal) {
    int slot = top.dataSlot(ordinal);
    for (int tries = 0; tries < TRIES; tries++) {
      int frame = region.frameOf(slot);
      if (frame < 0) {
        return NOT_CACHED;
      }
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      if (slab.pin(index, region.owner(slot))) {
        slab.touch(index);
        cache.countHit();
        return frame;
      }
    }
    return NOT_CACHED;
  }

  /** Returns the slab of a frame that is pinned. */
  Slab slab(int frame) {
    return cache.slab(frame);
  }

  private boolean copyCached(int slot, BlockBuffer target) {
    for (int tries = 0; tries < TRIES; tries++) {
      int frame = region.frameOf(slot);
      if (frame < 0) {
        return false;
      }
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      long stamp = slab.beginRead(index, region.owner(slot));
      if (stamp == Slab.NOT_HERE) {
        continue;
      }
      int length = slab.length(index);
      if (!slab.validate(index, stamp)) {
        continue;
      }
      MemorySegment.copy(
          slab.memory(), TableFormat.BYTE, slab.offset(index), target.reset(length), 0, length);
      if (slab.validate(index, stamp)) {
        slab.touch(index);
        cache.countHit();
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the data block of a group that can contain a key, counted from the group's first;
   * {@link #NOT_CACHED} if the index block is not in the cache.
   */
  int findBlock(int group, byte[] key, int keyLength) {
    int slot = top.indexSlot(group);
    for (int tries = 0; tries < TRIES; tries++) {
      int frame = region.frameOf(slot);
      if (frame < 0) {
        return NOT_CACHED;
      }
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      long stamp = slab.beginRead(index, region.owner(slot));
      if (stamp == Slab.NOT_HERE) {
        continue;
      }
      try {
        int block = find(slab.memory(), slab.offset(index), key, keyLength);
        if (slab.validate(index, stamp)) {
          slab.touch(index);
          cache.countHit();
          return block;
        }
      } catch (IndexOutOfBoundsException e) {
        if (slab.validate(index, stamp)) {
          throw damaged(top.ordinal(group), e);
        }
      }
    }
    return NOT_CACHED;
  }

  /** Like {@link #findBlock}, but reads the index block if it must. */
  int readAndFindBlock(Scratch scratch, int group, boolean caches, byte[] key, int keyLength) {
    holdIndex(scratch, group, caches);
    return find(scratch.index(), 0, key, keyLength);
  }

  private static int find(MemorySegment memory, long base, byte[] key, int keyLength) {
    return IndexBlock.find(
        memory,
        base,
        TableFormat.INDEX_HANDLE_BYTES,
        TableFormat.INDEX_HANDLE_BYTES,
        key,
        keyLength);
  }

  /**
   * Reads a data block from the file into the scratch's block, and inserts it into the cache. Of a
   * large block the scratch gets only the keys.
   *
   * @param always see {@link LargeBlocks#allocate}
   * @return the large block, pinned, to be closed by the caller; null if it is not large
   */
  LargeBlocks.@Nullable LargeBlock readData(
      Scratch scratch, int group, int ordinal, boolean always) {
    locate(scratch, group, ordinal, true);
    countMiss();
    LargeBlocks.LargeBlock large =
        readData(scratch, ordinal, scratch.blockOffset, scratch.blockLength, always);
    if (large == null) {
      insertData(ordinal, scratch.block);
    }
    return large;
  }

  /** Reads a located data block from the file, as the other {@code readData} does. */
  LargeBlocks.@Nullable LargeBlock readData(
      Scratch scratch, int ordinal, long offset, int length, boolean always) {
    if (length <= LargeBlocks.LARGE_BYTES) {
      BlockBuffer stored = scratch.stored(length);
      readStored(offset, stored.array(), length);
      if (!isLarge(stored.array(), 0, length)) {
        decode(scratch, TableFormat.DATA_BLOCK, ordinal, offset, stored, scratch.block);
        scratch.blockBytes = scratch.block.length();
        return null;
      }
    }
    return readLarge(scratch, ordinal, offset, length, always);
  }

  /** Whether a stored block says that it is large; it may lie, and is verified later. */
  static boolean isLarge(byte[] stored, int at, int length) {
    int raw = BlockFormat.rawLength(stored, at, length);
    return raw > LargeBlocks.LARGE_BYTES && raw <= BlockFormat.RAW_BYTES_MAX;
  }

  /** Reads a large data block; the scratch gets its keys. */
  LargeBlocks.LargeBlock readLarge(
      Scratch scratch, int ordinal, long offset, int length, boolean always) {
    LargeBlocks.LargeBlock large = cache.large().open(region.owner(top.dataSlot(ordinal)));
    try {
      MemorySegment memory = large.pin(() -> loadLarge(scratch, ordinal, offset, length, always));
      int keysEnd = memory.get(TableFormat.INT, TableFormat.VALUES_OFFSET);
      if (keysEnd < TableFormat.DATA_HEADER_BYTES || keysEnd > memory.byteSize()) {
        throw damaged(ordinal, new IndexOutOfBoundsException("no data block"));
      }
      byte[] keys = scratch.block.reset(keysEnd);
      MemorySegment.copy(memory, TableFormat.BYTE, 0, keys, 0, keysEnd);
      scratch.blockBytes = (int) memory.byteSize();
      return large;
    } catch (RuntimeException | Error e) {
      large.close();
      throw e;
    }
  }

  /** Reads a large block into memory outside the heap and verifies it. */
  LargeMemory loadLarge(Scratch scratch, int ordinal, long offset, int length, boolean always) {
    LargeBlocks memory = cache.large();
    LargeMemory stored = memory.allocate(length, always);
    LargeMemory[] decompressed = new LargeMemory[1];
    boolean done = false;
    try {
      readStored(offset, stored.segment().asByteBuffer());
      MemorySegment block;
      try {
        block =
            scratch.decoder.decode(
                identity,
                TableFormat.DATA_BLOCK,
                ordinal,
                offset,
                stored.segment(),
                bytes -> {
                  decompressed[0] = memory.allocate(bytes, always);
                  return decompressed[0].segment();
                });
      } catch (EngineException e) {
        throw damage.note(e);
      }
      done = true;
      return decompressed[0] == null ? stored.shorten(block.byteSize()) : decompressed[0];
    } finally {
      if (decompressed[0] != null || !done) {
        stored.close();
      }
      if (decompressed[0] != null && !done) {
        decompressed[0].close();
      }
    }
  }

  /** Whether a data block is in the cache; the answer may be out of date. */
  boolean isCached(int ordinal) {
    return region.frameOf(top.dataSlot(ordinal)) >= 0;
  }

  /** Inserts a data block that replaces blocks which readers used into the cache. */
  void insertWanted(int ordinal, BlockBuffer block) {
    cache.insertWanted(region, top.dataSlot(ordinal), block.array(), block.length());
  }

  /** Inserts a data block into the cache. */
  void insertData(int ordinal, BlockBuffer block) {
    cache.insert(region, top.dataSlot(ordinal), block.array(), block.length());
  }

  /**
   * Ensures that the scratch holds the index block of a group.
   *
   * @param caches whether a block that had to be read is inserted into the cache
   */
  void holdIndex(Scratch scratch, int group, boolean caches) {
    int slot = top.indexSlot(group);
    if (scratch.holdsIndex(region.owner(slot))) {
      return;
    }
    int ordinal = top.ordinal(group);
    BlockBuffer buffer = scratch.indexBuffer;
    if (!copyCached(slot, buffer)) {
      cache.countMiss();
      read(scratch, TableFormat.INDEX_BLOCK, ordinal, top.offset(group), top.length(group), buffer);
      if (caches) {
        cache.insert(region, slot, buffer.array(), buffer.length());
      }
    }
    holdIndexOf(scratch, group, buffer);
  }

  /** Copies an index block that was read into the scratch. */
  void holdIndexOf(Scratch scratch, int group, BlockBuffer buffer) {
    MemorySegment memory = scratch.resetIndex(buffer.length());
    MemorySegment.copy(buffer.array(), 0, memory, TableFormat.BYTE, 0, buffer.length());
    scratch.setIndexHeld(region.owner(top.indexSlot(group)));
  }

  /**
   * Finds the place of a data block in the file and stores it in the scratch.
   *
   * @param caches whether an index block that had to be read is inserted into the cache
   */
  void locate(Scratch scratch, int group, int ordinal, boolean caches) {
    int block = ordinal - top.firstOrdinal(group);
    int slot = top.indexSlot(group);
    if (!scratch.holdsIndex(region.owner(slot))) {
      if (locateCached(scratch, slot, block)) {
        return;
      }
      holdIndex(scratch, group, caches);
    }
    takePlace(scratch, scratch.index(), 0, block);
  }

  private boolean locateCached(Scratch scratch, int slot, int block) {
    int frame = region.frameOf(slot);
    if (frame < 0) {
      return false;
    }
    Slab slab = cache.slab(frame);
    int index = BlockCache.index(frame);
    long stamp = slab.beginRead(index, region.owner(slot));
    if (stamp == Slab.NOT_HERE) {
      return false;
    }
    try {
      takePlace(scratch, slab.memory(), slab.offset(index), block);
    } catch (IndexOutOfBoundsException e) {
      return false;
    }
    return slab.validate(index, stamp);
  }

  private static void takePlace(Scratch scratch, MemorySegment memory, long base, int block) {
    long handle = IndexBlock.handles(memory, base) + (long) block * TableFormat.INDEX_HANDLE_BYTES;
    int from = memory.get(TableFormat.INT, handle);
    int to = memory.get(TableFormat.INT, handle + TableFormat.INDEX_HANDLE_BYTES);
    scratch.blockOffset = memory.get(TableFormat.LONG, base + TableFormat.INDEX_BASE_OFFSET) + from;
    scratch.blockLength = to - from;
  }

  /** Reads a block from the file and verifies it. */
  void read(Scratch scratch, int type, int ordinal, long offset, int length, BlockBuffer target) {
    BlockBuffer stored = scratch.stored(length);
    readStored(offset, stored.array(), length);
    decode(scratch, type, ordinal, offset, stored, target);
  }

  private void decode(
      Scratch scratch, int type, int ordinal, long offset, BlockBuffer stored, BlockBuffer target) {
    try {
      scratch.decoder.decode(identity, type, ordinal, offset, stored, target);
    } catch (EngineException e) {
      throw damage.note(e);
    }
  }

  /** Verifies a data block that was read with others, and decodes it into the scratch's block. */
  void decodeData(Scratch scratch, int ordinal, long offset, byte[] stored, int at, int length) {
    try {
      scratch.decoder.decode(
          identity, TableFormat.DATA_BLOCK, ordinal, offset, stored, at, length, scratch.block);
    } catch (EngineException e) {
      throw damage.note(e);
    }
    scratch.blockBytes = scratch.block.length();
  }

  /** Returns the damage that reads of blocks met. */
  BlockDamage damage() {
    return damage;
  }

  /** Reads as many bytes as the buffer has room for; a file that ends earlier is damaged. */
  static void readFully(ReadFile file, String name, long offset, ByteBuffer target) {
    int wanted = target.remaining();
    int found;
    try {
      found = file.read(offset, target);
    } catch (IOException e) {
      throw new EngineException(
          Failure.READ_FAILED,
          name + " at offset " + offset + ": reading " + wanted + " bytes failed: " + e,
          e);
    }
    if (found < wanted) {
      throw EngineException.corruption(name, offset, "bytes before the end", wanted, found);
    }
  }

  /** Returns the exception for a block whose checksum is right and whose contents make no sense. */
  EngineException damaged(int ordinal, RuntimeException cause) {
    return damage.note(
        new EngineException(
            Failure.CORRUPTION,
            identity.name() + ": block " + ordinal + " contradicts itself: " + cause.getMessage(),
            cause));
  }

  /** Reads stored bytes, of one block or several, to the start of an array. */
  void readStored(long offset, byte[] target, int length) {
    readStored(offset, ByteBuffer.wrap(target, 0, length));
  }

  private void readStored(long offset, ByteBuffer target) {
    try {
      readFully(file, identity.name(), offset, target);
    } catch (EngineException e) {
      throw damage.note(e);
    }
  }

  /** Returns the separator of a data block from its index block. */
  static byte[] separator(MemorySegment index, int block) {
    return IndexBlock.separator(
        index, 0, TableFormat.INDEX_HANDLE_BYTES, TableFormat.INDEX_HANDLE_BYTES, block);
  }

  /** Returns the offset in the file at which the first block begins. */
  long blocksStart() {
    return FileHeader.BYTES;
  }

  /** Returns the offset in the file at which the last index block ends. */
  long blocksEnd() {
    int last = top.count() - 1;
    return top.offset(last) + top.length(last);
  }

  /** Counts a block that had to be read. */
  void countMiss() {
    cache.countMiss();
  }
}

package io.apexstore.engine.cache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A cache, and owners whose blocks are identified by every byte. */
final class CacheFixture implements AutoCloseable {
  final BlockCache cache;
  private final Arena arena = Arena.ofShared();
  private int owners;

  CacheFixture(long budgetBytes) {
    cache = new BlockCache(budgetBytes);
  }

  Owner owner(int blocks) {
    return new Owner(++owners, blocks);
  }

  @Override
  public void close() {
    cache.close();
    arena.close();
  }

  /** One owner. */
  final class Owner implements AutoCloseable {
    private final int salt;
    final CacheRegion region;

    Owner(int salt, int blocks) {
      this.salt = salt;
      this.region = cache.register(arena.allocate(CacheRegion.bytesFor(blocks), 8));
    }

    void insert(int ordinal, int length) {
      byte[] block = new byte[length];
      Arrays.fill(block, pattern(ordinal));
      cache.insert(region, ordinal, block, length);
    }

    /** Reads a block as tables do; null if it is not cached. */
    byte @Nullable [] read(int ordinal) {
      while (true) {
        int frame = region.frameOf(ordinal);
        if (frame < 0) {
          return null;
        }
        Slab slab = cache.slab(frame);
        int index = BlockCache.index(frame);
        long stamp = slab.beginRead(index, region.owner(ordinal));
        if (stamp == Slab.NOT_HERE) {
          continue;
        }
        int length = slab.length(index);
        if (!slab.validate(index, stamp)) {
          continue;
        }
        byte[] copy = new byte[length];
        MemorySegment.copy(
            slab.memory(), ValueLayout.JAVA_BYTE, slab.offset(index), copy, 0, length);
        if (slab.validate(index, stamp)) {
          slab.touch(index);
          cache.countHit();
          return copy;
        }
      }
    }

    /** Pins a block and returns its slab; null if the block is not cached. */
    @Nullable Slab pin(int ordinal) {
      int frame = region.frameOf(ordinal);
      if (frame < 0) {
        return null;
      }
      Slab slab = cache.slab(frame);
      return slab.pin(BlockCache.index(frame), region.owner(ordinal)) ? slab : null;
    }

    int countHeld(int from, int to) {
      int held = 0;
      for (int ordinal = from; ordinal < to; ordinal++) {
        held += region.frameOf(ordinal) >= 0 ? 1 : 0;
      }
      return held;
    }

    /** Whether the block is cached; every byte of it is checked twice while it is pinned. */
    boolean isRightWhilePinned(int ordinal) {
      int frame = region.frameOf(ordinal);
      if (frame < 0) {
        return false;
      }
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      if (!slab.pin(index, region.owner(ordinal))) {
        return false;
      }
      long base = slab.offset(index);
      for (int i = 0; i < 2 * slab.length(index); i++) {
        long at = base + i % slab.length(index);
        if (slab.memory().get(ValueLayout.JAVA_BYTE, at) != pattern(ordinal)) {
          throw new AssertionError("block " + ordinal + " changed although it was pinned");
        }
      }
      slab.unpin(index);
      return true;
    }

    void readOrInsert(int ordinal, int length) {
      if (read(ordinal) == null) {
        insert(ordinal, length);
      }
    }

    /** Whether the block is cached; every byte of it is checked. */
    boolean isRight(int ordinal) {
      byte[] block = read(ordinal);
      if (block == null) {
        return false;
      }
      for (byte b : block) {
        if (b != pattern(ordinal)) {
          throw new AssertionError("block " + ordinal + " holds a byte of another");
        }
      }
      return true;
    }

    private byte pattern(int ordinal) {
      return (byte) (ordinal * 31 + salt * 7 + 1);
    }

    @Override
    public void close() {
      region.close();
    }
  }
}

package io.apexstore.engine.cache;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.LentMemory;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory of blocks that are too large for the cache, and of long values that are lent. It is
 * outside the heap and has one bound for the whole store.
 *
 * <p>A block that several readers are at is decoded once. It keeps its memory as long as a reader
 * uses its values. If a reader is only at the block, as an iterator that merges several tables is,
 * the memory may be taken for another block, and is decoded again when a value is asked for. So a
 * reader uses one block at a time, and never waits for another one while it holds memory.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the bytes in use are those of all memory that is not
 * released; they exceed the bound only by what was allocated for the store itself.
 */
public final class LargeBlocks {
  /** A block of more bytes is large: the cache has no frame for it. */
  public static final int LARGE_BYTES = 256 << 10;

  private final long bytesMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition loaded = lock.newCondition();

  // Under the lock.
  private final Map<Long, Shared> shared = new HashMap<>();
  private final LinkedHashSet<Shared> idle = new LinkedHashSet<>();
  private long bytes;

  LargeBlocks(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A block with all of its readers; its fields are under the lock. */
  private static final class Shared {
    final long owner;
    int readers;
    int pins;
    boolean loading;
    LargeMemory memory = LargeMemory.NONE;

    Shared(long owner) {
      this.owner = owner;
    }
  }

  /** Decodes a block. */
  @FunctionalInterface
  public interface Loader {
    /** Returns memory that this object has allocated, with the whole block in it. */
    LargeMemory load();
  }

  /** Returns how many bytes are in use. */
  public long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the bound, in bytes. */
  public long bytesMax() {
    return bytesMax;
  }

  /**
   * Allocates memory, at the expense of blocks that no reader uses at the moment.
   *
   * @param always whether the bound may be exceeded, because no client asks but the store itself
   * @throws EngineException {@code MEMORY_EXHAUSTED} if too few bytes are left
   */
  public LargeMemory allocate(long wanted, boolean always) {
    lock.lock();
    try {
      Iterator<Shared> victims = idle.iterator();
      while (bytesMax - bytes < wanted && victims.hasNext()) {
        Shared victim = victims.next();
        victims.remove();
        takeMemory(victim).close();
      }
      if (bytesMax - bytes < wanted && !always) {
        throw new EngineException(
            Failure.MEMORY_EXHAUSTED,
            "reading a large value takes "
                + wanted
                + " bytes; other readers hold "
                + bytes
                + " of the "
                + bytesMax
                + " that there are");
      }
      bytes += wanted;
    } finally {
      lock.unlock();
    }
    return new LargeMemory(this, wanted);
  }

  void released(long freed) {
    lock.lock();
    try {
      bytes -= freed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Registers a reader of a block.
   *
   * @param owner the block's number in the cache, see {@link CacheRegion#owner}
   */
  public LargeBlock open(long owner) {
    lock.lock();
    try {
      Shared block = shared.computeIfAbsent(owner, Shared::new);
      block.readers++;
      return new LargeBlock(this, block, owner);
    } finally {
      lock.unlock();
    }
  }

  private static LargeMemory takeMemory(Shared block) {
    LargeMemory memory = block.memory;
    block.memory = LargeMemory.NONE;
    return memory;
  }

  private MemorySegment pin(Shared block, Loader loader) {
    lock.lock();
    try {
      while (block.loading) {
        loaded.awaitUninterruptibly();
      }
      if (block.memory != LargeMemory.NONE) {
        block.pins++;
        idle.remove(block);
        return block.memory.segment();
      }
      block.loading = true;
    } finally {
      lock.unlock();
    }
    LargeMemory memory = LargeMemory.NONE;
    try {
      memory = loader.load();
      return memory.segment();
    } finally {
      lock.lock();
      try {
        block.loading = false;
        block.memory = memory;
        if (memory != LargeMemory.NONE) {
          block.pins++;
        }
        loaded.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void unpin(Shared block) {
    lock.lock();
    try {
      if (--block.pins == 0) {
        if (bytes > bytesMax) {
          takeMemory(block).close();
        } else {
          idle.add(block);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void leave(Shared block) {
    lock.lock();
    try {
      if (--block.readers == 0) {
        shared.remove(block.owner);
        idle.remove(block);
        takeMemory(block).close();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * One reader's hold of a large block.
   *
   * <p><b>Threads:</b> one at a time.
   */
  public static final class LargeBlock implements LentMemory {
    private final LargeBlocks blocks;
    private final Shared block;
    private final long owner;
    private MemorySegment pinned = MemorySegment.NULL;
    private boolean open = true;

    private LargeBlock(LargeBlocks blocks, Shared block, long owner) {
      this.blocks = blocks;
      this.block = block;
      this.owner = owner;
    }

    /**
     * Returns the block's bytes; they stay in place until {@link #unpin} or {@link #close}.
     *
     * @param loader decodes the block if it is not in memory
     */
    public MemorySegment pin(Loader loader) {
      if (pinned.equals(MemorySegment.NULL)) {
        pinned = blocks.pin(block, loader);
      }
      return pinned;
    }

    /** Returns the block's bytes; the block must be pinned. */
    @Override
    public MemorySegment segment() {
      return pinned;
    }

    /** Allows the block's memory to be taken for another block. */
    public void unpin() {
      if (!pinned.equals(MemorySegment.NULL)) {
        pinned = MemorySegment.NULL;
        blocks.unpin(block);
      }
    }

    /** Returns another hold of the block, which is pinned; this one must be pinned. */
    public LentMemory lend() {
      LargeBlock other = blocks.open(owner);
      other.pin(
          () -> {
            throw new IllegalStateException("a pinned block is not in memory");
          });
      return other;
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        unpin();
        blocks.leave(block);
      }
    }
  }
}

package io.apexstore.engine.memtable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The store's pool of off-heap chunks for memtables. A released chunk is kept for the next
 * memtable, up to a bound, so that a store in steady state neither allocates memory from the
 * operating system nor pays for fresh pages.
 *
 * <p>Chunks have two sizes: a small one that every memtable begins with, so that a store of many
 * tiny keyspaces stays tiny, and the usual one. Each chunk has a shared arena of its own, which is
 * closed when the chunk is released and enough spares are kept, or when the pool is closed.
 *
 * <p><b>Threads:</b> any. Taking and releasing hold a lock for a few instructions; memory is
 * allocated and freed outside it. <b>Invariants:</b> a chunk is either a spare or belongs to
 * exactly one memtable; the bytes of a chunk are those that its last user left.
 */
public final class MemoryChunks implements AutoCloseable {
  /** The bytes of a usual chunk. */
  public static final int CHUNK_BYTES = 512 << 10;

  /** The bytes of the chunk that a memtable begins with. */
  static final int SMALL_CHUNK_BYTES = 16 << 10;

  private static final int SMALL_SPARES_MAX = 64;
  private static final int ALIGNMENT = 64;

  private final Object lock = new Object();
  private final Allocator allocator;
  private final int sparesMax;
  private final ArrayDeque<Chunk> spares = new ArrayDeque<>();
  private final ArrayDeque<Chunk> smallSpares = new ArrayDeque<>();
  private long bytesInUse;
  private boolean closed;

  /**
   * Creates an empty pool.
   *
   * @param spareBytesMax the most bytes of usual chunks that are kept for reuse; one memtable's
   *     size is a good choice
   */
  public MemoryChunks(long spareBytesMax) {
    this(spareBytesMax, MemoryChunks::allocateShared);
  }

  MemoryChunks(long spareBytesMax, Allocator allocator) {
    this.allocator = allocator;
    if (spareBytesMax < 0) {
      throw new IllegalArgumentException(
          "spareBytesMax " + spareBytesMax + ", allowed are 0 and up");
    }
    this.sparesMax = (int) Math.min(Integer.MAX_VALUE, spareBytesMax / CHUNK_BYTES);
  }

  /** Returns the bytes of all chunks that memtables hold now. */
  long bytesInUse() {
    synchronized (lock) {
      return bytesInUse;
    }
  }

  /** Returns the bytes of all chunks that are kept for reuse. */
  long spareBytes() {
    synchronized (lock) {
      return (long) spares.size() * CHUNK_BYTES + (long) smallSpares.size() * SMALL_CHUNK_BYTES;
    }
  }

  /**
   * Takes a chunk.
   *
   * @throws OutOfMemoryError if the operating system has no more memory
   */
  Chunk take(boolean small) {
    int bytes = small ? SMALL_CHUNK_BYTES : CHUNK_BYTES;
    Chunk chunk;
    synchronized (lock) {
      if (closed) {
        throw new EngineException(Failure.CLOSED, "the pool of memtable chunks is closed");
      }
      chunk = (small ? smallSpares : spares).pollLast();
      bytesInUse += bytes;
    }
    return chunk != null ? chunk : allocate(bytes);
  }

  /** Allocates a segment for one entry that is too large for a chunk; it is never reused. */
  Chunk takeRun(long bytes) {
    synchronized (lock) {
      bytesInUse += bytes;
    }
    return allocate(bytes);
  }

  private Chunk allocate(long bytes) {
    try {
      return allocator.allocate(bytes);
    } catch (OutOfMemoryError e) {
      synchronized (lock) {
        bytesInUse -= bytes;
      }
      throw e;
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // Closed when the chunk is released or the pool closed.
  static Chunk allocateShared(long bytes) {
    Arena arena = Arena.ofShared();
    try {
      return new Chunk(arena, arena.allocate(bytes, ALIGNMENT));
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  /** Returns chunks to the pool. No one may use them any longer. */
  void release(List<Chunk> chunks) {
    List<Chunk> surplus = new ArrayList<>();
    synchronized (lock) {
      for (Chunk chunk : chunks) {
        long bytes = chunk.segment.byteSize();
        bytesInUse -= bytes;
        if (closed) {
          surplus.add(chunk);
        } else if (bytes == CHUNK_BYTES && spares.size() < sparesMax) {
          spares.addLast(chunk);
        } else if (bytes == SMALL_CHUNK_BYTES && smallSpares.size() < SMALL_SPARES_MAX) {
          smallSpares.addLast(chunk);
        } else {
          surplus.add(chunk);
        }
      }
    }
    surplus.forEach(chunk -> chunk.arena.close());
  }

  /** Frees the spares. Chunks still in use are freed when they are released. */
  @Override
  public void close() {
    List<Chunk> all;
    synchronized (lock) {
      closed = true;
      all = new ArrayList<>(spares);
      all.addAll(smallSpares);
      spares.clear();
      smallSpares.clear();
    }
    all.forEach(chunk -> chunk.arena.close());
  }

  /** Off-heap memory and the arena that frees it. */
  record Chunk(Arena arena, MemorySegment segment) {}

  /** The source of chunks. */
  interface Allocator {
    /** Returns fresh memory, or throws {@link OutOfMemoryError}. */
    Chunk allocate(long bytes);
  }
}

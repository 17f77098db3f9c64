package io.apexstore.engine.memtable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The linear address space of one memtable. A reference is 32 bits wide: the upper half is the
 * number of a chunk, the lower half an offset in the chunk in units of eight bytes; 0 refers to
 * nothing.
 *
 * <pre>
 *   chunk   | entries →        free        ← nodes |     filled from both ends, so that nodes, which
 *           0            low          high     size      every read touches, lie together
 * </pre>
 *
 * <p>An entry of more than {@link #RUN_BYTES_MIN} bytes gets a segment of its own and as many chunk
 * numbers as it covers. Nothing is freed before the whole memory is.
 *
 * <p><b>Threads:</b> the writer allocates; readers resolve references, which the writer stored with
 * release and they loaded with acquire. <b>Invariants:</b> the segment of a chunk is in the
 * directory before any reference into it is published; a directory is only ever copied and
 * extended, so whichever directory a reader sees resolves every reference that the reader has.
 */
final class MemTableFootprint {
  /** Entries larger than this get a segment of their own. */
  static final int RUN_BYTES_MIN = MemoryChunks.CHUNK_BYTES / 4;

  private static final int UNIT_SHIFT = 3;
  private static final int CHUNK_SHIFT = 16;
  private static final int CHUNK_COUNT_MAX = 1 << 16;
  private static final long OFFSET_MASK = (1L << CHUNK_SHIFT) - 1;
  private static final MemorySegment[] RELEASED = {};

  private final MemoryChunks pool;
  private final List<MemoryChunks.Chunk> held = new ArrayList<>();
  private final AtomicLong usedBytes = new AtomicLong();
  private final AtomicLong heldBytes = new AtomicLong();

  private MemorySegment[] directory = new MemorySegment[8];
  private int chunkCount = 1; // Number 0 is not used, so that no reference is 0.
  private int current;
  private int low;
  private int high;

  MemTableFootprint(MemoryChunks pool) {
    this.pool = pool;
  }

  /** Returns the segment that a reference points into. */
  MemorySegment segment(int reference) {
    return directory[reference >>> CHUNK_SHIFT];
  }

  /**
   * Reads from the cache lines of an entry, so that they are cached when it is needed. The
   * reference may have been read without acquire, so the directory need not have its chunk yet.
   *
   * @return a number without meaning; the caller keeps it so that the loads are not optimized away
   */
  long touchEntry(int reference) {
    MemorySegment[] chunks = directory;
    int chunk = reference >>> CHUNK_SHIFT;
    if (chunk >= chunks.length || chunks[chunk] == null) {
      return 0;
    }
    return EntryFormat.touch(chunks[chunk], offset(reference));
  }

  /** Returns the offset in its segment that a reference points to. */
  static long offset(int reference) {
    return (reference & OFFSET_MASK) << UNIT_SHIFT;
  }

  /** The bytes of entries and nodes, the padding of entries to eight bytes included. */
  long usedBytes() {
    return usedBytes.getOpaque();
  }

  /** The bytes of all chunks and segments held. */
  long heldBytes() {
    return heldBytes.getOpaque();
  }

  /** Returns the bytes that an entry takes: its size rounded up to whole units. */
  static long roundUp(long bytes) {
    return (bytes + 7) & -8L;
  }

  /** Allocates memory for an entry. */
  int allocateEntry(long size) {
    long bytes = roundUp(size);
    if (bytes > RUN_BYTES_MIN) {
      return allocateRun(bytes);
    }
    if (high - low < bytes) {
      nextChunk((int) bytes);
    }
    int offset = low;
    low += (int) bytes;
    usedBytes.setPlain(usedBytes.getPlain() + bytes);
    return reference(current, offset);
  }

  /** Allocates memory for a node; {@code bytes} is a multiple of 64, and so is its offset. */
  int allocateNode(int bytes) {
    if (high - low < bytes) {
      nextChunk(bytes);
    }
    high -= bytes;
    usedBytes.setPlain(usedBytes.getPlain() + bytes);
    return reference(current, high);
  }

  private int allocateRun(long bytes) {
    int count = (int) ((bytes + MemoryChunks.CHUNK_BYTES - 1) / MemoryChunks.CHUNK_BYTES);
    int number = nextNumber(count);
    hold(number, count, pool.takeRun(bytes));
    usedBytes.setPlain(usedBytes.getPlain() + bytes);
    return reference(number, 0);
  }

  private void nextChunk(int bytes) {
    int number = nextNumber(1);
    boolean small = number == 1 && bytes <= MemoryChunks.SMALL_CHUNK_BYTES / 2;
    MemoryChunks.Chunk chunk = pool.take(small);
    hold(number, 1, chunk);
    current = number;
    low = 0;
    high = (int) chunk.segment().byteSize();
  }

  private int nextNumber(int count) {
    if (isReleased()) {
      throw released();
    }
    if (chunkCount + count > CHUNK_COUNT_MAX) {
      throw new OutOfMemoryError("a memtable's address space of 32 GiB is full");
    }
    return chunkCount;
  }

  private void hold(int number, int count, MemoryChunks.Chunk chunk) {
    if (number >= directory.length) {
      directory = Arrays.copyOf(directory, Math.max(number + 1, directory.length * 2));
    }
    directory[number] = chunk.segment();
    chunkCount = number + count;
    held.add(chunk);
    heldBytes.setOpaque(heldBytes.getPlain() + chunk.segment().byteSize());
  }

  private static int reference(int chunk, int offset) {
    return chunk << CHUNK_SHIFT | offset >>> UNIT_SHIFT;
  }

  /** Whether {@link #release} was called. */
  boolean isReleased() {
    return directory.length == 0;
  }

  /** Returns all memory to the pool. No reader may be left. */
  void release() {
    if (!isReleased()) {
      directory = RELEASED;
      current = 0;
      low = 0;
      high = 0;
      pool.release(held);
      held.clear();
    }
  }

  static EngineException released() {
    return new EngineException(Failure.CLOSED, "the memtable was released");
  }
}

package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A memtable as an off-heap skip list, to compare the tree of {@link MemTable} with. It uses the
 * same memory, the same entries and the same chain of versions for each key. Only the search for a
 * key differs.
 *
 * <pre>
 *   a node   | slice (8)  | entry (4) | next at level 0 (4) | next at level 1 (4) | …  rounded up to 8
 * </pre>
 *
 * <p>The slice is the first eight bytes of the key, so that most comparisons end in the node. As in
 * the tree, nodes are stored together, apart from the entries. A level has a quarter of the nodes
 * of the one below. The single writer links nodes with plain releases, and starts at its last
 * position if keys are ascending (as in RocksDB).
 *
 * <p><b>Threads:</b> as {@link MemTable}. <b>Invariants:</b> a node is complete before level 0
 * refers to it, and only its references change afterwards. A reader finds every key that was linked
 * at level 0 before it started.
 */
public final class SkipListMemTable {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHARED_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private static final int SLICE = 0;
  private static final int ENTRY = 8;
  private static final int NEXT = 12;
  private static final int HEIGHT_MAX = 12;
  private static final int FANOUT_SHIFT = 2;
  private static final long SEED = 0x51EE9L;

  private final MemTableFootprint memory;
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final int head;
  private final int[] before = new int[HEIGHT_MAX];
  private volatile int height = 1;

  /** Creates an empty list. */
  public SkipListMemTable(MemoryChunks pool) {
    memory = new MemTableFootprint(pool);
    head = newNode(HEIGHT_MAX, 0, 0);
    java.util.Arrays.fill(before, head);
  }

  /** Adds an entry; see {@link MemTable#put}. */
  public void put(byte[] key, long version, byte[] value) {
    long size = EntryFormat.size(key.length, value.length, false);
    int entry = memory.allocateEntry(size);
    EntryFormat.write(
        memory.segment(entry),
        MemTableFootprint.offset(entry),
        key,
        0,
        key.length,
        version,
        ValueKind.PUT,
        Limits.NEVER_EXPIRES,
        value,
        0,
        value.length);
    long slice = KeySlice.of(key, 0, key.length, 0);
    int after = findSplice(key, slice);
    if (after != 0 && compare(key, slice, after) == 0) {
      int older = entryOf(after);
      EntryFormat.setOlder(memory.segment(entry), MemTableFootprint.offset(entry), older);
      SHARED_INT.setRelease(memory.segment(after), MemTableFootprint.offset(after) + ENTRY, entry);
    } else {
      link(entry, slice);
    }
  }

  private void link(int entry, long slice) {
    int levels = drawHeight();
    int node = newNode(levels, slice, entry);
    MemorySegment s = memory.segment(node);
    long at = MemTableFootprint.offset(node);
    for (int level = 0; level < levels; level++) {
      s.set(INT, at + NEXT + ((long) level << 2), next(before[level], level));
    }
    for (int level = 0; level < levels; level++) {
      int previous = before[level];
      SHARED_INT.setRelease(
          memory.segment(previous),
          MemTableFootprint.offset(previous) + NEXT + ((long) level << 2),
          node);
      before[level] = node;
    }
    if (levels > height) {
      height = levels;
    }
  }

  /** Fills {@link #before} with the last nodes before the key; returns the node that follows. */
  private int findSplice(byte[] key, long slice) {
    int last = before[0];
    int follows = next(last, 0);
    boolean inOrder =
        (last == head || compare(key, slice, last) > 0)
            && (follows == 0 || compare(key, slice, follows) <= 0);
    if (inOrder) {
      return follows;
    }
    int node = head;
    int after = 0;
    for (int level = HEIGHT_MAX - 1; level >= height; level--) {
      before[level] = head;
    }
    for (int level = height - 1; level >= 0; level--) {
      int seen = after;
      after = next(node, level);
      while (after != 0 && after != seen && compare(key, slice, after) > 0) {
        node = after;
        after = next(node, level);
      }
      before[level] = node;
    }
    return after;
  }

  /** Passes the newest entry that the lookup may see to it; see {@link MemTable#get}. */
  public Lookup.Outcome get(Lookup lookup) {
    byte[] key = lookup.key();
    long slice = lookup.keyPrefix();
    int node = head;
    int after = 0;
    for (int level = height - 1; level >= 0; level--) {
      int seen = after;
      after = next(node, level);
      while (after != 0 && after != seen) {
        int comparison = compare(key, slice, after);
        if (comparison == 0) {
          return visible(entryOf(after), lookup);
        }
        if (comparison < 0) {
          break;
        }
        node = after;
        after = next(node, level);
      }
    }
    return Lookup.Outcome.NOT_HERE;
  }

  private Lookup.Outcome visible(int newest, Lookup lookup) {
    int entry = newest;
    while (entry != 0) {
      MemorySegment s = memory.segment(entry);
      long at = MemTableFootprint.offset(entry);
      long version = EntryFormat.version(s, at);
      if (version <= lookup.readVersion()) {
        int meta = EntryFormat.meta(s, at);
        lookup.found(
            EntryFormat.kind(meta),
            version,
            EntryFormat.expiryMs(s, at, meta),
            s,
            EntryFormat.keyAt(at, meta) + EntryFormat.keyLength(meta),
            EntryFormat.valueLength(s, at));
        return Lookup.Outcome.FOUND;
      }
      entry = EntryFormat.older(s, at);
    }
    return Lookup.Outcome.NOT_HERE;
  }

  /**
   * Iterates over at most this many keys from the given one; returns the sum of the lengths of
   * their values.
   */
  public long walk(byte[] from, int count) {
    int node = findFirst(from, KeySlice.of(from, 0, from.length, 0));
    long bytes = 0;
    for (int i = 0; i < count && node != 0; i++) {
      int entry = entryOf(node);
      bytes += EntryFormat.valueLength(memory.segment(entry), MemTableFootprint.offset(entry));
      node = next(node, 0);
    }
    return bytes;
  }

  private int findFirst(byte[] key, long slice) {
    int node = head;
    int after = 0;
    for (int level = height - 1; level >= 0; level--) {
      int seen = after;
      after = next(node, level);
      while (after != 0 && after != seen && compare(key, slice, after) > 0) {
        node = after;
        after = next(node, level);
      }
    }
    return after;
  }

  /** Bytes of entries and nodes; see {@link MemTable#memoryBytes}. */
  public long memoryBytes() {
    return memory.usedBytes();
  }

  /** Frees all memory; see {@link MemTable#release}. */
  public void release() {
    memory.release();
  }

  private int newNode(int levels, long slice, int entry) {
    int node = memory.allocateNode((NEXT + (levels << 2) + 7) & -8);
    MemorySegment s = memory.segment(node);
    long at = MemTableFootprint.offset(node);
    s.set(LONG, at + SLICE, slice);
    s.set(INT, at + ENTRY, entry);
    for (int level = 0; level < levels; level++) {
      s.set(INT, at + NEXT + ((long) level << 2), 0);
    }
    return node;
  }

  private int drawHeight() {
    int zeros = Long.numberOfTrailingZeros(random.nextLong() | Long.MIN_VALUE);
    return Math.min(HEIGHT_MAX, 1 + zeros / FANOUT_SHIFT);
  }

  private int next(int node, int level) {
    return (int)
        SHARED_INT.getAcquire(
            memory.segment(node), MemTableFootprint.offset(node) + NEXT + ((long) level << 2));
  }

  private int entryOf(int node) {
    return (int)
        SHARED_INT.getAcquire(memory.segment(node), MemTableFootprint.offset(node) + ENTRY);
  }

  /** Compares a key with that of a node: first the slices, then, if they are equal, the keys. */
  private int compare(byte[] key, long slice, int node) {
    long other = memory.segment(node).get(LONG, MemTableFootprint.offset(node) + SLICE);
    if (slice != other) {
      return Long.compareUnsigned(slice, other);
    }
    int entry = entryOf(node);
    return EntryFormat.compareKey(
        key, 0, key.length, 0, memory.segment(entry), MemTableFootprint.offset(entry));
  }
}

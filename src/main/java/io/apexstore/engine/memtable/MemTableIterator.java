package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.memtable.KeyTree.Root;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A walk over a {@link KeyTree}, as of a version or over all versions.
 *
 * <p>It works leaf by leaf: on arrival it reads the leaf's order once and finds for each slot the
 * entry to give. These look-ups do not depend on each other, so the processor waits for several
 * entries at a time; one by one, a walk in key order over entries that came in random order would
 * spend most of its time waiting for memory.
 *
 * <p><b>Threads:</b> confined to one at a time. Why it misses nothing beside the writer: see {@link
 * KeyTree}.
 */
final class MemTableIterator implements InternalIterator {
  private final KeyTree tree;
  private final TableMemory memory;
  private final long readVersion;
  private final boolean allVersions;

  private final int[] entries = new int[NodeFormat.SLOTS]; // of the leaf, in key order
  private int first; // the entries from first to below limit are still to be given
  private int limit;
  private int beyond; // the leaf to go on with, 0 if there is none

  private int entry; // the current one, 0 if there is none
  private MemorySegment segment = MemorySegment.NULL;
  private long at;
  private int meta;
  private byte[] key = new byte[32];
  private boolean keyCopied;

  MemTableIterator(KeyTree tree, long readVersion, boolean allVersions) {
    this.tree = tree;
    this.memory = tree.memory;
    this.readVersion = readVersion;
    this.allVersions = allVersions;
  }

  @Override
  public boolean isValid() {
    return entry != 0;
  }

  @Override
  public void seekToFirst() {
    Root root = begin();
    if (root.node() != 0) {
      forwardFromLeaf(tree.edgeLeaf(root, false));
    }
  }

  @Override
  public void seekToLast() {
    checkBackward();
    Root root = begin();
    if (root.node() != 0) {
      backwardFromLeaf(tree.edgeLeaf(root, true));
    }
  }

  @Override
  public void seek(byte[] target, int targetLength) {
    Root root = begin();
    if (root.node() == 0) {
      return;
    }
    if (root.covers(target, 0, targetLength)) {
      int leaf = tree.leafOf(root, target, 0, targetLength);
      MemorySegment s = memory.segment(leaf);
      long leafAt = TableMemory.offset(leaf);
      long order = NodeFormat.order(s, leafAt);
      int rank = tree.lowerRank(s, leafAt, order, target, targetLength);
      collect(s, leafAt, order, rank, Order.count(order));
      beyond = NodeFormat.next(s, leafAt);
      giveNext();
    } else if (root.isBelowAll(target, 0, targetLength)) {
      forwardFromLeaf(tree.edgeLeaf(root, false));
    }
  }

  @Override
  public void seekBefore(byte[] target, int targetLength) {
    checkBackward();
    Root root = begin();
    if (root.node() == 0) {
      return;
    }
    if (root.covers(target, 0, targetLength)) {
      int leaf = tree.leafOf(root, target, 0, targetLength);
      MemorySegment s = memory.segment(leaf);
      long leafAt = TableMemory.offset(leaf);
      long order = NodeFormat.order(s, leafAt);
      collect(s, leafAt, order, 0, tree.lowerRank(s, leafAt, order, target, targetLength));
      beyond = NodeFormat.previous(s, leafAt);
      givePrevious();
    } else if (!root.isBelowAll(target, 0, targetLength)) {
      backwardFromLeaf(tree.edgeLeaf(root, true));
    }
  }

  /** Leaves the iterator without a current entry and returns where to begin. */
  private Root begin() {
    checkNotReleased();
    close();
    return tree.root();
  }

  private void checkBackward() {
    if (allVersions) {
      throw new UnsupportedOperationException("all versions are walked forwards only");
    }
  }

  private void giveNext() {
    if (first < limit) {
      give(entries[first++]);
    } else {
      forwardFromLeaf(beyond);
    }
  }

  private void givePrevious() {
    if (limit > 0) {
      give(entries[--limit]);
    } else {
      backwardFromLeaf(beyond);
    }
  }

  /** Gives the first entry in a leaf or behind it. */
  private void forwardFromLeaf(int start) {
    int leaf = start;
    while (leaf != 0) {
      MemorySegment s = memory.segment(leaf);
      long leafAt = TableMemory.offset(leaf);
      long order = NodeFormat.order(s, leafAt);
      collect(s, leafAt, order, 0, Order.count(order));
      leaf = NodeFormat.next(s, leafAt);
      if (limit > 0) {
        beyond = leaf;
        give(entries[first++]);
        return;
      }
    }
    close();
  }

  /** Gives the last entry in a leaf or before it. */
  private void backwardFromLeaf(int start) {
    int leaf = start;
    while (leaf != 0) {
      MemorySegment s = memory.segment(leaf);
      long leafAt = TableMemory.offset(leaf);
      long order = NodeFormat.order(s, leafAt);
      collect(s, leafAt, order, 0, Order.count(order));
      leaf = NodeFormat.previous(s, leafAt);
      if (limit > 0) {
        beyond = leaf;
        give(entries[--limit]);
        return;
      }
    }
    close();
  }

  private void collect(MemorySegment s, long leafAt, long order, int from, int to) {
    int count = 0;
    for (int rank = from; rank < to; rank++) {
      int visible = visibleFrom(NodeFormat.entry(s, leafAt, Order.slot(order, rank)));
      if (visible != 0) {
        entries[count++] = visible;
      }
    }
    first = 0;
    limit = count;
  }

  /** Returns the first entry of a chain that is not too new. */
  private int visibleFrom(int newest) {
    int candidate = newest;
    while (candidate != 0) {
      MemorySegment s = memory.segment(candidate);
      long candidateAt = TableMemory.offset(candidate);
      if (EntryFormat.version(s, candidateAt) <= readVersion) {
        return candidate;
      }
      candidate = EntryFormat.older(s, candidateAt);
    }
    return 0;
  }

  private void give(int next) {
    entry = next;
    segment = memory.segment(next);
    at = TableMemory.offset(next);
    meta = EntryFormat.meta(segment, at);
    keyCopied = false;
  }

  @Override
  public void next() {
    checkNotReleased();
    if (allVersions) {
      int older = EntryFormat.older(segment, at);
      if (older != 0) {
        give(older);
        return;
      }
    }
    giveNext();
  }

  @Override
  public void prev() {
    checkNotReleased();
    givePrevious();
  }

  private void checkNotReleased() {
    if (memory.isReleased()) {
      throw TableMemory.released();
    }
  }

  @Override
  public byte[] key() {
    if (!keyCopied) {
      int length = EntryFormat.keyLength(meta);
      if (key.length < length) {
        key = new byte[Math.max(length, key.length * 2)];
      }
      MemorySegment.copy(
          segment, ValueLayout.JAVA_BYTE, EntryFormat.keyAt(at, meta), key, 0, length);
      keyCopied = true;
    }
    return key;
  }

  @Override
  public int keyLength() {
    return EntryFormat.keyLength(meta);
  }

  @Override
  public long keyPrefix() {
    return Keys.prefixOf(segment, EntryFormat.keyAt(at, meta), EntryFormat.keyLength(meta));
  }

  @Override
  public long version() {
    return EntryFormat.version(segment, at);
  }

  @Override
  public ValueKind kind() {
    return EntryFormat.kind(meta);
  }

  @Override
  public long expiryMs() {
    return EntryFormat.expiryMs(segment, at, meta);
  }

  @Override
  public MemorySegment valueSegment() {
    return segment;
  }

  @Override
  public long valueOffset() {
    return EntryFormat.keyAt(at, meta) + EntryFormat.keyLength(meta);
  }

  @Override
  public int valueLength() {
    return EntryFormat.valueLength(segment, at);
  }

  @Override
  public void close() {
    entry = 0;
    beyond = 0;
    first = 0;
    limit = 0;
  }
}

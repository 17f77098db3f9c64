package io.apexstore.engine.memtable;

import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.memtable.KeyTree.Root;
import java.lang.foreign.MemorySegment;

/**
 * An iterator over a {@link KeyTree}, as of a version or over all versions.
 *
 * <p>It works leaf by leaf. At a leaf it reads the permutation once, touches all entries of the
 * leaf and the next leaf, and finds the visible entry of each slot. The touches do not depend on
 * each other, so the processor waits for several entries at a time. One by one, a walk in key order
 * over entries that were put in random order would spend most of its time waiting for memory.
 *
 * <p><b>Threads:</b> confined to one at a time. {@link KeyTree} proves that it misses nothing
 * beside the writer.
 */
final class MemTableIterator implements InternalIterator {
  private final KeyTree tree;
  private final MemTableFootprint memory;
  private final long readVersion;
  private final boolean allVersions;

  private final int[] entries = new int[NodeFormat.SLOTS]; // Of the leaf, in key order.
  private int first; // The entries from first to below limit are still to be shown.
  private int limit;
  private int followingLeaf; // 0 if there is none.

  @SuppressWarnings("UnusedVariable") // Storing the sum keeps the loads.
  private long touched;

  private final CurrentEntry current = new CurrentEntry();
  private byte[] key = new byte[32];
  private int older; // The next older entry of the current key.

  MemTableIterator(KeyTree tree, long readVersion, boolean allVersions) {
    this.tree = tree;
    this.memory = tree.memory;
    this.readVersion = readVersion;
    this.allVersions = allVersions;
  }

  @Override
  public CurrentEntry entry() {
    return current;
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
      long leafAt = MemTableFootprint.offset(leaf);
      long permutation = NodeFormat.permutation(s, leafAt);
      int rank = tree.lowerRank(s, leafAt, permutation, target, targetLength);
      collect(
          s, leafAt, permutation, rank, Permutation.count(permutation), NodeFormat.next(s, leafAt));
      showNext();
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
      long leafAt = MemTableFootprint.offset(leaf);
      long permutation = NodeFormat.permutation(s, leafAt);
      int rank = tree.lowerRank(s, leafAt, permutation, target, targetLength);
      collect(s, leafAt, permutation, 0, rank, NodeFormat.previous(s, leafAt));
      showPrevious();
    } else if (!root.isBelowAll(target, 0, targetLength)) {
      backwardFromLeaf(tree.edgeLeaf(root, true));
    }
  }

  /** Leaves the iterator without a current entry and returns the root to start from. */
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

  private void showNext() {
    if (first < limit) {
      show(entries[first++]);
    } else {
      forwardFromLeaf(followingLeaf);
    }
  }

  private void showPrevious() {
    if (limit > 0) {
      show(entries[--limit]);
    } else {
      backwardFromLeaf(followingLeaf);
    }
  }

  /** Shows the first entry of the leaves from {@code start} on. */
  private void forwardFromLeaf(int start) {
    int leaf = start;
    while (leaf != 0) {
      MemorySegment s = memory.segment(leaf);
      long leafAt = MemTableFootprint.offset(leaf);
      long permutation = NodeFormat.permutation(s, leafAt);
      leaf = NodeFormat.next(s, leafAt);
      collect(s, leafAt, permutation, 0, Permutation.count(permutation), leaf);
      if (limit > 0) {
        show(entries[first++]);
        return;
      }
    }
    close();
  }

  /** Shows the last entry of the leaves from {@code start} back. */
  private void backwardFromLeaf(int start) {
    int leaf = start;
    while (leaf != 0) {
      MemorySegment s = memory.segment(leaf);
      long leafAt = MemTableFootprint.offset(leaf);
      long permutation = NodeFormat.permutation(s, leafAt);
      leaf = NodeFormat.previous(s, leafAt);
      collect(s, leafAt, permutation, 0, Permutation.count(permutation), leaf);
      if (limit > 0) {
        show(entries[--limit]);
        return;
      }
    }
    close();
  }

  private void collect(
      MemorySegment s, long leafAt, long permutation, int from, int to, int nextLeaf) {
    fetch(s, leafAt, Permutation.count(permutation), nextLeaf);
    int count = 0;
    for (int rank = from; rank < to; rank++) {
      int visible = visibleFrom(NodeFormat.entry(s, leafAt, Permutation.slot(permutation, rank)));
      if (visible != 0) {
        entries[count++] = visible;
      }
    }
    followingLeaf = nextLeaf;
    first = 0;
    limit = count;
  }

  /**
   * Prefetches what the walk is about to read: this leaf's entries and the next leaf. It has as few
   * instructions as possible between the loads, because the processor waits for as many of them at
   * a time as fit into its window.
   */
  private void fetch(MemorySegment s, long leafAt, int count, int nextLeaf) {
    long sum = 0;
    if (nextLeaf != 0) {
      sum = NodeFormat.touch(memory.segment(nextLeaf), MemTableFootprint.offset(nextLeaf));
    }
    for (int slot = 0; slot < count; slot++) {
      sum += memory.touchEntry(NodeFormat.entryHint(s, leafAt, slot));
    }
    touched = sum;
  }

  /** Returns the first entry of a chain that is not too new, 0 if there is none. */
  private int visibleFrom(int newest) {
    int candidate = newest;
    while (candidate != 0) {
      MemorySegment s = memory.segment(candidate);
      long candidateAt = MemTableFootprint.offset(candidate);
      if (EntryFormat.version(s, candidateAt) <= readVersion) {
        return candidate;
      }
      candidate = EntryFormat.older(s, candidateAt);
    }
    return 0;
  }

  private void show(int entry) {
    MemorySegment s = memory.segment(entry);
    long at = MemTableFootprint.offset(entry);
    int meta = EntryFormat.meta(s, at);
    int keyLength = EntryFormat.keyLength(meta);
    long keyAt = EntryFormat.keyAt(at, meta);
    if (key.length < keyLength) {
      key = new byte[Math.max(keyLength, key.length * 2)];
    }
    EntryFormat.copyKey(s, keyAt, keyLength, key);
    older = EntryFormat.older(s, at);
    current.show(
        key,
        keyLength,
        EntryFormat.version(s, at),
        EntryFormat.kind(meta),
        EntryFormat.expiryMs(s, at, meta),
        s,
        keyAt + keyLength,
        EntryFormat.valueLength(s, at));
  }

  @Override
  public void next() {
    checkNotReleased();
    if (allVersions && older != 0) {
      show(older);
    } else {
      showNext();
    }
  }

  @Override
  public void prev() {
    checkNotReleased();
    showPrevious();
  }

  private void checkNotReleased() {
    if (memory.isReleased()) {
      throw MemTableFootprint.released();
    }
  }

  @Override
  public void close() {
    current.hide();
    followingLeaf = 0;
    first = 0;
    limit = 0;
  }
}

package io.apexstore.engine.memtable;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The tree as its readers see it: a B+-tree over distinct keys, each with the chain of its entries.
 *
 * <p>A node compares slices of keys, eight bytes from byte {@code skip} on. If all keys between the
 * two separators that bound a node begin alike, {@code skip} is the length of that beginning, so
 * the slices hold bytes that differ. The nodes at the tree's left and right edge have no separator
 * on one side; there the beginning that all keys of the tree share, {@link Root#prefix}, takes its
 * place, and a key without that beginning is known to be left or right of all keys.
 *
 * <p><b>Threads:</b> any number of readers beside {@link KeyTreeWriter}; none of them ever waits.
 *
 * <p><b>Invariants:</b> a node is <em>live</em> from the writer's store that makes it reachable
 * until the store that replaces it; from then on it is <em>frozen</em> and never changes. A reader
 * loads its version v first and the root afterwards, so it starts at a root that was live at or
 * after v's publication; v's commit and all before it were in the tree by then.
 *
 * <ol>
 *   <li>A live node holds, in its subtree or through its links, all entries of its range that were
 *       inserted up to now. A frozen node holds those that were inserted until it froze.
 *   <li>A reference that is read in a node that was live at or after v's publication leads to a
 *       node that was live at or after v's publication: if the first is still live, so is the
 *       second, or it was when its neighbor was last written; if the first is frozen, the second
 *       was live when it froze. By induction every node that the reader meets, by child, next or
 *       previous, holds every entry of version ≤ v in its range.
 *   <li>The ranges that a walk meets leave no gap. While a leaf is live, its lower end meets the
 *       upper end of the leaf that its previous field names, and its upper end meets the lower end
 *       of the next, except during one put; and a reader that can see the outcome of that put reads
 *       at a version published after it. If a new neighbor narrows a leaf without copying it, the
 *       part of the range that the leaf loses never had an entry in it.
 *   <li>A child belongs to the permutation by which it was read only if the permutation is still
 *       the same after the child was read; a reader checks that, and reads the node again if not.
 *   <li>A slot that a permutation ever counted keeps its key for good, so a permutation that was
 *       read once sorts a leaf for as long as the reader walks it. The slot's entry may become a
 *       newer one of the same key, whose chain still leads to the earlier ones.
 * </ol>
 */
final class KeyTree {
  private static final Root EMPTY = new Root(0, 0, new byte[0]);

  final MemTableFootprint memory;
  private volatile Root root = EMPTY;

  KeyTree(MemTableFootprint memory) {
    this.memory = memory;
  }

  /**
   * The start of a search.
   *
   * @param node the root node, 0 while the tree is empty
   * @param height levels of inner nodes above the leaves
   * @param prefix the beginning that all keys in the tree share; often empty
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Root(int node, int height, byte[] prefix) {
    /** Whether a key begins with the prefix. */
    boolean covers(byte[] key, int offset, int length) {
      byte[] shared = prefix;
      if (length < shared.length) {
        return false;
      }
      for (int i = 0; i < shared.length; i++) {
        if (shared[i] != key[offset + i]) {
          return false;
        }
      }
      return true;
    }

    /**
     * Whether a key without the prefix comes before all keys in the tree; if not, it comes after.
     */
    boolean isBelowAll(byte[] key, int offset, int length) {
      return Arrays.compareUnsigned(prefix, 0, prefix.length, key, offset, offset + length) > 0;
    }
  }

  Root root() {
    return root;
  }

  /** Publishes a root; called by the writer. */
  void setRoot(Root newRoot) {
    root = newRoot;
  }

  /** Returns the newest entry of a key, 0 if there is none. */
  int newestEntry(byte[] key, int offset, int length) {
    Root from = root;
    if (from.node == 0 || !from.covers(key, offset, length)) {
      return 0;
    }
    int leaf = leafOf(from, key, offset, length);
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    long permutation = NodeFormat.permutation(s, at);
    int rank = find(s, at, permutation, key, offset, length);
    return rank < 0 ? 0 : NodeFormat.entry(s, at, Permutation.slot(permutation, rank));
  }

  /** Returns the leaf whose range contains a key with the root's prefix. */
  int leafOf(Root from, byte[] key, int offset, int length) {
    int node = from.node;
    for (int level = from.height; level > 0; ) {
      MemorySegment s = memory.segment(node);
      long at = MemTableFootprint.offset(node);
      long permutation = NodeFormat.permutation(s, at);
      int child =
          NodeFormat.child(s, at, permutation, childRank(s, at, permutation, key, offset, length));
      if (isStill(permutation, s, at)) {
        node = child;
        level--;
      }
    }
    return node;
  }

  /** Returns the first or the last leaf below a root. */
  int edgeLeaf(Root from, boolean last) {
    int node = from.node;
    for (int level = from.height; level > 0; ) {
      MemorySegment s = memory.segment(node);
      long at = MemTableFootprint.offset(node);
      long permutation = NodeFormat.permutation(s, at);
      int child = NodeFormat.child(s, at, permutation, last ? Permutation.count(permutation) : 0);
      if (isStill(permutation, s, at)) {
        node = child;
        level--;
      }
    }
    return node;
  }

  /**
   * Whether a child that was read by a permutation belongs to it. A split publishes the separator
   * first and then stores the left half in the old child's place; with the earlier permutation, a
   * reader would take the left half for the whole. Checking the permutation again is enough: a
   * reader that has seen the left half sees the new permutation. It changes at most fourteen times
   * in a node's life, so no reader repeats more often.
   */
  private static boolean isStill(long permutation, MemorySegment s, long at) {
    return NodeFormat.permutation(s, at) == permutation;
  }

  /**
   * Returns the number of separators of an inner node that are at or below a key: the rank of its
   * child.
   */
  int childRank(MemorySegment s, long at, long permutation, byte[] key, int offset, int length) {
    int skip = NodeFormat.skip(s, at);
    long slice = KeySlice.of(key, offset, length, skip);
    int count = Permutation.count(permutation);
    int rank = NodeFormat.countBelow(s, at, permutation, slice);
    for (; rank < count; rank++) {
      int slot = Permutation.slot(permutation, rank);
      if (NodeFormat.slice(s, at, slot) != slice
          || compare(key, offset, length, skip, NodeFormat.separator(s, at, slot)) < 0) {
        break;
      }
    }
    return rank;
  }

  /**
   * Returns the rank of a key among a leaf's slots, or {@code ~rank} of the first larger one.
   *
   * @param key in the leaf's range, so that it agrees with the leaf's keys in the first {@code
   *     skip} bytes
   */
  int find(MemorySegment s, long at, long permutation, byte[] key, int offset, int length) {
    int skip = NodeFormat.skip(s, at);
    long slice = KeySlice.of(key, offset, length, skip);
    int count = Permutation.count(permutation);
    int rank = NodeFormat.countBelow(s, at, permutation, slice);
    for (; rank < count; rank++) {
      int slot = Permutation.slot(permutation, rank);
      if (NodeFormat.slice(s, at, slot) != slice) {
        break;
      }
      int comparison = compare(key, offset, length, skip, NodeFormat.entry(s, at, slot));
      if (comparison == 0) {
        return rank;
      }
      if (comparison < 0) {
        break;
      }
    }
    return ~rank;
  }

  /** Returns the number of slots of a leaf whose key is below the given one. */
  int lowerRank(MemorySegment s, long at, long permutation, byte[] key, int length) {
    int rank = find(s, at, permutation, key, 0, length);
    return rank < 0 ? ~rank : rank;
  }

  private int compare(byte[] key, int offset, int length, int skip, int entry) {
    return EntryFormat.compareKey(
        key, offset, length, skip, memory.segment(entry), MemTableFootprint.offset(entry));
  }
}

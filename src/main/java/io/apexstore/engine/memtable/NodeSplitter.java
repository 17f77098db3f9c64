package io.apexstore.engine.memtable;

import java.lang.foreign.MemorySegment;

/**
 * Splits full nodes.
 *
 * <p>A full node is never rearranged, because readers may be in it. Two new nodes replace it:
 *
 * <pre>
 *   parent   … | s | …                 … | s | m | …              … | s | m | …
 *                |            1.           |   |          2.          |   |
 *               node                    node  right                left  right
 * </pre>
 *
 * <ol>
 *   <li>a new permutation adds the separator m and the right half to the parent: keys from m on are
 *       now looked up in the right half, all others still in the old node, which has them;
 *   <li>one store into the parent replaces the old node by the left half.
 * </ol>
 *
 * <p>A leaf that fills in ascending or descending order is not halved: it stays full and gets a new
 * neighbor for the one new key. This happens only once to a leaf; otherwise keys that then arrive
 * in the opposite order would get a leaf each.
 *
 * <p><b>Threads:</b> the writer's. <b>Invariants:</b> every call allocates all memory it needs
 * before it publishes anything.
 */
final class NodeSplitter {
  /**
   * The skip of a node grows only if it gains this many bytes, because that means reading the keys.
   */
  private static final int SKIP_GAIN_MIN = 4;

  private final MemTableFootprint memory;
  private final long[] slices = new long[NodeFormat.SLOTS + 1];
  private final int[] entries = new int[NodeFormat.SLOTS + 1];
  private final int[] children = new int[NodeFormat.SLOTS + 1];
  private long leafCount;
  private long innerCount;
  private int edgeCopyFirst;
  private int edgeCopyLast;

  NodeSplitter(MemTableFootprint memory) {
    this.memory = memory;
  }

  // ---- Creating nodes

  int newLeaf(int skip) {
    int leaf = memory.allocateNode(NodeFormat.LEAF_BYTES);
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    NodeFormat.setSkip(s, at, skip);
    NodeFormat.setNext(s, at, 0);
    NodeFormat.setPrevious(s, at, 0);
    NodeFormat.setPermutation(s, at, Permutation.EMPTY);
    leafCount++;
    return leaf;
  }

  int newInner(int skip, int firstChild) {
    int inner = memory.allocateNode(NodeFormat.INNER_BYTES);
    MemorySegment s = memory.segment(inner);
    long at = MemTableFootprint.offset(inner);
    NodeFormat.setSkip(s, at, skip);
    NodeFormat.setFirstChild(s, at, firstChild);
    NodeFormat.setPermutation(s, at, Permutation.EMPTY);
    innerCount++;
    return inner;
  }

  /** The leaves ever created, frozen ones included. */
  long leafCount() {
    return leafCount;
  }

  /** The inner nodes ever created, frozen ones included. */
  long innerCount() {
    return innerCount;
  }

  /** Puts one entry into an empty leaf. */
  void fillOnly(int leaf, int entry) {
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    NodeFormat.fillLeafSlot(s, at, 0, sliceOf(entry, NodeFormat.skip(s, at)), entry);
    NodeFormat.setPermutation(s, at, Permutation.sorted(1));
  }

  private long sliceOf(int entry, int skip) {
    return KeySlice.ofEntry(memory.segment(entry), MemTableFootprint.offset(entry), skip);
  }

  // ---- Leaves

  /**
   * Splits a full leaf and puts a new entry into one of the halves.
   *
   * @param parent a node with room
   * @param parentRank the rank of the leaf among the parent's children
   * @param rank where the new entry belongs among the leaf's
   * @param lower an entry with the least key of the leaf's range, 0 if there is none
   * @param upper an entry with the least key above the leaf's range, 0 if there is none
   */
  void splitLeaf(int parent, int parentRank, int leaf, int rank, int entry, int lower, int upper) {
    MemorySegment s = memory.segment(leaf);
    long permutation = NodeFormat.permutation(s, MemTableFootprint.offset(leaf));
    if (!Permutation.isClaimed(permutation)) {
      if (rank == NodeFormat.SLOTS && Permutation.isAscending(permutation)) {
        addAfter(parent, parentRank, leaf, entry, lower);
        return;
      }
      if (rank == 0 && Permutation.isDescending(permutation)) {
        addBefore(parent, parentRank, leaf, entry, upper);
        return;
      }
    }
    halve(parent, parentRank, leaf, rank, entry, lower, upper);
  }

  private void halve(
      int parent, int parentRank, int leaf, int rank, int entry, int lower, int upper) {
    int count = gather(leaf, rank, entry);
    int middle = count / 2;
    int separator = entries[middle];
    int left = copyLeaf(leaf, 0, middle, lower, separator);
    int right = copyLeaf(leaf, middle, count, separator, upper);
    link(left, right);
    addChild(parent, parentRank, separator, right);
    replaceChild(parent, parentRank, left);
    replaceNeighbors(leaf, left, right);
  }

  /** Reads a leaf's slots in order, with the new entry among them, and returns their number. */
  private int gather(int leaf, int newRank, int newEntry) {
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    long permutation = NodeFormat.permutation(s, at);
    int count = 0;
    for (int rank = 0; rank <= Permutation.count(permutation); rank++) {
      if (rank == newRank) {
        slices[count] = sliceOf(newEntry, NodeFormat.skip(s, at));
        entries[count++] = newEntry;
      }
      if (rank < Permutation.count(permutation)) {
        int slot = Permutation.slot(permutation, rank);
        slices[count] = NodeFormat.slice(s, at, slot);
        entries[count++] = NodeFormat.entry(s, at, slot);
      }
    }
    return count;
  }

  /**
   * Creates a leaf from some of the gathered slots, with the neighbors of the leaf they are from.
   */
  private int copyLeaf(int leaf, int from, int to, int lower, int upper) {
    MemorySegment old = memory.segment(leaf);
    long oldAt = MemTableFootprint.offset(leaf);
    int oldSkip = NodeFormat.skip(old, oldAt);
    int skip = betterSkip(oldSkip, from, to, lower, upper);
    int copy = newLeaf(skip);
    MemorySegment s = memory.segment(copy);
    long at = MemTableFootprint.offset(copy);
    for (int i = from; i < to; i++) {
      long slice = skip == oldSkip ? slices[i] : sliceOf(entries[i], skip);
      NodeFormat.fillLeafSlot(s, at, i - from, slice, entries[i]);
    }
    NodeFormat.setNext(s, at, NodeFormat.next(old, oldAt));
    NodeFormat.setPrevious(s, at, NodeFormat.previous(old, oldAt));
    NodeFormat.setPermutation(s, at, Permutation.sorted(to - from));
    return copy;
  }

  /**
   * Returns the skip of a new node. Only if the present slices agree in half their bytes is it
   * worth computing the beginning that the node's whole range shares.
   */
  private int betterSkip(int skip, int from, int to, int lower, int upper) {
    boolean crowded =
        from == to
            || Long.numberOfLeadingZeros(slices[from] ^ slices[to - 1])
                >= SKIP_GAIN_MIN * Byte.SIZE;
    if (!crowded || lower == 0 || upper == 0) {
      return skip;
    }
    int shared =
        EntryFormat.sharedKeyBytes(
            memory.segment(lower),
            MemTableFootprint.offset(lower),
            memory.segment(upper),
            MemTableFootprint.offset(upper));
    return shared >= skip + SKIP_GAIN_MIN ? shared : skip;
  }

  /** Puts a new entry, larger than all in a leaf, into a new leaf after it. */
  private void addAfter(int parent, int parentRank, int leaf, int entry, int lower) {
    int right = newLeaf(skipOf(leaf));
    int left = improved(leaf, lower, entry);
    fillOnly(right, entry);
    int next = nextOf(leaf);
    setNext(right, next);
    setPrevious(right, left);
    if (left == leaf) {
      addChild(parent, parentRank, entry, right);
      claim(leaf);
      setNext(leaf, right);
    } else {
      setNext(left, right);
      addChild(parent, parentRank, entry, right);
      replaceChild(parent, parentRank, left);
      setNext(previousOf(leaf), left);
    }
    setPrevious(next, right);
  }

  /** Puts a new entry, smaller than all in a leaf, into a new leaf before it. */
  private void addBefore(int parent, int parentRank, int leaf, int entry, int upper) {
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    int separator = NodeFormat.entry(s, at, Permutation.slot(NodeFormat.permutation(s, at), 0));
    int left = newLeaf(skipOf(leaf));
    int right = improved(leaf, separator, upper);
    fillOnly(left, entry);
    int previous = previousOf(leaf);
    setPrevious(left, previous);
    setNext(left, right);
    if (right == leaf) {
      addChild(parent, parentRank, separator, leaf);
      replaceChild(parent, parentRank, left);
      claim(leaf);
      setPrevious(leaf, left);
    } else {
      setPrevious(right, left);
      addChild(parent, parentRank, separator, right);
      replaceChild(parent, parentRank, left);
      setPrevious(nextOf(leaf), right);
    }
    setNext(previous, left);
  }

  /** Returns the leaf itself, or a copy if the narrower range allows a better skip. */
  private int improved(int leaf, int lower, int upper) {
    int count = gather(leaf, -1, 0);
    int skip = skipOf(leaf);
    return betterSkip(skip, 0, count, lower, upper) == skip
        ? leaf
        : copyLeaf(leaf, 0, count, lower, upper);
  }

  // ---- Inner nodes

  /** Splits a full inner node; the parameters are those of {@link #splitLeaf}. */
  void splitInner(int parent, int parentRank, int inner, int lower, int upper) {
    MemorySegment s = memory.segment(inner);
    long at = MemTableFootprint.offset(inner);
    long permutation = NodeFormat.permutation(s, at);
    int count = Permutation.count(permutation);
    for (int rank = 0; rank < count; rank++) {
      int slot = Permutation.slot(permutation, rank);
      slices[rank] = NodeFormat.slice(s, at, slot);
      entries[rank] = NodeFormat.separator(s, at, slot);
      children[rank] = NodeFormat.child(s, at, permutation, rank + 1);
    }
    int middle = count / 2;
    if (Permutation.isAscending(permutation)) {
      middle = count - 1;
    } else if (Permutation.isDescending(permutation)) {
      middle = 0;
    }
    int separator = entries[middle];
    int firstChild = NodeFormat.child(s, at, permutation, 0);
    int skip = NodeFormat.skip(s, at);
    int left = copyInner(skip, firstChild, 0, middle, lower, separator);
    int right = copyInner(skip, children[middle], middle + 1, count, separator, upper);
    addChild(parent, parentRank, separator, right);
    replaceChild(parent, parentRank, left);
  }

  private int copyInner(int oldSkip, int firstChild, int from, int to, int lower, int upper) {
    int skip = betterSkip(oldSkip, from, to, lower, upper);
    int copy = newInner(skip, firstChild);
    MemorySegment s = memory.segment(copy);
    long at = MemTableFootprint.offset(copy);
    for (int i = from; i < to; i++) {
      long slice = skip == oldSkip ? slices[i] : sliceOf(entries[i], skip);
      NodeFormat.fillInnerSlot(s, at, i - from, slice, entries[i], children[i]);
    }
    NodeFormat.setPermutation(s, at, Permutation.sorted(to - from));
    return copy;
  }

  /** Adds a separator and the child to the right of it after the child of a rank. */
  private void addChild(int parent, int rank, int separator, int child) {
    MemorySegment s = memory.segment(parent);
    long at = MemTableFootprint.offset(parent);
    long permutation = NodeFormat.permutation(s, at);
    int slot = Permutation.count(permutation);
    long slice = sliceOf(separator, NodeFormat.skip(s, at));
    NodeFormat.fillInnerSlot(s, at, slot, slice, separator, child);
    NodeFormat.setPermutation(s, at, Permutation.insert(permutation, rank));
  }

  private void replaceChild(int parent, int rank, int child) {
    MemorySegment s = memory.segment(parent);
    long at = MemTableFootprint.offset(parent);
    NodeFormat.setChild(s, at, NodeFormat.permutation(s, at), rank, child);
  }

  // ---- The tree's edges

  /**
   * Copies the leftmost and rightmost node of each level with a smaller skip, and returns the new
   * root. The caller calls {@link #linkCopiedEdges} once that root is published.
   */
  int copyEdges(int root, int height, int skip) {
    edgeCopyFirst = 0;
    edgeCopyLast = 0;
    return copyEdge(root, height, skip, true, true);
  }

  private int copyEdge(int node, int level, int skip, boolean isFirst, boolean isLast) {
    return level == 0
        ? copyEdgeLeaf(node, skip, isFirst, isLast)
        : copyEdgeInner(node, level, skip, isFirst, isLast);
  }

  private int copyEdgeLeaf(int leaf, int skip, boolean isFirst, boolean isLast) {
    MemorySegment old = memory.segment(leaf);
    long oldAt = MemTableFootprint.offset(leaf);
    long permutation = NodeFormat.permutation(old, oldAt);
    int copy = newLeaf(skip);
    MemorySegment s = memory.segment(copy);
    long at = MemTableFootprint.offset(copy);
    for (int rank = 0; rank < Permutation.count(permutation); rank++) {
      int entry = NodeFormat.entry(old, oldAt, Permutation.slot(permutation, rank));
      NodeFormat.fillLeafSlot(s, at, rank, sliceOf(entry, skip), entry);
    }
    NodeFormat.setNext(s, at, NodeFormat.next(old, oldAt));
    NodeFormat.setPrevious(s, at, NodeFormat.previous(old, oldAt));
    NodeFormat.setPermutation(s, at, Permutation.sorted(Permutation.count(permutation)));
    edgeCopyFirst = isFirst ? copy : edgeCopyFirst;
    edgeCopyLast = isLast ? copy : edgeCopyLast;
    return copy;
  }

  private int copyEdgeInner(int inner, int level, int skip, boolean isFirst, boolean isLast) {
    MemorySegment old = memory.segment(inner);
    long oldAt = MemTableFootprint.offset(inner);
    long permutation = NodeFormat.permutation(old, oldAt);
    int count = Permutation.count(permutation);
    int copy = newInner(skip, 0);
    MemorySegment s = memory.segment(copy);
    long at = MemTableFootprint.offset(copy);
    for (int rank = 0; rank <= count; rank++) {
      int child = NodeFormat.child(old, oldAt, permutation, rank);
      boolean first = isFirst && rank == 0;
      boolean last = isLast && rank == count;
      int kept = first || last ? copyEdge(child, level - 1, skip, first, last) : child;
      if (rank == 0) {
        NodeFormat.setFirstChild(s, at, kept);
      } else {
        int separator = NodeFormat.separator(old, oldAt, Permutation.slot(permutation, rank - 1));
        NodeFormat.fillInnerSlot(s, at, rank - 1, sliceOf(separator, skip), separator, kept);
      }
    }
    NodeFormat.setPermutation(s, at, Permutation.sorted(count));
    return copy;
  }

  /** Links the copied leaves with their neighbors. */
  void linkCopiedEdges() {
    int second = nextOf(edgeCopyFirst);
    int secondToLast = previousOf(edgeCopyLast);
    // If there are only two leaves, each still names the original of the other.
    if (second != 0 && nextOf(second) == 0) {
      setNext(edgeCopyFirst, edgeCopyLast);
      setPrevious(edgeCopyLast, edgeCopyFirst);
    } else {
      setPrevious(second, edgeCopyFirst);
      setNext(secondToLast, edgeCopyLast);
    }
  }

  // ---- Links between leaves; leaf 0 is none

  private void link(int left, int right) {
    setNext(left, right);
    setPrevious(right, left);
  }

  private void replaceNeighbors(int leaf, int left, int right) {
    setNext(previousOf(leaf), left);
    setPrevious(nextOf(leaf), right);
  }

  private void claim(int leaf) {
    MemorySegment s = memory.segment(leaf);
    long at = MemTableFootprint.offset(leaf);
    NodeFormat.setPermutation(s, at, Permutation.claimed(NodeFormat.permutation(s, at)));
  }

  private int skipOf(int node) {
    return NodeFormat.skip(memory.segment(node), MemTableFootprint.offset(node));
  }

  private int nextOf(int leaf) {
    return NodeFormat.next(memory.segment(leaf), MemTableFootprint.offset(leaf));
  }

  private int previousOf(int leaf) {
    return NodeFormat.previous(memory.segment(leaf), MemTableFootprint.offset(leaf));
  }

  private void setNext(int leaf, int next) {
    if (leaf != 0) {
      NodeFormat.setNext(memory.segment(leaf), MemTableFootprint.offset(leaf), next);
    }
  }

  private void setPrevious(int leaf, int previous) {
    if (leaf != 0) {
      NodeFormat.setPrevious(memory.segment(leaf), MemTableFootprint.offset(leaf), previous);
    }
  }
}

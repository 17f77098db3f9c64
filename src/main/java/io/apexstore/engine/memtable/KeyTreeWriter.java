package io.apexstore.engine.memtable;

import io.apexstore.engine.memtable.KeyTree.Root;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The writer's side of a {@link KeyTree}: it inserts entries.
 *
 * <p>On the way down, full inner nodes are split, so that a parent always has room for one more
 * child; see {@link NodeSplitter} for how a node is split while readers are in it. Each step leaves
 * a tree that is right for every reader, and allocates the memory it needs before it changes
 * anything. So running out of memory between steps does no harm.
 *
 * <p><b>Threads:</b> one at a time, handed over with a lock or the like.
 */
final class KeyTreeWriter {
  private static final int PREFIX_BYTES_MAX = 256;
  private static final int PREFIX_STEP = 4;
  private static final int LEVELS_GROWN_MAX = 4;

  private final KeyTree tree;
  private final MemTableFootprint memory;
  private final NodeSplitter splitter;

  KeyTreeWriter(KeyTree tree) {
    this.tree = tree;
    this.memory = tree.memory;
    this.splitter = new NodeSplitter(memory);
  }

  /**
   * Inserts an entry as the newest of its key.
   *
   * @param entry written except for its older entry; not published
   * @throws IllegalArgumentException if the key's newest entry is not of an older version
   */
  void insert(int entry, byte[] key, int offset, int length, long version) {
    Root root = tree.root();
    if (root.node() == 0) {
      createFirstLeaf(entry, key, offset, length);
      return;
    }
    if (!root.covers(key, offset, length)) {
      root = shortenPrefix(root, key, offset, length);
    }
    if (root.height() > 0 && isFull(root.node())) {
      root = grow(root);
    }
    int node = root.node();
    int parent = 0;
    int parentRank = 0;
    int lower = 0; // the entries whose keys bound the node's range, 0 at the tree's edges
    int upper = 0;
    for (int level = root.height(); level > 0; ) {
      MemorySegment s = memory.segment(node);
      long at = MemTableFootprint.offset(node);
      long permutation = NodeFormat.permutation(s, at);
      int rank = tree.childRank(s, at, permutation, key, offset, length);
      int child = NodeFormat.child(s, at, permutation, rank);
      int childLower =
          rank > 0 ? NodeFormat.separator(s, at, Permutation.slot(permutation, rank - 1)) : lower;
      int childUpper =
          rank < Permutation.count(permutation)
              ? NodeFormat.separator(s, at, Permutation.slot(permutation, rank))
              : upper;
      if (level > 1 && isFull(child)) {
        splitter.splitInner(node, rank, child, childLower, childUpper);
        continue; // The key's child may be the new one.
      }
      parent = node;
      parentRank = rank;
      node = child;
      lower = childLower;
      upper = childUpper;
      level--;
    }
    MemorySegment s = memory.segment(node);
    long at = MemTableFootprint.offset(node);
    long permutation = NodeFormat.permutation(s, at);
    int rank = tree.find(s, at, permutation, key, offset, length);
    if (rank >= 0) {
      replace(s, at, Permutation.slot(permutation, rank), entry, version);
      return;
    }
    rank = ~rank;
    int count = Permutation.count(permutation);
    if (count == NodeFormat.SLOTS) {
      if (parent == 0) {
        parent = grow(root).node();
      }
      splitter.splitLeaf(parent, parentRank, node, rank, entry, lower, upper);
      return;
    }
    long slice = KeySlice.of(key, offset, length, NodeFormat.skip(s, at));
    NodeFormat.fillLeafSlot(s, at, count, slice, entry);
    NodeFormat.setPermutation(s, at, Permutation.insert(permutation, rank));
  }

  /** Returns an upper bound of the bytes of nodes that {@code insertCount} inserts can take. */
  long nodeBytesMax(int insertCount) {
    int height = tree.root().height();
    // The first key gives a tree the longest prefix that is possible.
    int prefixBytes = tree.root().node() == 0 ? PREFIX_BYTES_MAX : tree.root().prefix().length;
    long shortenings = Math.min(insertCount, prefixBytes / PREFIX_STEP);
    // A leaf can be split when it is full, and filling one again takes at least six inserts. The
    // copies of the edges may be full and be split, too: a leaf twice, once beside itself.
    long splits =
        Math.min(insertCount, 2 * splitter.leafCount() + 4 * shortenings + insertCount / 6L + 1);
    long bytes = splits * 2 * NodeFormat.LEAF_BYTES;
    for (int level = 1; level <= height + LEVELS_GROWN_MAX; level++) {
      splits = Math.min(splits, splitter.innerCount() + 2 * shortenings + splits / 6 + 1);
      bytes += splits * 3 * NodeFormat.INNER_BYTES; // Two halves and perhaps a root.
    }
    return bytes
        + NodeFormat.LEAF_BYTES
        + shortenings
            * 2
            * (NodeFormat.LEAF_BYTES + (height + LEVELS_GROWN_MAX) * (long) NodeFormat.INNER_BYTES);
  }

  private boolean isFull(int node) {
    return Permutation.count(
            NodeFormat.permutation(memory.segment(node), MemTableFootprint.offset(node)))
        == NodeFormat.SLOTS;
  }

  /** Links an entry before the newest one that its key has so far. */
  private void replace(MemorySegment leaf, long leafAt, int slot, int entry, long version) {
    int older = NodeFormat.entry(leaf, leafAt, slot);
    long olderVersion = EntryFormat.version(memory.segment(older), MemTableFootprint.offset(older));
    if (olderVersion >= version) {
      throw new IllegalArgumentException(
          "version " + version + " of a key that has version " + olderVersion + " already");
    }
    EntryFormat.setOlder(memory.segment(entry), MemTableFootprint.offset(entry), older);
    NodeFormat.setEntry(leaf, leafAt, slot, entry);
  }

  /** Creates the first leaf. */
  private void createFirstLeaf(int entry, byte[] key, int offset, int length) {
    byte[] prefix = Arrays.copyOfRange(key, offset, offset + prefixLength(length));
    int leaf = splitter.newLeaf(prefix.length);
    splitter.fillOnly(leaf, entry);
    tree.setRoot(new Root(leaf, 0, prefix));
  }

  /** Creates a new root above the present one. */
  private Root grow(Root root) {
    int node = splitter.newInner(root.prefix().length, root.node());
    Root grown = new Root(node, root.height() + 1, root.prefix());
    tree.setRoot(grown);
    return grown;
  }

  private static int prefixLength(int shared) {
    return Math.min(shared, PREFIX_BYTES_MAX) / PREFIX_STEP * PREFIX_STEP;
  }

  /**
   * Shortens the prefix for a key that does not begin with it: copies the nodes at the tree's left
   * and right edge, whose skip is the length of the prefix, with a smaller skip. The length
   * decreases in steps of four bytes, so this happens at most 64 times in a tree's life.
   */
  private Root shortenPrefix(Root root, byte[] key, int offset, int length) {
    int mismatch =
        Arrays.mismatch(root.prefix(), 0, root.prefix().length, key, offset, offset + length);
    byte[] prefix = Arrays.copyOf(root.prefix(), prefixLength(mismatch));
    int node = splitter.copyEdges(root.node(), root.height(), prefix.length);
    Root shortened = new Root(node, root.height(), prefix);
    tree.setRoot(shortened);
    splitter.linkCopiedEdges();
    return shortened;
  }
}

package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Adds range tombstones to {@link TombstoneTree}s. A new tree shares all nodes but a logarithm of
 * them with the old one. Trees are balanced by height; they are split and joined as in Adams,
 * "Efficient sets: a balancing act", 1993, and in the standard library of OCaml.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
@SuppressWarnings("ReferenceEquality") // The same node can be kept.
public final class TombstoneTreeWriter {
  private static final int IMBALANCE_MAX = 2;

  private long version;
  private int created;

  /**
   * Returns the tree with a range tombstone added that is not older than any in it. Boundaries
   * inside its range are dropped, so nested ranges leave two boundaries.
   *
   * @param from first key
   * @param to first key past the range, or null for no bound
   */
  public TombstoneTree add(
      @Nullable TombstoneTree tree, byte[] from, byte @Nullable [] to, long newVersion) {
    version = newVersion;
    TombstoneTree below = before(tree, from);
    TombstoneTree above = null;
    if (to != null) {
      above = from(tree, to);
      TombstoneTree end = TombstoneTree.floor(tree, to, to.length);
      long endVersion = end == null ? 0 : end.version();
      boolean hasBoundary = end != null && Arrays.equals(end.key(), to);
      if (!hasBoundary && endVersion < newVersion) {
        above = join(null, node(to, endVersion), above);
      }
    }
    if (below != null && TombstoneTree.last(below).version() == newVersion) {
      return concatenate(below, above);
    }
    return join(below, node(from, newVersion), above);
  }

  /** Returns the number of nodes that were created and kept since the last call. */
  public int nodesCreated() {
    int count = created;
    created = 0;
    return count;
  }

  private TombstoneTree node(byte[] key, long keyVersion) {
    created++;
    return new TombstoneTree(key, keyVersion, keyVersion, version, 1, null, null);
  }

  // The boundaries before a key.
  private @Nullable TombstoneTree before(@Nullable TombstoneTree tree, byte[] key) {
    if (tree == null) {
      return null;
    }
    if (Keys.compare(tree.key(), key) >= 0) {
      return before(tree.left(), key);
    }
    TombstoneTree right = before(tree.right(), key);
    return right == tree.right() ? tree : join(tree.left(), tree, right);
  }

  // The boundaries at or after a key.
  private @Nullable TombstoneTree from(@Nullable TombstoneTree tree, byte[] key) {
    if (tree == null) {
      return null;
    }
    if (Keys.compare(tree.key(), key) < 0) {
      return from(tree.right(), key);
    }
    TombstoneTree left = from(tree.left(), key);
    return left == tree.left() ? tree : join(left, tree, tree.right());
  }

  private TombstoneTree concatenate(TombstoneTree below, @Nullable TombstoneTree above) {
    if (above == null) {
      return below;
    }
    TombstoneTree first = TombstoneTree.first(above);
    return join(below, first, withoutFirst(above));
  }

  private @Nullable TombstoneTree withoutFirst(TombstoneTree tree) {
    TombstoneTree left = tree.left();
    return left == null ? tree.right() : balanced(withoutFirst(left), tree, tree.right());
  }

  // Joins trees of any heights; the middle's own subtrees are ignored.
  private TombstoneTree join(
      @Nullable TombstoneTree left, TombstoneTree middle, @Nullable TombstoneTree right) {
    if (left != null && left.height() > TombstoneTree.heightOf(right) + IMBALANCE_MAX) {
      return balanced(left.left(), left, join(left.right(), middle, right));
    }
    if (right != null && right.height() > TombstoneTree.heightOf(left) + IMBALANCE_MAX) {
      return balanced(join(left, middle, right.left()), right, right.right());
    }
    return withChildren(left, middle, right);
  }

  // Joins trees whose heights differ by at most one more than is allowed.
  private TombstoneTree balanced(
      @Nullable TombstoneTree left, TombstoneTree middle, @Nullable TombstoneTree right) {
    if (left != null && left.height() > TombstoneTree.heightOf(right) + IMBALANCE_MAX) {
      TombstoneTree inner = left.right();
      if (inner == null || TombstoneTree.heightOf(left.left()) >= inner.height()) {
        return withChildren(left.left(), left, withChildren(inner, middle, right));
      }
      return withChildren(
          withChildren(left.left(), left, inner.left()),
          inner,
          withChildren(inner.right(), middle, right));
    }
    if (right != null && right.height() > TombstoneTree.heightOf(left) + IMBALANCE_MAX) {
      TombstoneTree inner = right.left();
      if (inner == null || TombstoneTree.heightOf(right.right()) >= inner.height()) {
        return withChildren(withChildren(left, middle, inner), right, right.right());
      }
      return withChildren(
          withChildren(left, middle, inner.left()),
          inner,
          withChildren(inner.right(), right, right.right()));
    }
    return withChildren(left, middle, right);
  }

  private TombstoneTree withChildren(
      @Nullable TombstoneTree left, TombstoneTree middle, @Nullable TombstoneTree right) {
    if (middle.left() == left && middle.right() == right) {
      return middle;
    }
    if (middle.createdAt() < version) {
      created++;
    }
    long newest = middle.version();
    newest = left == null ? newest : Math.max(newest, left.newest());
    newest = right == null ? newest : Math.max(newest, right.newest());
    int height = Math.max(TombstoneTree.heightOf(left), TombstoneTree.heightOf(right)) + 1;
    return new TombstoneTree(middle.key(), middle.version(), newest, version, height, left, right);
  }
}

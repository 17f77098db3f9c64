package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link TombstoneTree} of others, of which it keeps all but a logarithm of the nodes; the
 * way in which they are balanced (a height-balanced tree that is cut and joined) is that of Adams,
 * "Efficient sets: a balancing act", 1993, as in the standard library of OCaml.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
@SuppressWarnings("ReferenceEquality") // Whether a node is the same one, and can be kept.
public final class TombstoneTreeWriter {
  private static final int IMBALANCE_MAX = 2;

  private long version;
  private int created;

  /**
   * Returns the steps with a deletion that is not older than any other. What it covers wholly is
   * gone from them, so that ranges within ranges leave two steps.
   *
   * @param to first key behind the range, or null for no bound
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

  /** Returns how many nodes were made that are kept, since it was asked last. */
  public int nodesCreated() {
    int count = created;
    created = 0;
    return count;
  }

  private TombstoneTree node(byte[] key, long keyVersion) {
    created++;
    return new TombstoneTree(key, keyVersion, keyVersion, version, 1, null, null);
  }

  // Those below a key.
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

  // Those that are not below a key.
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

  // Of any heights; the middle's subtrees do not count.
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

  // Of heights that differ by no more than one above what is allowed.
  private TombstoneTree balanced(
      @Nullable TombstoneTree left, TombstoneTree middle, @Nullable TombstoneTree right) {
    if (left != null && left.height() > TombstoneTree.heightOf(right) + IMBALANCE_MAX) {
      TombstoneTree inner = left.right();
      if (inner == null || TombstoneTree.heightOf(left.left()) >= inner.height()) {
        return withChildren(left.left(), left, withChildren(inner, middle, right));
      }
      return withChildren(withChildren(left.left(), left, inner.left()), inner, withChildren(inner.right(), middle, right));
    }
    if (right != null && right.height() > TombstoneTree.heightOf(left) + IMBALANCE_MAX) {
      TombstoneTree inner = right.left();
      if (inner == null || TombstoneTree.heightOf(right.right()) >= inner.height()) {
        return withChildren(withChildren(left, middle, inner), right, right.right());
      }
      return withChildren(
          withChildren(left, middle, inner.left()), inner, withChildren(inner.right(), right, right.right()));
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

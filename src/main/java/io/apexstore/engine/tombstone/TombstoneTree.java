package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A function of the key that changes in steps, as a balanced tree of them that never changes: from
 * a step's key up to the next one, the newest deletion is the step's. Before the first one there is
 * none. Null is the function that is 0 everywhere.
 *
 * @param key where the step is; not to be changed
 * @param version of the newest deletion from here on, 0 for none
 * @param newest of all versions in this subtree
 * @param born the version whose deletion made this node
 * @param height 1 for a leaf
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record TombstoneTree(
    byte[] key,
    long version,
    long newest,
    long createdAt,
    int height,
    @Nullable TombstoneTree left,
    @Nullable TombstoneTree right) {

  /** What a node takes on the heap, in bytes, without its key. */
  public static final int BYTES = 56;

  static int heightOf(@Nullable TombstoneTree tree) {
    return tree == null ? 0 : tree.height;
  }

  /** Returns the last step that is not above a key, or null. */
  public static @Nullable TombstoneTree floor(
      @Nullable TombstoneTree tree, byte[] key, int keyLength) {
    TombstoneTree floor = null;
    TombstoneTree at = tree;
    while (at != null) {
      if (Keys.compare(at.key, 0, at.key.length, key, 0, keyLength) <= 0) {
        floor = at;
        at = at.right;
      } else {
        at = at.left;
      }
    }
    return floor;
  }

  /** Returns the first step above a key, or null. */
  public static @Nullable TombstoneTree higher(
      @Nullable TombstoneTree tree, byte[] key, int keyLength) {
    TombstoneTree higher = null;
    TombstoneTree at = tree;
    while (at != null) {
      if (Keys.compare(at.key, 0, at.key.length, key, 0, keyLength) > 0) {
        higher = at;
        at = at.left;
      } else {
        at = at.right;
      }
    }
    return higher;
  }

  static TombstoneTree first(TombstoneTree tree) {
    TombstoneTree first = tree;
    for (TombstoneTree at = tree; at != null; at = at.left) {
      first = at;
    }
    return first;
  }

  public static TombstoneTree last(TombstoneTree tree) {
    TombstoneTree last = tree;
    for (TombstoneTree at = tree; at != null; at = at.right) {
      last = at;
    }
    return last;
  }

  /**
   * Returns the version of some step above a key that is greater than another one, 0 if none is.
   *
   * @param from steps up to here do not count
   * @param to nor do those from here on; null: no bound
   */
  public static long anyNewer(
      @Nullable TombstoneTree tree, byte[] from, byte @Nullable [] to, long after) {
    if (tree == null || tree.newest <= after) {
      return 0;
    }
    boolean tooHigh = to != null && Keys.compare(tree.key, to) >= 0;
    boolean tooLow = Keys.compare(tree.key, from) <= 0;
    if (!tooHigh && !tooLow && tree.version > after) {
      return tree.version;
    }
    long found = tooLow ? 0 : anyNewer(tree.left, from, to, after);
    return found > 0 || tooHigh ? found : anyNewer(tree.right, from, to, after);
  }

  /** Hands over those steps by rising keys whose deletion is not older than a version. */
  public static void forEach(
      @Nullable TombstoneTree tree, long notBefore, Consumer<TombstoneTree> action) {
    if (tree != null && tree.newest >= notBefore) {
      forEach(tree.left, notBefore, action);
      if (tree.version >= notBefore) {
        action.accept(tree);
      }
      forEach(tree.right, notBefore, action);
    }
  }
}

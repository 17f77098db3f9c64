package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable height-balanced tree of boundaries: for each key, the newest range tombstone that
 * covers it. The version of a boundary holds from its key up to the next boundary. No range
 * tombstone covers the keys before the first boundary. Null is the empty tree.
 *
 * @param key where the boundary is; not to be changed
 * @param version version of the newest range tombstone from here on, 0 for none
 * @param newest greatest version in this subtree
 * @param createdAt version of the range tombstone whose addition created this node
 * @param height 1 for a leaf
 * @param left boundaries of lesser keys
 * @param right boundaries of greater keys
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record TombstoneTree(
    byte[] key,
    long version,
    long newest,
    long createdAt,
    int height,
    @Nullable TombstoneTree left,
    @Nullable TombstoneTree right) {

  /** The heap that a node takes, in bytes, without its key. */
  public static final int BYTES = 56;

  static int heightOf(@Nullable TombstoneTree tree) {
    return tree == null ? 0 : tree.height;
  }

  /** Returns the last boundary at or before a key, or null. */
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

  /** Returns the first boundary after a key, or null. */
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

  /** Returns the last boundary. */
  public static TombstoneTree last(TombstoneTree tree) {
    TombstoneTree last = tree;
    for (TombstoneTree at = tree; at != null; at = at.right) {
      last = at;
    }
    return last;
  }

  /**
   * Returns the version of some boundary in a range of keys that is greater than another version, 0
   * if there is none.
   *
   * @param from only boundaries after this key count
   * @param to only boundaries before this key count; null: no bound
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

  /**
   * Passes on, in ascending order of keys, the boundaries of a version or newer ones.
   *
   * @param notBefore boundaries of lower versions are skipped
   */
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

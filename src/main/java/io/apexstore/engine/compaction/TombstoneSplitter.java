package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.tombstone.RangeTombstones;
import org.jspecify.annotations.Nullable;

/**
 * Cuts range tombstones at the borders of output tables, so that each table holds the part that
 * lies between its borders.
 *
 * <p>The border after a table is the successor of the last key that the table has an entry of. The
 * next table begins there. So no key between two tables is left out, and none is in both:
 *
 * <pre>
 *   range tombstone     [a ........................... z)
 *   entries              b    f  |  k    m  |  p
 *   borders                      f\0        m\0
 *   in the tables       [a ..... f\0)
 *                               [f\0 ..... m\0)
 *                                         [m\0 ..... z)
 * </pre>
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class TombstoneSplitter {
  private final RangeTombstones tombstones;
  // The last border; null: there was none.
  private byte @Nullable [] border;

  TombstoneSplitter(RangeTombstones tombstones) {
    this.tombstones = tombstones;
  }

  /**
   * Whether a table may end after a key. A key of maximal length has no successor that is a legal
   * key; where there are tombstones to cut, the table must take in more entries.
   */
  boolean canSplitAfter(byte[] lastKey) {
    return tombstones.isEmpty() || lastKey.length < Limits.KEY_BYTES_MAX;
  }

  /**
   * Returns the part from the last border up to the successor of a key, which is the new border.
   */
  RangeTombstones splitAfter(byte[] lastKey) {
    if (tombstones.isEmpty()) {
      return RangeTombstones.NONE;
    }
    byte[] next = Keys.successor(lastKey);
    RangeTombstones part = tombstones.clip(border, next);
    border = next;
    return part;
  }

  /** Returns the part from the last border on. */
  RangeTombstones rest() {
    return tombstones.clip(border, null);
  }
}

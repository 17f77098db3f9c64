/**
 * Range tombstones: one vocabulary for deleted ranges of keys.
 *
 * <p>Deleting a range [a, m) writes one <em>range tombstone</em> with the version of its commit. It
 * <em>covers</em> the keys of its range and hides their entries of lower versions; entries of its
 * own version or newer stay visible. Range tombstones are kept apart from the entries in memtables
 * and tables.
 *
 * <ul>
 *   <li>{@link io.apexstore.engine.tombstone.TombstoneSource} is what readers ask: the newest
 *       tombstone that covers a key. A memtable, a table and a level each implement it.
 *   <li>{@link io.apexstore.engine.tombstone.TombstoneTree} is the form in a memtable: a persistent
 *       tree of <em>boundaries</em>. {@link io.apexstore.engine.tombstone.TombstoneTreeWriter} adds
 *       a tombstone in logarithmic time and space and leaves the older trees to their readers.
 *   <li>{@link io.apexstore.engine.tombstone.RangeTombstones} is the form in a table: the
 *       tombstones cut into <em>fragments</em> that do not overlap, each with all its versions.
 *       Flushes create fragments from a memtable's trees; compactions merge and clip them.
 *   <li>{@link io.apexstore.engine.tombstone.TombstoneSpan} is what a scan keeps: the <em>span</em>
 *       of keys around the current one that the same tombstones cover, so that most steps of the
 *       scan cost one comparison.
 * </ul>
 *
 * <p>A <em>snapshot stripe</em> is the range of versions between two neighboring versions that
 * readers may read at. Of the tombstones of one stripe that cover a fragment, only the newest is
 * needed; the rest are dropped when a memtable is fragmented or tables are compacted.
 */
@NullMarked
package io.apexstore.engine.tombstone;

import org.jspecify.annotations.NullMarked;

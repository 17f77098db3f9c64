/**
 * Iterators over entries in key order.
 *
 * <p>{@link io.apexstore.engine.iterator.InternalIterator} is the one interface that memtables,
 * blocks and tables implement; {@link io.apexstore.engine.iterator.CurrentEntry} is the entry that
 * it is at. A scan stacks them:
 *
 * <pre>
 *   VisibleIterator              bounds, expiry; no tombstones
 *     MergingIterator            the newest version over all sources
 *       UncoveredIterator        without the entries that range tombstones hide
 *         a memtable or a table of level 0
 *       UncoveredIterator
 *         ConcatenatingIterator  the tables of one level
 * </pre>
 *
 * <p>Flushes and compactions read all versions through a {@link
 * io.apexstore.engine.iterator.MergingIterator} alone.
 */
@NullMarked
package io.apexstore.engine.iterator;

import org.jspecify.annotations.NullMarked;

/**
 * Walking over entries in key order: the one {@link io.apexstore.engine.iterator.InternalIterator}
 * shape that memtables, blocks and tables share, and the iterators that put several into one.
 */
@NullMarked
package io.apexstore.engine.iterator;

import org.jspecify.annotations.NullMarked;

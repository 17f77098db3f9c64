package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;

/**
 * A user's rule for which values compactions keep. It is applied only in a merge that started while
 * no snapshot was open, and only to values that are not above the merge's horizon.
 *
 * <p><b>Threads:</b> any number at once.
 */
@FunctionalInterface
public interface UserFilter {
  /** Whether the iterator's current entry, a put, is kept. */
  boolean keeps(InternalIterator put);
}

package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;

/**
 * Says which values a merge keeps, by a rule of the user's. It is asked only in a merge that began
 * while no snapshot was open, and only about values that were written before the history.
 *
 * <p><b>Threads:</b> any number at once.
 */
@FunctionalInterface
public interface UserFilter {
  /** Whether the iterator's current entry, a put, is to stay. */
  boolean keeps(InternalIterator put);
}

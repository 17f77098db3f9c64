package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;

/**
 * Says which values a merge keeps, by a rule of the user's. It is asked only about values that
 * neither a snapshot nor the history needs as they are.
 *
 * <p><b>Threads:</b> any number at once.
 */
@FunctionalInterface
public interface UserFilter {
  /** Whether the iterator's current entry, a put, is to stay. */
  boolean keeps(InternalIterator put);
}

package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A table of a store, for reads and compactions: one that is open, one that is damaged or of an
 * unknown format and so fails every read, or one that the first read opens.
 *
 * <p>This is a class and not an interface: while no table is damaged, reads meet one kind only, and
 * the compiler calls it directly.
 *
 * <p><b>Threads:</b> any. {@link #close()} only when no read is running and no iterator is open.
 */
public abstract sealed class TableReader implements AutoCloseable
    permits Table, DamagedTable, LazyTable {
  TableReader() {}

  /**
   * Looks up a key that lies in the table's range.
   *
   * @return {@code FOUND} if the table has an entry of the key that the read may see (tombstones
   *     included), or a range tombstone that covers it; {@code NEEDS_DISK} only if the look-up
   *     allows that answer
   * @throws EngineException {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or {@code READ_FAILED}
   */
  public abstract Outcome get(Lookup lookup);

  /**
   * Opens an iterator as of a version, in either direction.
   *
   * @param readVersion entries of newer versions are not seen
   */
  public abstract InternalIterator iterator(long readVersion);

  /**
   * Opens a forward iterator over all versions, for compactions. It reads long parts of the file at
   * once and bypasses the cache.
   */
  public abstract InternalIterator allVersions();

  /**
   * Returns the range tombstones of the table. Its iterators ignore them.
   *
   * @throws EngineException {@code CORRUPTION} or {@code READ_FAILED}
   */
  public abstract RangeTombstones rangeTombstones();

  /**
   * Returns the newest version of an entry, range tombstones excluded; {@link Limits#VERSION_MAX}
   * if it is unknown.
   *
   * @throws EngineException {@code READ_FAILED}
   */
  public abstract long newestEntryVersion();

  /** Returns the bytes of memory outside the heap that the table takes while it is open. */
  public abstract long memoryBytes();

  /**
   * Returns a line about the damage that was found first, in the table's own description or in a
   * block; null if none was found.
   */
  public abstract @Nullable String damage();

  /** Releases file and memory. */
  @Override
  public abstract void close() throws IOException;
}

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
 * A table of a store, as far as reads and compactions need it: one that was opened, one whose own
 * description is damaged or of a format that is not known and which therefore answers nothing, or
 * one that is opened when it is read.
 *
 * <p>A class and not an interface: while no table is damaged, reads meet one kind only, and the
 * compiler calls it directly.
 *
 * <p><b>Threads:</b> any. {@link #close()} only once nobody reads, and no iterator is open.
 */
public abstract sealed class TableReader implements AutoCloseable
    permits Table, DamagedTable, LazyTable {
  TableReader() {}

  /**
   * Looks a key up that lies in the table's range.
   *
   * @return {@code FOUND} where the table holds an entry of the key that the read may see, a
   *     tombstone too, or says that the key was deleted with a range; {@code NEEDS_DISK} only if
   *     the look-up asked for that
   * @throws EngineException {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or {@code READ_FAILED}
   */
  public abstract Outcome get(Lookup lookup);

  /**
   * Opens a walk over the table as of a version, in either direction.
   *
   * @param readVersion only entries of this version or older are seen
   */
  public abstract InternalIterator iterator(long readVersion);

  /**
   * Opens a forward walk over all versions. It reads the file in long stretches and leaves the
   * cache alone; compaction reads so.
   */
  public abstract InternalIterator allVersions();

  /**
   * Returns the ranges that the table says were deleted. Its iterators do not look at them.
   *
   * @throws EngineException {@code CORRUPTION} or {@code READ_FAILED}
   */
  public abstract RangeTombstones rangeTombstones();

  /**
   * Returns the newest version of an entry, ranges deleted left out; {@link Limits#VERSION_MAX} if
   * that cannot be told.
   *
   * @throws EngineException {@code READ_FAILED}
   */
  public abstract long newestEntryVersion();

  /** Returns how many bytes of memory outside the heap the table takes while it is open. */
  public abstract long memoryBytes();

  /** Returns why nothing can be read of the table, or null if it was opened. */
  public abstract @Nullable EngineException damage();

  /** Releases file and memory. */
  @Override
  public abstract void close() throws IOException;
}

package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A table that was in the store when the store was opened. Its file is opened by the first read;
 * until then only the manifest's description is known. Callers that find {@link #opened()} set use
 * that reader directly.
 *
 * <p>A table that is damaged, or that has a format which this release does not know, is opened as a
 * {@link DamagedTable}: the other tables can still be read. A read that the storage fails is not
 * remembered; the next read tries again.
 *
 * <p><b>Threads:</b> any. The first reader opens the table, others wait for it; a look-up that must
 * not read from disk does neither and answers {@code NEEDS_DISK}. Once the table is open no lock is
 * taken. <b>Invariants:</b> {@code opened} is set once and never changes.
 */
public final class LazyTable extends TableReader {
  private static final Logger LOG = SafeLogger.of(LazyTable.class);

  private final TableContext context;
  private final TableMeta meta;
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable TableReader opened;

  /** Creates the table that the manifest describes; its file is not touched yet. */
  public LazyTable(TableContext context, TableMeta meta) {
    this.context = context;
    this.meta = meta;
  }

  /** Returns the opened table, or null if it was not opened yet. */
  public @Nullable TableReader opened() {
    return opened;
  }

  /**
   * Returns the opened table; opens it if necessary.
   *
   * @throws EngineException {@code READ_FAILED}
   */
  public TableReader open() {
    TableReader known = opened;
    if (known != null) {
      return known;
    }
    opening.lock();
    try {
      known = opened;
      if (known == null) {
        known = openNow();
        opened = known;
      }
      return known;
    } finally {
      opening.unlock();
    }
  }

  /**
   * Returns the opened table; null if it is not open and the look-up must not read from disk.
   *
   * @throws EngineException {@code READ_FAILED}
   */
  public @Nullable TableReader openFor(Lookup lookup) {
    return lookup.cachedOnly() ? opened : open();
  }

  private TableReader openNow() {
    String name = FileNames.table(meta.fileId());
    try {
      return Table.open(context, meta);
    } catch (IOException e) {
      throw new EngineException(Failure.READ_FAILED, name + ": " + e.getMessage(), e);
    } catch (EngineException e) {
      if (e.failure() == Failure.READ_FAILED) {
        throw e;
      }
      LOG.log(
          Level.ERROR,
          "{0} cannot be opened, so the keys of its range cannot be read: {1}",
          name,
          e.getMessage());
      return new DamagedTable(e);
    }
  }

  @Override
  public Outcome get(Lookup lookup) {
    TableReader known = openFor(lookup);
    return known == null ? Outcome.NEEDS_DISK : known.get(lookup);
  }

  @Override
  public InternalIterator iterator(long readVersion) {
    return open().iterator(readVersion);
  }

  @Override
  public InternalIterator allVersions() {
    return open().allVersions();
  }

  @Override
  public RangeTombstones rangeTombstones() {
    return meta.rangeTombstoneCount() == 0 ? RangeTombstones.NONE : open().rangeTombstones();
  }

  @Override
  public long newestEntryVersion() {
    return meta.rangeTombstoneCount() == 0 ? meta.maxVersion() : open().newestEntryVersion();
  }

  @Override
  public long memoryBytes() {
    TableReader known = opened;
    return known == null ? 0 : known.memoryBytes();
  }

  @Override
  public @Nullable String damage() {
    TableReader known = opened;
    return known == null ? null : known.damage();
  }

  @Override
  public void close() throws IOException {
    TableReader known = opened;
    if (known != null) {
      known.close();
    }
  }
}

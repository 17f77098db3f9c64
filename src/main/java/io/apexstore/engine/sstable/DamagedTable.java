package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.EmptyIterator;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.tombstone.RangeTombstones;

/**
 * A table that could not be opened because its header, footer, filter or index is damaged, or
 * because this release does not know its format. The manifest's description still holds, above all
 * the key range. Every read in that range fails, because no one knows what the table contains.
 *
 * <p><b>Threads:</b> any; instances are immutable.
 */
final class DamagedTable extends TableReader {
  private final EngineException damage;

  /** Creates a substitute for a table that failed to open with {@code damage}. */
  DamagedTable(EngineException damage) {
    this.damage = damage;
  }

  @Override
  public String damage() {
    return String.valueOf(damage.getMessage());
  }

  @Override
  public Outcome get(Lookup lookup) {
    throw failure();
  }

  @Override
  public InternalIterator iterator(long readVersion) {
    return new Failing();
  }

  @Override
  public InternalIterator allVersions() {
    return new Failing();
  }

  @Override
  public RangeTombstones rangeTombstones() {
    throw failure();
  }

  @Override
  public long newestEntryVersion() {
    return Limits.VERSION_MAX;
  }

  @Override
  public long memoryBytes() {
    return 0;
  }

  @Override
  public void close() {}

  /** Returns a new exception, so that its stack trace shows the caller. */
  private EngineException failure() {
    return new EngineException(damage.failure(), String.valueOf(damage.getMessage()), damage);
  }

  /** An iterator whose every move fails. */
  private final class Failing implements InternalIterator {
    @Override
    public CurrentEntry entry() {
      return EmptyIterator.INSTANCE.entry();
    }

    @Override
    public void seekToFirst() {
      throw failure();
    }

    @Override
    public void seekToLast() {
      throw failure();
    }

    @Override
    public void seek(byte[] key, int keyLength) {
      throw failure();
    }

    @Override
    public void seekBefore(byte[] key, int keyLength) {
      throw failure();
    }

    @Override
    public void next() {
      throw failure();
    }

    @Override
    public void prev() {
      throw failure();
    }

    @Override
    public void close() {}
  }
}

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
 * A table that could not be opened because its header, footer, filter or index is damaged, or of a
 * format that this version does not know. What the manifest says of it still holds, its key range
 * above all; so every read in that range fails, for nobody knows what the table would have
 * answered.
 *
 * <p><b>Threads:</b> any; nothing changes.
 */
public final class DamagedTable extends TableReader {
  private final EngineException damage;

  /** Stands in for a table that failed to open in that way. */
  public DamagedTable(EngineException damage) {
    this.damage = damage;
  }

  @Override
  public EngineException damage() {
    return damage;
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

  /** Returns an exception of the caller's own, so that it shows who asked. */
  private EngineException failure() {
    return new EngineException(damage.failure(), String.valueOf(damage.getMessage()), damage);
  }

  /** Fails wherever it is asked to go. */
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

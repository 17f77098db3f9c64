package io.apexstore;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.error.ApexException;
import org.jspecify.annotations.Nullable;

/**
 * A read-only view of the store at one version: while it is open, reads return the same results,
 * whatever is written, deleted, expired or compacted meanwhile.
 *
 * <pre>{@code
 * try (Snapshot snapshot = store.snapshot()) {
 *   byte[] before = snapshot.get(key);
 *   store.put(key, value);
 *   byte[] still = snapshot.get(key);
 * }
 * }</pre>
 *
 * <p>Compactions keep what an open snapshot sees, even if it was overwritten, so it takes disk
 * space. A snapshot of the present shows the entries that had not expired when it was opened; one
 * of an older version those that had not expired when that version was committed, so it shows the
 * same whenever it is opened.
 *
 * <p><b>Threads:</b> any. <b>Errors:</b> {@link ApexException}; {@code CLOSED} once it is closed.
 */
public final class Snapshot implements AutoCloseable {
  private final ApexStore store;
  private final EngineSnapshot snapshot;

  Snapshot(ApexStore store, EngineSnapshot snapshot) {
    this.store = store;
    this.snapshot = snapshot;
  }

  Keyspace defaultKeyspace() {
    return store.defaultKeyspace();
  }

  /** Returns the version at which all reads read. */
  public long version() {
    return snapshot.version();
  }

  /** Returns the value that the key had in the default keyspace, or null if it had none. */
  public byte @Nullable [] get(byte[] key) {
    return get(store.defaultKeyspace(), key);
  }

  /** Returns the value that the key had, or null if it had none. */
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    VersionedValue found = getVersioned(keyspace, key);
    return found == null ? null : found.value();
  }

  /** Returns the value that the key had, with the version that wrote it, or null. */
  public @Nullable VersionedValue getVersioned(Keyspace keyspace, byte[] key) {
    keyspace.idIn(store);
    requireOpen();
    VersionedValue found = keyspace.getVersionedAt(key, snapshot);
    // If it was closed meanwhile, a compaction may have dropped what the read should have found.
    requireOpen();
    return found;
  }

  /**
   * Lends the value that the key had until it is closed; see {@link Keyspace#lend}.
   *
   * @return null if it had none
   */
  public @Nullable LentValue lend(Keyspace keyspace, byte[] key) {
    keyspace.idIn(store);
    requireOpen();
    LentValue found = keyspace.lendAt(key, snapshot);
    try {
      requireOpen();
    } catch (ApexException e) {
      if (found != null) {
        found.close();
      }
      throw e;
    }
    return found;
  }

  /** Opens a cursor over a range of the default keyspace, in ascending order. */
  public Cursor scan(KeyRange range) {
    return scan(store.defaultKeyspace(), range, ScanOptions.DEFAULT);
  }

  /** Opens a cursor over a range. The cursor may be used after the snapshot is closed. */
  public Cursor scan(Keyspace keyspace, KeyRange range, ScanOptions options) {
    keyspace.idIn(store);
    requireOpen();
    Cursor cursor = keyspace.scanAt(range, options, snapshot);
    try {
      requireOpen();
    } catch (ApexException e) {
      cursor.close();
      throw e;
    }
    return cursor;
  }

  /**
   * Returns the time that it judges expiry by, in ms since the epoch: entries that had expired by
   * then are not visible. It is when {@link ApexStore#snapshot} was called, or when the version of
   * {@link ApexStore#snapshotAt} was committed, with a resolution of 1 ms, or 1/131072 of {@link
   * io.apexstore.options.StoreOptions#historyRetention} if that is more.
   */
  public long timeMs() {
    return snapshot.timeMs();
  }

  private void requireOpen() {
    if (snapshot.isClosed()) {
      throw new ApexException(ApexException.Code.CLOSED, "the snapshot is closed", null);
    }
  }

  /** Releases the version. Closing twice does nothing. */
  @Override
  public void close() {
    try {
      snapshot.close();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }
}

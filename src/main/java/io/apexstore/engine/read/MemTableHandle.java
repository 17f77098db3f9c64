package io.apexstore.engine.read;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.memtable.MemTable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A memtable in a {@link ReadView}: the version range that it covers, and a count of the views that
 * hold it. The last view releases its memory.
 *
 * <p><b>Threads:</b> any; {@link #seal} by the pipeline's leader.
 */
public final class MemTableHandle {
  /** The memtable. */
  public final MemTable table;

  /** Every commit of the keyspace up to this version is in an older memtable or was flushed. */
  final long afterVersion;

  private final AtomicInteger views = new AtomicInteger();
  private volatile long sealedAt = Limits.VERSION_MAX;

  /** Creates a handle that no view holds yet. */
  public MemTableHandle(MemTable table, long afterVersion) {
    this.table = table;
    this.afterVersion = afterVersion;
  }

  /**
   * Records that no commit above the version goes into this memtable. Called before the next
   * memtable takes a commit.
   */
  public void seal(long lastVersion) {
    sealedAt = lastVersion;
  }

  /**
   * Returns the newest version that this memtable is complete for; unbounded while it is active.
   */
  public long sealedAt() {
    return sealedAt;
  }

  void retain() {
    views.incrementAndGet();
  }

  void release() {
    if (views.decrementAndGet() == 0) {
      table.release();
    }
  }
}

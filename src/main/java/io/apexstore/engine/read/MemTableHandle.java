package io.apexstore.engine.read;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.memtable.MemTable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A memtable with what readers and the flush need to know about it, and a count of the views that
 * hold it; the last one gives its memory back.
 *
 * <p><b>Threads:</b> any; {@link #seal} by the pipeline's leader.
 */
public final class MemTableHandle {
  public final MemTable table;

  /** Every commit of the keyspace up to here is in this memtable's predecessors or was flushed. */
  final long afterVersion;

  private final AtomicInteger views = new AtomicInteger();
  private volatile long sealedAt = Limits.VERSION_MAX;

  public MemTableHandle(MemTable table, long afterVersion) {
    this.table = table;
    this.afterVersion = afterVersion;
  }

  /**
   * Says that no commit above the version goes in here. Called before the next memtable takes any.
   */
  public void seal(long lastVersion) {
    sealedAt = lastVersion;
  }

  /** The newest version that a reader of this memtable may read at; no bound while it is active. */
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

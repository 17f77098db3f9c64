package io.apexstore.engine.version;

import io.apexstore.engine.sstable.LazyTable;
import io.apexstore.engine.sstable.TableReader;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A table that several {@link Version}s share.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the count is the number of live versions that refer to
 * the table, plus one while a version that will is being made; once it has fallen to zero it never
 * rises, and the table is handed to the closer exactly once. Whether the file may go is decided
 * before that: {@link #markObsolete} comes after the manifest's sync and before the release of the
 * last version that refers to it.
 */
final class TableHandle {
  private final TableReader table;
  private final long fileId;
  private final Consumer<TableHandle> onUnreferenced;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile boolean obsolete;

  /** Makes a handle with a count of one, which belongs to the caller. */
  TableHandle(TableReader table, long fileId, Consumer<TableHandle> onUnreferenced) {
    this.table = table;
    this.fileId = fileId;
    this.onUnreferenced = onUnreferenced;
  }

  /** Returns the table, as it was opened if it was. */
  TableReader table() {
    TableReader opened = table instanceof LazyTable lazy ? lazy.opened() : null;
    return opened == null ? table : opened;
  }

  /**
   * Opens the table if nobody has.
   *
   * @throws io.apexstore.engine.base.EngineException {@code READ_FAILED}
   */
  void open() {
    if (table instanceof LazyTable lazy) {
      lazy.open();
    }
  }

  long fileId() {
    return fileId;
  }

  /** Says that the manifest does not name the file any more. */
  void markObsolete() {
    obsolete = true;
  }

  boolean isObsolete() {
    return obsolete;
  }

  /** Requires that the caller knows of a reference that is not released meanwhile. */
  void retain() {
    references.incrementAndGet();
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      onUnreferenced.accept(this);
    }
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.sstable.LazyTable;
import io.apexstore.engine.sstable.TableReader;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A table that several {@link Version}s share, with the count of its references.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the count is the number of live versions that refer to
 * the table, plus one while such a version is being built. Once it has fallen to zero it never
 * rises, and the table is passed to the closer exactly once. Whether the file is deleted is decided
 * before that: {@link #markObsolete} is called after the manifest's sync and before the last
 * version that refers to the table is released.
 */
final class TableHandle {
  private final TableReader table;
  private final long fileId;
  private final Consumer<TableHandle> onUnreferenced;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile boolean obsolete;

  // The count is one: the reference belongs to the caller.
  TableHandle(TableReader table, long fileId, Consumer<TableHandle> onUnreferenced) {
    this.table = table;
    this.fileId = fileId;
    this.onUnreferenced = onUnreferenced;
  }

  /** Returns the open table; a {@link LazyTable} while no one has opened it. */
  TableReader table() {
    TableReader opened = table instanceof LazyTable lazy ? lazy.opened() : null;
    return opened == null ? table : opened;
  }

  /**
   * Opens the table if it is not open.
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

  /** Records that the manifest does not name the file any more: it is deleted after closing. */
  void markObsolete() {
    obsolete = true;
  }

  boolean isObsolete() {
    return obsolete;
  }

  /** Adds a reference. Another one must not be released meanwhile. */
  void retain() {
    references.incrementAndGet();
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      onUnreferenced.accept(this);
    }
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * Closes tables whose last reader has gone, in the background, and deletes the files of those that
 * the manifest does not name any more. A failure is logged; the remaining steps are still taken.
 *
 * <p><b>Threads:</b> any.
 */
final class TableCloser {
  private static final Logger LOG = SafeLogger.of(TableCloser.class);

  private final Storage storage;
  private final Executor executor;

  TableCloser(Storage storage, Executor executor) {
    this.storage = storage;
    this.executor = executor;
  }

  /** Closes a table that no version refers to. */
  void closeLater(TableHandle handle) {
    executor.execute(() -> close(handle));
  }

  private void close(TableHandle handle) {
    String name = FileNames.table(handle.fileId());
    try {
      handle.table().close();
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, name + " could not be closed", e);
    }
    if (handle.isObsolete()) {
      try {
        storage.delete(name);
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.WARNING, name + " could not be deleted; the next open tries again", e);
      }
    }
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * Closes tables that no version refers to any more, in the background, and deletes the files of
 * those that the manifest does not name any more. What fails is logged and left as it is, and the
 * next step follows all the same.
 *
 * <p><b>Threads:</b> any.
 */
final class TableCloser {
  private static final Logger LOG = System.getLogger(TableCloser.class.getName());

  private final Storage storage;
  private final Executor executor;

  TableCloser(Storage storage, Executor executor) {
    this.storage = storage;
    this.executor = executor;
  }

  /** Takes a table that will never be read again. */
  void unreferenced(TableHandle handle) {
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
        LOG.log(Level.WARNING, name + " could not be deleted; the next open does it", e);
      }
    }
  }
}

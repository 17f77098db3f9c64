package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.RetryableIoException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Replaces the data keys of an open store: adds a new one, and drops the old ones once no file
 * needs them.
 *
 * <pre>
 *   rotate   write KEYS with a new epoch; then start a new manifest, which requires this KEYS or a
 *            later one; from then on every new file is encrypted with the new epoch
 *   renew    the log continues in a new segment, so later commits use the new epoch
 *   convert  compactions rewrite the tables of older epochs, see {@link
 *            io.apexstore.engine.background.Compactions}
 *   retire   once no file needs an epoch, write KEYS without it; then record that in the manifest
 * </pre>
 *
 * This class carries out <i>rotate</i> and <i>retire</i>. Each write of {@code KEYS} is durable
 * before the manifest refers to it. A power cut between the two leaves a {@code KEYS} that is newer
 * than the manifest requires, which is valid.
 *
 * <p><b>Threads:</b> any.
 */
public final class DataKeyRotation {
  private static final Logger LOG = SafeLogger.of(DataKeyRotation.class);

  private final DataKeys dataKeys;
  private final EncryptedFiles files;
  // Set after a failure that every further attempt would meet again.
  private volatile boolean retireFailed;

  /**
   * Creates the rotation of one open store.
   *
   * @param files the files that are encrypted with the data keys
   */
  public DataKeyRotation(DataKeys dataKeys, EncryptedFiles files) {
    this.dataKeys = dataKeys;
    this.files = files;
  }

  /**
   * Adds a data key and makes it the current one.
   *
   * @throws EngineException {@code KEY_UNAVAILABLE}, {@code DISK_FULL} or {@code
   *     STORAGE_UNAVAILABLE}: nothing has changed, except that new files may use the new data key
   *     already; {@code STORAGE_FAILED}
   */
  public void rotate() {
    try {
      dataKeys.rotate();
    } catch (IOException e) {
      throw failed(e);
    }
    files.replaceManifest();
    LOG.log(
        Level.DEBUG,
        "data key epoch {0} is current, wrapped with key-encryption key {1}",
        Long.toString(dataKeys.currentEpoch()),
        dataKeys.all().getLast().wrappedWith());
  }

  /**
   * Drops the data keys that no file needs. Does nothing while there is only one. After a failure
   * that may pass, a later call tries again; after any other failure the old data keys stay until
   * the store is opened again.
   */
  public void retire() {
    if (dataKeys.all().size() == 1 || retireFailed || !files.isWritable()) {
      return;
    }
    try {
      if (dataKeys.retire(files::dataKeyEpochsInUse)) {
        files.recordDataKeysGeneration();
      }
    } catch (RetryableIoException e) {
      LOG.log(Level.DEBUG, "old data keys are dropped later", e);
    } catch (EngineException e) {
      retireFailed = !e.failure().isRetryable();
      LOG.log(retireFailed ? Level.WARNING : Level.DEBUG, "old data keys stay in KEYS", e);
    } catch (IOException e) {
      retireFailed = true;
      LOG.log(Level.WARNING, "old data keys stay in KEYS until the store is opened again", e);
    }
  }

  private static EngineException failed(IOException e) {
    return new EngineException(
        IoFailures.of(e), "KEYS could not be replaced: " + e.getMessage(), e);
  }
}

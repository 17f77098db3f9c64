package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.version.VersionSet;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Puts new keys into force and drops those that nothing needs any more.
 *
 * <pre>
 *   rotate   KEYS with a new epoch, durable; then a new manifest, which asks for that KEYS or a
 *            later one; from then on every new file is encrypted with the new epoch
 *   renew    the log goes on in a new file, and with it every later commit
 *   convert  compactions rewrite the tables of older epochs, see {@link io.apexstore.engine.background.Compactions}
 *   retire   once no file needs an epoch, KEYS without it, durable; then the manifest asks for that
 * </pre>
 *
 * <p>A power cut between KEYS and the manifest leaves a KEYS that is newer than the manifest asks
 * for, which is in order.
 *
 * <p><b>Threads:</b> any.
 */
public final class DataKeyRotation {
  private static final Logger LOG = System.getLogger(DataKeyRotation.class.getName());

  private final DataKeys keys;
  private final VersionSet versions;
  // Set by whoever met a failure that the next tick would meet again.
  private volatile boolean retiresNoMore;

  public DataKeyRotation(DataKeys keys, VersionSet versions) {
    this.keys = keys;
    this.versions = versions;
  }

  /**
   * Puts new keys into force.
   *
   * @throws EngineException {@code KEY_UNAVAILABLE} or {@code DISK_FULL}: nothing has changed but,
   *     perhaps, that new files have the new key already; {@code STORAGE_FAILED}
   */
  public void rotate() {
    try {
      keys.rotate();
    } catch (IOException e) {
      throw failed(e);
    }
    versions.replaceManifest();
    LOG.log(
        Level.DEBUG,
        "key epoch {0} is in force, wrapped with key-encryption key {1}",
        Long.toString(keys.currentEpoch()),
        keys.epochs().getLast().wrappedWith());
  }

  /** Drops the epochs that nothing needs; does nothing while there is only one. */
  public void retire() {
    if (keys.epochs().size() == 1 || retiresNoMore || versions.failure() != null) {
      return;
    }
    try {
      if (keys.retire(versions::dataKeyEpochsInUse)) {
        versions.recordDataKeysGeneration();
      }
    } catch (DiskFullException e) {
      LOG.log(Level.DEBUG, "old keys are dropped when there is room", e);
    } catch (IOException | EngineException e) {
      retiresNoMore = true;
      LOG.log(Level.WARNING, "old keys stay in KEYS until the next open", e);
    }
  }

  private static EngineException failed(IOException e) {
    Failure failure = e instanceof DiskFullException ? Failure.DISK_FULL : Failure.STORAGE_FAILED;
    return new EngineException(failure, "KEYS could not be replaced: " + e.getMessage(), e);
  }
}

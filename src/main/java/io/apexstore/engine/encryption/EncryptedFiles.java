package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import java.util.Set;

/**
 * The files of a store as {@link DataKeyRotation} needs them: which data keys they use, and how to
 * record a change of the file {@code KEYS} in the manifest.
 *
 * <p><b>Threads:</b> any.
 */
public interface EncryptedFiles {
  /**
   * Starts a new manifest. It is encrypted with the newest data key, and records the generation of
   * {@code KEYS}: an older {@code KEYS} is refused from then on.
   *
   * @throws EngineException {@code DISK_FULL}: nothing has changed; {@code STORAGE_FAILED}
   */
  void replaceManifest();

  /**
   * Records the generation of {@code KEYS} in the current manifest: an older {@code KEYS} is
   * refused from then on.
   *
   * @throws EngineException {@code DISK_FULL}: nothing has changed; {@code STORAGE_FAILED}
   */
  void recordDataKeysGeneration();

  /** Returns the data key epochs of the manifest and of all files that it names. */
  Set<Long> dataKeyEpochsInUse();

  /** Returns whether the manifest can still be written: no earlier write has failed. */
  boolean isWritable();
}

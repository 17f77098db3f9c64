package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestWriter;
import io.apexstore.engine.manifest.ManifestWriter.NotReplacedException;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.VersionEdit;
import java.io.IOException;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The manifest while it is written: edits are appended, and a new file takes the place of one that
 * has grown large or that a full disk left with half an edit at its end.
 *
 * <p><b>Threads:</b> one at a time, but for {@link #failure} and {@link #keyEpoch}.
 * <b>Invariants:</b> after a failure that is not a full disk nothing is ever written again.
 */
final class ManifestLog {
  private static final long GROWTH_BYTES_MAX = 1 << 20;

  private final Storage storage;
  private final UUID storeId;
  private final LongSupplier newFileId;
  private final FileCipherKeys keys;
  private @Nullable ManifestWriter writer;
  private long bytesMax;
  private boolean closed;
  private volatile @Nullable IOException failure;

  private volatile long keyEpoch;

  ManifestLog(Storage storage, UUID storeId, LongSupplier newFileId, FileCipherKeys keys) {
    this.keys = keys;
    this.storage = storage;
    this.storeId = storeId;
    this.newFileId = newFileId;
  }

  /** Begins a new manifest with a state. */
  void begin(StoreState state) {
    requireUsable();
    try {
      replace(state);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Appends an edit and makes it durable.
   *
   * @param before the state that the edit changes
   * @throws EngineException {@code DISK_FULL}: the edit does not hold; {@code STORAGE_FAILED}:
   *     after a crash it may hold
   */
  void append(VersionEdit edit, StoreState before) {
    requireUsable();
    try {
      writerFor(before).append(edit);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void requireUsable() {
    if (closed) {
      // Not even in a new file: the directory may have another owner by now.
      throw new EngineException(Failure.CLOSED, "MANIFEST is closed");
    }
    if (failure != null) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "MANIFEST takes no more edits after a failure", failure);
    }
  }

  /** Whether {@link #begin} was called. */
  boolean hasBegun() {
    return writer != null;
  }

  /** The epoch of the key that the file is encrypted with, 0 for none. */
  long keyEpoch() {
    return keyEpoch;
  }

  /** Why nothing is written any more, or null. */
  @Nullable IOException failure() {
    return failure;
  }

  void close() {
    closed = true;
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        throw failed(e);
      }
    }
  }

  private ManifestWriter writerFor(StoreState before) throws IOException {
    ManifestWriter now = writer;
    if (now == null) {
      throw new IllegalStateException("begin() comes first");
    }
    if (now.isUsable() && now.size() <= bytesMax) {
      return now;
    }
    try {
      return replace(before);
    } catch (NotReplacedException e) {
      if (now.isUsable() && e.isDiskFull()) {
        bytesMax = now.size() + GROWTH_BYTES_MAX;
        return now;
      }
      throw e;
    }
  }

  private ManifestWriter replace(StoreState state) throws IOException {
    ManifestWriter old = writer;
    long fileId = newFileId.getAsLong();
    ManifestWriter fresh;
    try {
      fresh = ManifestWriter.replace(storage, storeId, fileId, state, keys);
    } catch (NotReplacedException e) {
      keys.release(fileId);
      throw e;
    }
    keyEpoch = fresh.header().dataKeyEpoch();
    keys.release(fileId);
    writer = fresh;
    bytesMax = fresh.size() * 2 + GROWTH_BYTES_MAX;
    if (old != null) {
      old.close();
    }
    return fresh;
  }

  private EngineException failed(IOException e) {
    if (e instanceof DiskFullException
        || (e instanceof NotReplacedException kept && kept.isDiskFull())) {
      return new EngineException(Failure.DISK_FULL, String.valueOf(e.getMessage()), e);
    }
    failure = e;
    return new EngineException(
        Failure.STORAGE_FAILED, "MANIFEST could not be written: " + e.getMessage(), e);
  }
}

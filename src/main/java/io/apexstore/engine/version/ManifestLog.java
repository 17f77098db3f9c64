package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.IoFailures;
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
 * The writing side of the manifest. Edits are appended. The file is replaced by a new one when it
 * has grown large, or when a refused write left half an edit at its end.
 *
 * <p><b>Threads:</b> one at a time, except {@link #failure} and {@link #dataKeyEpoch}, which any
 * thread may call. <b>Invariants:</b> after a failure that cannot pass nothing is written again.
 */
final class ManifestLog {
  private static final long GROWTH_BYTES_MAX = 1 << 20;

  private final Storage storage;
  private final UUID storeId;
  private final LongSupplier newFileId;
  private final FileCipherKeys fileKeys;
  private @Nullable ManifestWriter writer;
  // The size in bytes from which on the file is replaced.
  private long bytesMax;
  private boolean closed;
  private volatile @Nullable IOException failure;
  private volatile long dataKeyEpoch;

  ManifestLog(Storage storage, UUID storeId, LongSupplier newFileId, FileCipherKeys fileKeys) {
    this.storage = storage;
    this.storeId = storeId;
    this.newFileId = newFileId;
    this.fileKeys = fileKeys;
  }

  /**
   * Replaces the manifest by a new file that holds a state, or creates it.
   *
   * @throws EngineException as {@link #append} does
   */
  void start(StoreState state) {
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
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE}: the edit is not in
   *     the manifest; {@code STORAGE_FAILED}: it may be there after a crash; {@code CLOSED} after
   *     {@link #close}
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
      // Nothing is written, not even to a new file: the directory may have another owner now.
      throw new EngineException(Failure.CLOSED, "MANIFEST is closed");
    }
    if (failure != null) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "MANIFEST accepts no edits after a failed write", failure);
    }
  }

  /** Whether {@link #start} was called. */
  boolean isStarted() {
    return writer != null;
  }

  /** The epoch of the data key that the file is encrypted with, 0 for none. */
  long dataKeyEpoch() {
    return dataKeyEpoch;
  }

  /** The failure after which nothing is written, or null. */
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
    ManifestWriter current = writer;
    if (current == null) {
      throw new IllegalStateException("start() must be called first");
    }
    if (current.isUsable() && current.size() <= bytesMax) {
      return current;
    }
    try {
      return replace(before);
    } catch (NotReplacedException e) {
      if (current.isUsable() && e.failure().isRetryable()) {
        bytesMax = current.size() + GROWTH_BYTES_MAX;
        return current;
      }
      throw e;
    }
  }

  private ManifestWriter replace(StoreState state) throws IOException {
    ManifestWriter old = writer;
    long fileId = newFileId.getAsLong();
    ManifestWriter replacement;
    try {
      replacement = ManifestWriter.replace(storage, storeId, fileId, state, fileKeys);
    } catch (NotReplacedException e) {
      fileKeys.release(fileId);
      throw e;
    }
    dataKeyEpoch = replacement.header().dataKeyEpoch();
    fileKeys.release(fileId);
    writer = replacement;
    bytesMax = replacement.size() * 2 + GROWTH_BYTES_MAX;
    if (old != null) {
      old.close();
    }
    return replacement;
  }

  private EngineException failed(IOException e) {
    Failure kind = e instanceof NotReplacedException kept ? kept.failure() : IoFailures.of(e);
    if (kind.isRetryable()) {
      return new EngineException(kind, String.valueOf(e.getMessage()), e);
    }
    failure = e;
    return new EngineException(
        Failure.STORAGE_FAILED, "MANIFEST could not be written: " + e.getMessage(), e);
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * The components and options of a log.
 *
 * @param storage the files; the log does not close it
 * @param storeId the store that the segments belong to
 * @param fileIds returns new file ids of the store, each greater than all earlier ones
 * @param background the executor that prepares segments ahead of need and removes old ones
 * @param time the clocks
 * @param options sizes
 * @param fileKeys the source of the segments' ciphers
 */
public record LogContext(
    Storage storage,
    UUID storeId,
    LongSupplier fileIds,
    Executor background,
    TimeSource time,
    LogOptions options,
    FileCipherKeys fileKeys) {

  /** Creates the context of a log that is not encrypted. */
  public LogContext(
      Storage storage,
      UUID storeId,
      LongSupplier fileIds,
      Executor background,
      TimeSource time,
      LogOptions options) {
    this(storage, storeId, fileIds, background, time, options, FileCipherKeys.NONE);
  }
}

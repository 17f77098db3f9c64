package io.apexstore.engine.wal;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What a log is put together from besides its options.
 *
 * @param storage the files; not closed by the log
 * @param storeId the store the segments belong to
 * @param fileIds the next number for a file of the store, each greater than all before
 * @param background where the next segment is made ahead of need and old ones are cleared away
 * @param time the clocks
 * @param options sizes
 * @param keys what the segments are encrypted with
 */
public record LogContext(
    Storage storage,
    UUID storeId,
    LongSupplier fileIds,
    Executor background,
    TimeSource time,
    LogOptions options,
    FileCipherKeys keys) {

  /** Makes the context of a log that is not encrypted. */
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

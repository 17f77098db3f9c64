package io.apexstore.bench.job;

import io.apexstore.bench.store.StoreSettings;
import org.jspecify.annotations.Nullable;

/** Makes the jobs. */
public final class BenchJobs {
  private BenchJobs() {}

  /** fillrandom of that many keys. */
  public static Job fill(JobContext context, long keys) {
    return new FillJob(context, keys);
  }

  /** Durable puts by that many blocking threads. */
  public static Job durablePuts(JobContext context, int threads) {
    return new DurablePutJob(context, threads, false);
  }

  /** Durable puts, that many in flight from one thread where the store can. */
  public static Job durablePutsInFlight(JobContext context, int inFlight) {
    return new DurablePutJob(context, inFlight, true);
  }

  /** Random reads of keys that are there. */
  public static Job read(JobContext context, long keys, int threads) {
    return new ReadJob(context, keys, threads, false);
  }

  /** Random reads of keys that are not there. */
  public static Job readMissing(JobContext context, long keys) {
    return new ReadJob(context, keys, 1, true);
  }

  /** Scans of 100 entries. */
  public static Job scan(JobContext context, long keys, boolean reverse) {
    return new ScanJob(context, keys, reverse);
  }

  /** YCSB's core workload of that letter. */
  public static Job ycsb(JobContext context, char letter, long records) {
    return new YcsbJob(context, letter, records);
  }

  /** The slowest reads while the store compacts. */
  public static Job readTail(JobContext context, long keys) {
    return new TailReadJob(context, keys);
  }

  /** The slowest puts at half the rate that the store can take. */
  public static Job putTail(JobContext context, double seconds) {
    return new TailPutJob(context, seconds);
  }

  /** Bytes written for each byte the user wrote, and bytes kept for each byte alive. */
  public static Job amplification(JobContext context, long keys) {
    return new AmplificationJob(context, keys, StoreSettings.unsyncedWrites());
  }

  /** The same with write buffers of so many bytes. */
  public static Job amplification(JobContext context, long keys, long writeBufferBytes) {
    return new AmplificationJob(
        context, keys, StoreSettings.unsyncedWrites().withWriteBufferBytes(writeBufferBytes));
  }

  /** Time to open a store that was closed. */
  public static Job open(JobContext context, long keys) {
    return new OpenJob(context, keys);
  }

  /** Time to open a store whose process ended with that much in its log. */
  public static Job replay(JobContext context, long logBytes) {
    return new ReplayJob(context, logBytes);
  }

  /** Time of a scan over keys that were deleted as one range. */
  public static Job scanDeleted(JobContext context, long keys) {
    return new ScanDeletedJob(context, keys);
  }

  /** Puts while a million keys expire, where they do. */
  public static Job putsBesideExpiry(JobContext context) {
    return new ExpiryJob(context);
  }

  /** Reads and replacements of values, each on a condition where there are any. */
  public static Job replace(JobContext context, long keys) {
    return new ReplaceJob(context, keys);
  }

  /** Changes read from the log, one after the other. */
  public static Job replayChanges(JobContext context, long keys) {
    return new ReplayChangesJob(context, keys);
  }

  /** Changes read while they are made. */
  public static Job followChanges(JobContext context) {
    return new FollowChangesJob(context);
  }

  static <T> T prepared(@Nullable T store) {
    if (store == null) {
      throw new IllegalStateException("the job was not prepared");
    }
    return store;
  }
}

package io.apexstore.bench.job;

import io.apexstore.bench.store.StoreSettings;
import org.jspecify.annotations.Nullable;

/** Creates the jobs. */
public final class BenchJobs {
  private BenchJobs() {}

  /** fillrandom with this many keys. */
  public static Job fill(JobContext context, long keys) {
    return new FillJob(context, keys);
  }

  /** Durable puts by this many blocking threads. */
  public static Job durablePuts(JobContext context, int threads) {
    return new DurablePutJob(context, threads, false);
  }

  /** Durable puts, this many in flight: from one thread if the store has asynchronous puts. */
  public static Job durablePutsInFlight(JobContext context, int inFlight) {
    return new DurablePutJob(context, inFlight, true);
  }

  /** Random reads of present keys. */
  public static Job read(JobContext context, long keys, int threads) {
    return new ReadJob(context, keys, threads, false);
  }

  /** Random reads of absent keys. */
  public static Job readMissing(JobContext context, long keys) {
    return new ReadJob(context, keys, 1, true);
  }

  /** Scans of 100 entries. */
  public static Job scan(JobContext context, long keys, boolean reverse) {
    return new ScanJob(context, keys, reverse);
  }

  /** The core workload of YCSB with this letter. */
  public static Job ycsb(JobContext context, char letter, long records) {
    return new YcsbJob(context, letter, records);
  }

  /** Tail latency of reads while the store compacts. */
  public static Job readTail(JobContext context, long keys) {
    return new TailReadJob(context, keys);
  }

  /** Tail latency of puts at half the highest rate of the store. */
  public static Job putTail(JobContext context, double seconds) {
    return new TailPutJob(context, seconds);
  }

  /** Write and space amplification. */
  public static Job amplification(JobContext context, long keys) {
    return new AmplificationJob(context, keys, StoreSettings.unsyncedWrites());
  }

  /** Write and space amplification with write buffers of this many bytes. */
  public static Job amplification(JobContext context, long keys, long writeBufferBytes) {
    return new AmplificationJob(
        context, keys, StoreSettings.unsyncedWrites().withWriteBufferBytes(writeBufferBytes));
  }

  /** Time to open a closed store. */
  public static Job open(JobContext context, long keys) {
    return new OpenJob(context, keys);
  }

  /** Time to open a store whose process ended with this many bytes in its log. */
  public static Job replay(JobContext context, long logBytes) {
    return new ReplayJob(context, logBytes);
  }

  /** Time of a scan over keys that one range tombstone deletes. */
  public static Job scanDeleted(JobContext context, long keys) {
    return new ScanDeletedJob(context, keys);
  }

  /** Puts while a million keys expire, if the store is the expiring one. */
  public static Job putsBesideExpiry(JobContext context) {
    return new ExpiryJob(context);
  }

  /** Reads and replacements of values, conditional if the store is the conditional one. */
  public static Job replace(JobContext context, long keys) {
    return new ReplaceJob(context, keys);
  }

  /** Changes read from the log of a filled store. */
  public static Job replayChanges(JobContext context, long keys) {
    return new ReplayChangesJob(context, keys);
  }

  /** Changes read while another thread writes them. */
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

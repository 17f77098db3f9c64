package io.apexstore.engine.wal;

/**
 * Sizes of the log.
 *
 * @param segmentBytesMin size of the first segment after each open; each later one is twice as
 *     large as the one before. Default 512 KiB. A multiple of 4 KiB, at least 8 KiB
 * @param segmentBytesMax size that segments grow to. Default 64 MiB. A larger one means fewer
 *     rolls, and more that a restart scans
 * @param retentionBytes closed segments are kept for readers of changes while they are not more
 *     bytes than this together. Default 256 MiB
 * @param retentionMs closed segments with a younger commit are kept for readers of changes, however
 *     many they are. Default 0
 * @param sparesMax segments kept for recycling. Default 2
 */
public record LogOptions(
    long segmentBytesMin,
    long segmentBytesMax,
    long retentionBytes,
    long retentionMs,
    int sparesMax) {
  /** What a log has unless told otherwise. */
  public static final LogOptions DEFAULT = new LogOptions(512 << 10, 64 << 20, 256L << 20, 0, 2);

  private static final long PAGE_BYTES = 4096;

  /** Checks the sizes. */
  public LogOptions {
    if (segmentBytesMin < 2 * PAGE_BYTES
        || segmentBytesMin % PAGE_BYTES != 0
        || segmentBytesMax < segmentBytesMin
        || segmentBytesMax % PAGE_BYTES != 0
        || segmentBytesMax > 1 << 30) {
      throw new IllegalArgumentException(
          "segments of "
              + segmentBytesMin
              + " to "
              + segmentBytesMax
              + " bytes, allowed are multiples of 4096 from 8192 to 2^30");
    }
    if (retentionBytes < 0 || retentionMs < 0 || sparesMax < 0) {
      throw new IllegalArgumentException(
          "retention of "
              + retentionBytes
              + " bytes, "
              + retentionMs
              + " ms, "
              + sparesMax
              + " spares; none may be negative");
    }
  }

  /** Returns the same options with segments of other sizes. */
  public LogOptions withSegmentBytes(long min, long max) {
    return new LogOptions(min, max, retentionBytes, retentionMs, sparesMax);
  }

  /** Returns the same options with another retention. */
  public LogOptions withRetention(long bytes, long ms) {
    return new LogOptions(segmentBytesMin, segmentBytesMax, bytes, ms, sparesMax);
  }
}

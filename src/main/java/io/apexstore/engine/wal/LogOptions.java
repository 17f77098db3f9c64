package io.apexstore.engine.wal;

/**
 * The sizes and the retention of a log.
 *
 * @param segmentBytesMin size of the first segment after each open; each segment is twice as large
 *     as the preceding one. Default 512 KiB. A multiple of 4 KiB, at least 8 KiB
 * @param segmentBytesMax maximum size of a segment. Default 64 MiB. A larger size means fewer
 *     switches between segments, but more bytes that a restart scans. A multiple of 4 KiB, at most
 *     1 GiB
 * @param retentionBytes closed segments are kept for readers of changes while together they are not
 *     larger than this. Default 256 MiB
 * @param retentionMs closed segments with a commit younger than this are kept for readers of
 *     changes, regardless of their size. Default 0
 * @param sparesMax maximum number of segments kept for recycling. Default 2
 */
public record LogOptions(
    long segmentBytesMin,
    long segmentBytesMax,
    long retentionBytes,
    long retentionMs,
    int sparesMax) {
  /** The default options. */
  public static final LogOptions DEFAULT = new LogOptions(512 << 10, 64 << 20, 256L << 20, 0, 2);

  static final long PAGE_BYTES = 4096;

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
              + " bytes, sizes must be multiples of 4096 from 8192 to 2^30");
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

package io.apexstore.engine.wal;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.file.FileNames;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The full segments of a log. A segment is kept until its commits are in tables and the retention
 * no longer requires it.
 *
 * <p><b>Threads:</b> any. {@link #add} is fast and does no I/O; {@link #cleanUp} does I/O, one
 * thread at a time. <b>Invariants:</b> extents are sorted by file id, which is also the order of
 * their versions and sequence numbers. A segment is recycled or deleted only after the registry has
 * durably recorded that it is dropped.
 */
final class RetainedSegments {
  private static final Logger LOG = SafeLogger.of(RetainedSegments.class);

  private final LogContext context;
  private final SegmentRegistry registry;
  private final SegmentPool pool;

  private final ReentrantLock cleaning = new ReentrantLock();
  private final ReentrantLock changing = new ReentrantLock();
  private final ConcurrentLinkedQueue<LiveSegment> synced = new ConcurrentLinkedQueue<>();
  private volatile List<Extent> extents = List.of();
  private volatile long flushedVersion;
  private volatile Held held = new Held(() -> Long.MAX_VALUE, 0);

  /** The version above which consumers need the log, and the maximum bytes kept for them. */
  private record Held(LongSupplier aboveVersion, long bytesMax) {}

  /**
   * A full segment.
   *
   * @param endSequence sequence number after its last frame
   * @param endRecorded whether it is durable and the registry has recorded its end
   */
  record Extent(
      long fileId,
      long fileBytes,
      long endOffset,
      long lastVersion,
      long lastCommitTimeMs,
      long endSequence,
      boolean endRecorded) {
    long startSequence() {
      return endSequence - (endOffset - LogFormat.FRAMES_START);
    }
  }

  RetainedSegments(
      LogContext context, SegmentRegistry registry, SegmentPool pool, long flushedVersion) {
    this.context = context;
    this.registry = registry;
    this.pool = pool;
    this.flushedVersion = flushedVersion;
  }

  /** Returns the full segments, oldest first. */
  List<Extent> extents() {
    return extents;
  }

  /** Returns the segments of the log: the full ones and the active one. */
  List<AdoptedSegment> segments(long activeFileId) {
    List<AdoptedSegment> segments = new ArrayList<>();
    for (Extent extent : extents) {
      segments.add(new AdoptedSegment(extent.fileId(), extent.endOffset(), extent.lastVersion()));
    }
    // The active segment may have become full since activeFileId was read.
    if (segments.isEmpty() || segments.getLast().fileId() < activeFileId) {
      segments.add(AdoptedSegment.open(activeFileId));
    }
    return segments;
  }

  /**
   * Returns the approximate sequence number at which the commits above a version begin.
   *
   * @param endSequence sequence number after the newest commit of the log
   * @param endVersion version of that commit
   */
  long sequenceAfter(long version, long endSequence, long endVersion) {
    long startSequence = 0;
    long startVersion = Long.MAX_VALUE;
    for (Extent extent : extents) {
      if (extent.lastVersion() > version) {
        return between(
            extent.startSequence(),
            startVersion,
            extent.endSequence(),
            extent.lastVersion(),
            version);
      }
      startSequence = extent.endSequence();
      startVersion = extent.lastVersion();
    }
    return between(startSequence, startVersion, endSequence, endVersion, version);
  }

  /** Interpolates the sequence number of a version, as if all commits had the same size. */
  private static long between(
      long startSequence, long startVersion, long endSequence, long endVersion, long version) {
    if (version <= startVersion || endVersion <= startVersion) {
      return startSequence;
    }
    double part = (double) (version - startVersion) / (endVersion - startVersion);
    return startSequence + (long) (part * (endSequence - startSequence));
  }

  /** Adds a segment of an earlier process; called in ascending order of file ids. */
  void addRetained(Extent extent) {
    change(list -> list.add(extent));
  }

  /**
   * Adds the segment that was active until now.
   *
   * @param endRecorded whether it is durable and the registry has recorded its end
   */
  void add(LiveSegment segment, boolean endRecorded) {
    change(
        list ->
            list.add(
                new Extent(
                    segment.fileId,
                    segment.sizeBytes,
                    segment.offset,
                    segment.lastVersion,
                    segment.lastCommitTimeMs,
                    segment.endSequence(),
                    endRecorded)));
  }

  /** Notes that a full segment is durable; the next {@link #cleanUp} records its end. */
  void synced(LiveSegment segment) {
    synced.add(segment);
  }

  /** Holds the segments with commits above a version; see {@link FileCommitLog#holdAbove}. */
  void holdAbove(LongSupplier aboveVersion, long bytesMax) {
    held = new Held(aboveVersion, bytesMax);
  }

  /** Returns the bytes of the full segments whose commits are all in tables. */
  long retainedBytes() {
    long flushed = flushedVersion;
    return extents.stream()
        .filter(e -> e.lastVersion() <= flushed)
        .mapToLong(Extent::fileBytes)
        .sum();
  }

  /** Notes that every commit up to a version is in tables. */
  void flushedTo(long version) {
    changing.lock();
    try {
      flushedVersion = Math.max(flushedVersion, version);
    } finally {
      changing.unlock();
    }
  }

  /**
   * Records the ends of synced segments, closes their files, and drops the segments that the
   * retention no longer requires.
   *
   * @param syncedSequence sequence number up to which the log is known to be durable
   */
  void cleanUp(long syncedSequence) throws IOException {
    cleaning.lock();
    try {
      // A segment stays in the queue if its end cannot be recorded, for example on a full disk.
      for (LiveSegment segment = synced.peek(); segment != null; segment = synced.peek()) {
        long fileId = segment.fileId;
        if (extents.stream().anyMatch(e -> e.fileId() == fileId && !e.endRecorded())) {
          registry.recordEnd(fileId, segment.offset, segment.lastVersion);
          change(list -> list.replaceAll(e -> e.fileId() == fileId ? withEndRecorded(e) : e));
        }
        synced.remove();
        segment.region.close();
      }
      LogRetention.Choice choice =
          LogRetention.choose(
              closedBefore(syncedSequence),
              flushedVersion,
              context.options().retentionBytes(),
              context.options().retentionMs(),
              context.time().currentTimeMs(),
              held.aboveVersion().getAsLong(),
              held.bytesMax());
      if (choice instanceof LogRetention.Choice.Drop drop) {
        drop(drop.fileIds());
      }
    } finally {
      cleaning.unlock();
    }
  }

  /** Closes the files whose end was not recorded; recovery finds the end. */
  void close() throws IOException {
    cleaning.lock();
    try {
      for (LiveSegment segment = synced.poll(); segment != null; segment = synced.poll()) {
        segment.region.close();
      }
    } finally {
      cleaning.unlock();
    }
  }

  private void drop(List<Long> fileIds) throws IOException {
    registry.recordDropped(fileIds);
    Set<Long> dropped = new HashSet<>(fileIds);
    List<Extent> before = extents;
    change(list -> list.removeIf(e -> dropped.contains(e.fileId())));
    for (Extent extent : before) {
      if (dropped.contains(extent.fileId())) {
        recycle(FileNames.log(extent.fileId()), extent.fileBytes());
      }
    }
  }

  private void recycle(String name, long bytes) {
    try {
      pool.recycle(name, bytes);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, name + ": unused, but could not be deleted before the next open: " + e);
    }
  }

  // A segment may be dropped only if a durable one follows it: only the log records the last
  // version and the last commit time, and neither may decrease.
  private List<LogRetention.Closed> closedBefore(long syncedSequence) {
    List<LogRetention.Closed> closed = new ArrayList<>();
    for (Extent extent : extents) {
      if (!extent.endRecorded() || extent.endSequence() >= syncedSequence) {
        break;
      }
      closed.add(
          new LogRetention.Closed(
              extent.fileId(),
              extent.fileBytes(),
              extent.lastVersion(),
              extent.lastCommitTimeMs()));
    }
    return closed;
  }

  private static Extent withEndRecorded(Extent e) {
    return new Extent(
        e.fileId(),
        e.fileBytes(),
        e.endOffset(),
        e.lastVersion(),
        e.lastCommitTimeMs(),
        e.endSequence(),
        true);
  }

  private void change(Consumer<List<Extent>> change) {
    changing.lock();
    try {
      List<Extent> copy = new ArrayList<>(extents);
      change.accept(copy);
      extents = List.copyOf(copy);
    } finally {
      changing.unlock();
    }
  }
}

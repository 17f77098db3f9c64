package io.apexstore.engine.wal;

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
 * The segments that are full: kept until their commits are in tables and the retention lets them
 * go.
 *
 * <p><b>Threads:</b> any. {@link #add} is quick and does no I/O; {@link #tidy} does, one at a time.
 * <b>Invariants:</b> extents stand in the order of their file ids, which is the order of their
 * versions and of their sequence numbers. A segment is recycled or deleted only after the registry
 * has recorded, durably, that it is dropped.
 */
final class RetainedSegments {
  private static final Logger LOG = System.getLogger(RetainedSegments.class.getName());

  private final LogContext context;
  private final SegmentRegistry registry;
  private final SegmentPool maker;

  private final ReentrantLock tidying = new ReentrantLock();
  private final ReentrantLock changing = new ReentrantLock();
  private final ConcurrentLinkedQueue<LiveSegment> synced = new ConcurrentLinkedQueue<>();
  private volatile List<Extent> extents = List.of();
  private volatile long flushedVersion;
  private volatile Held held = new Held(() -> Long.MAX_VALUE, 0);

  /** From where on somebody needs the log, and at most how many bytes are kept for that. */
  private record Held(LongSupplier aboveVersion, long bytesMax) {}

  /**
   * A full segment.
   *
   * @param endSequence sequence number behind its last frame
   * @param ended whether it is durable and its end was reported to the registry
   */
  record Extent(
      long fileId,
      long fileBytes,
      long endOffset,
      long lastVersion,
      long lastCommitTimeMs,
      long endSequence,
      boolean ended) {
    long startSequence() {
      return endSequence - (endOffset - LogFormat.FRAMES_START);
    }
  }

  RetainedSegments(
      LogContext context, SegmentRegistry registry, SegmentPool maker, long flushedVersion) {
    this.context = context;
    this.registry = registry;
    this.maker = maker;
    this.flushedVersion = flushedVersion;
  }

  /** The full segments, oldest first. */
  List<Extent> extents() {
    return extents;
  }

  /** The segments of the log: the full ones, and the one that is written. */
  List<AdoptedSegment> segments(long activeFileId) {
    List<AdoptedSegment> segments = new ArrayList<>();
    for (Extent extent : extents) {
      segments.add(new AdoptedSegment(extent.fileId(), extent.endOffset(), extent.lastVersion()));
    }
    // A roll may have come between.
    if (segments.isEmpty() || segments.getLast().fileId() < activeFileId) {
      segments.add(AdoptedSegment.open(activeFileId));
    }
    return segments;
  }

  /**
   * Returns about where the commits above a version begin.
   *
   * @param endSequence behind the newest commit of the log
   * @param endVersion version of that commit
   */
  long sequenceBehind(long version, long endSequence, long endVersion) {
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

  /** Where a version lies between two others, as if all commits were of one size. */
  private static long between(
      long startSequence, long startVersion, long endSequence, long endVersion, long version) {
    if (version <= startVersion || endVersion <= startVersion) {
      return startSequence;
    }
    double part = (double) (version - startVersion) / (endVersion - startVersion);
    return startSequence + (long) (part * (endSequence - startSequence));
  }

  /** Adds a segment of an earlier life of the log, older than all here, or newer: in its order. */
  void addRetained(Extent extent) {
    change(list -> list.add(extent));
  }

  /**
   * Adds the segment that has just become full, or is not written any more.
   *
   * @param ended whether it is durable and its end was reported to the registry
   */
  void add(LiveSegment segment, boolean ended) {
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
                    ended)));
  }

  /** Says that a full segment is durable; its end is reported when the shelf is next tidied. */
  void synced(LiveSegment segment) {
    synced.add(segment);
  }

  /** Keeps what has commits above a version, up to so many bytes of closed segments. */
  void holdAbove(LongSupplier aboveVersion, long bytesMax) {
    held = new Held(aboveVersion, bytesMax);
  }

  /** Bytes of the full segments whose commits are all in tables. */
  long retainedBytes() {
    long flushed = flushedVersion;
    return extents.stream()
        .filter(e -> e.lastVersion() <= flushed)
        .mapToLong(Extent::fileBytes)
        .sum();
  }

  /** Says up to which version every commit is in tables. */
  void flushedTo(long version) {
    changing.lock();
    try {
      flushedVersion = Math.max(flushedVersion, version);
    } finally {
      changing.unlock();
    }
  }

  /**
   * Reports ends, closes files that are not written any more, drops what is not to be kept.
   *
   * @param syncedSequence how far the log is known to be durable
   */
  void tidy(long syncedSequence) throws IOException {
    tidying.lock();
    try {
      // Left in the queue if its end cannot be recorded, say on a full disk.
      for (LiveSegment segment = synced.peek(); segment != null; segment = synced.peek()) {
        long fileId = segment.fileId;
        if (extents.stream().anyMatch(e -> e.fileId() == fileId && !e.ended())) {
          registry.ended(fileId, segment.offset, segment.lastVersion);
          change(list -> list.replaceAll(e -> e.fileId() == fileId ? asEnded(e) : e));
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
      tidying.unlock();
    }
  }

  /** Closes the files whose end was not reported; recovery finds it. */
  void close() throws IOException {
    tidying.lock();
    try {
      for (LiveSegment segment = synced.poll(); segment != null; segment = synced.poll()) {
        segment.region.close();
      }
    } finally {
      tidying.unlock();
    }
  }

  private void drop(List<Long> fileIds) throws IOException {
    registry.dropped(fileIds);
    Set<Long> dropped = new HashSet<>(fileIds);
    List<Extent> before = extents;
    change(list -> list.removeIf(e -> dropped.contains(e.fileId())));
    for (Extent extent : before) {
      if (dropped.contains(extent.fileId())) {
        discard(FileNames.log(extent.fileId()), extent.fileBytes());
      }
    }
  }

  private void discard(String name, long bytes) {
    try {
      maker.discard(name, bytes);
    } catch (IOException e) {
      LOG.log(Level.WARNING, name + ": not needed, but stays until the next open: " + e);
    }
  }

  // Something durable must follow a segment that goes: the log alone tells which version and which
  // time was the last, and neither may go back.
  private List<LogRetention.Closed> closedBefore(long syncedSequence) {
    List<LogRetention.Closed> closed = new ArrayList<>();
    for (Extent extent : extents) {
      if (!extent.ended() || extent.endSequence() >= syncedSequence) {
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

  private static Extent asEnded(Extent e) {
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

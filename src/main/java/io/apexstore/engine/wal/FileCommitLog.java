package io.apexstore.engine.wal;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.io.DiskFullException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The log in files: frames in preallocated segments, see {@link LogFormat}.
 *
 * <p>An append is a copy into the segment, without a system call. When a segment is full the log
 * goes on in one that was made ready in the background; only where that is late does the writer
 * make it. A log begins in a segment of its own at every open, see {@link LogRecovery}: nothing is
 * ever appended to one that was there before.
 *
 * <p><b>Threads:</b> {@code add}, {@code write}, {@code discard}, {@code mark}, {@code renew} and
 * {@code close} belong to the writer, of which there is one at a time; {@code sync} may run beside
 * them, on any thread; the rest is for all.
 *
 * <p><b>Invariants:</b> one sequence number says how far is written, one how far is synced; both
 * only grow, both stand behind a whole group, and synced never exceeds written. A frame claims as
 * synced no more than the synced sequence of the moment. After a failed sync no file is synced
 * again and no group written.
 */
public final class FileCommitLog implements CommitLog, LogReader.Source {
  private static final Logger LOG = System.getLogger(FileCommitLog.class.getName());

  private final LogContext context;
  private final SegmentRegistry registry;
  private final SegmentPool maker;
  private final RetainedSegments shelf;

  // Of the writer.
  private final FrameBuffer group;
  private final FrameBuffer markBuffer;
  private LiveSegment active;
  // The segment in which the synced sequence lies, as far as the writer has looked.
  private LiveSegment claimSegment;
  private long claimedSequence;
  private long commitSequence;
  private long lastAddedVersion;
  private long lastCommitTimeMs;
  private long prepareAtOffset;

  // Of whoever syncs.
  private final ReentrantLock syncing = new ReentrantLock();
  private LiveSegment oldestUnsynced;

  // Written in this order, read in the other: the version never stands for more than the sequence.
  private final AtomicLong writtenSequence = new AtomicLong();
  private final AtomicLong writtenVersion = new AtomicLong();
  private final AtomicLong syncedSequence = new AtomicLong();
  private final AtomicLong durableVersion = new AtomicLong();

  private final BackgroundTask housekeeping;
  private final PagesAhead pagesAhead;
  private volatile boolean closed;
  private volatile long activeFileId;
  private volatile @Nullable Throwable failure;

  /**
   * Begins a log in a new segment, without any background work yet.
   *
   * @param baseSequence sequence number of the first frame: bytes of log that stand before it
   * @param lastVersion the newest version in the log so far
   * @param lastCommitTimeMs the newest commit time so far
   */
  FileCommitLog(
      LogContext context,
      SegmentRegistry registry,
      SegmentPool maker,
      RetainedSegments shelf,
      long baseSequence,
      long lastVersion,
      long lastCommitTimeMs)
      throws IOException {
    this.context = context;
    this.registry = registry;
    this.maker = maker;
    this.shelf = shelf;
    this.housekeeping = new BackgroundTask(context.background(), this::keepHouse);
    this.pagesAhead = new PagesAhead(context.background());
    this.group = new FrameBuffer(context.storeId());
    this.markBuffer = new FrameBuffer(context.storeId());
    maker.reserve(1);
    LiveSegment first = maker.take();
    first.baseSequence = baseSequence;
    first.lastVersion = lastVersion;
    first.lastCommitTimeMs = lastCommitTimeMs;
    this.active = first;
    this.activeFileId = first.fileId;
    this.claimSegment = first;
    this.oldestUnsynced = first;
    this.claimedSequence = baseSequence;
    this.commitSequence = baseSequence;
    this.lastAddedVersion = lastVersion;
    this.lastCommitTimeMs = lastCommitTimeMs;
    this.prepareAtOffset = first.sizeBytes / 4;
    writtenSequence.set(baseSequence);
    syncedSequence.set(baseSequence);
    writtenVersion.set(lastVersion);
    durableVersion.set(lastVersion);
  }

  /** Lets background work begin. */
  void start() {
    housekeeping.start();
    pagesAhead.start();
  }

  @Override
  public void add(long version, long commitTimeMs, byte[] batch, int length) {
    addFrom(version, commitTimeMs, batch, 0, length);
  }

  /** Adds a commit whose batch stands anywhere in an array. */
  void addFrom(long version, long commitTimeMs, byte[] batch, int offset, int length) {
    if (version <= lastAddedVersion || commitTimeMs < lastCommitTimeMs || commitTimeMs < 0) {
      throw new IllegalArgumentException(
          "version %d at %d ms after version %d at %d ms"
              .formatted(version, commitTimeMs, lastAddedVersion, lastCommitTimeMs));
    }
    if (length > Limits.BATCH_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a batch of " + length + " bytes, allowed are " + Limits.BATCH_BYTES_MAX);
    }
    group.add(version, commitTimeMs, batch, offset, length);
    lastAddedVersion = version;
    lastCommitTimeMs = commitTimeMs;
  }

  @Override
  public void write() throws IOException {
    if (group.isEmpty()) {
      return;
    }
    checkUsable();
    writeGroup(group.payloadBytes());
    group.clear();
  }

  @Override
  public void discard() {
    group.clear();
    lastAddedVersion = writtenVersion.getPlain();
    lastCommitTimeMs = active.lastCommitTimeMs;
  }

  private void writeGroup(int payload) throws IOException {
    try {
      int frameBytes = active.frameOverhead + payload;
      if (frameBytes <= LogFormat.FRAME_BYTES_MAX
          && active.room() >= Math.max(frameBytes, LogFormat.ROOM_MIN)) {
        writeFrame(0, payload, LogFormat.FULL);
      } else {
        writeFrames(payload);
      }
      commitSequence = active.endSequence();
      publish();
    } catch (DiskFullException e) {
      throw e; // Before the first frame, see writeFrames.
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  private void writeFrames(int payload) throws IOException {
    long missing =
        payload
            - LiveSegment.payloadCapacity(active.offset, active.sizeBytes, active.frameOverhead);
    if (missing > 0) {
      maker.reserve(missing);
    }
    for (int from = 0; from < payload; ) {
      if (active.room() < LogFormat.ROOM_MIN) {
        roll(false);
      }
      int room = (int) Math.min(active.room(), LogFormat.FRAME_BYTES_MAX) - active.frameOverhead;
      int length = Math.min(room, payload - from);
      writeFrame(from, length, LogFormat.groupKind(from == 0, from + length == payload));
      from += length;
    }
  }

  private void writeFrame(int from, int length, int kind) throws IOException {
    LiveSegment claim = lookUpClaim();
    long claimOffset = LogFormat.FRAMES_START + claimedSequence - claim.baseSequence;
    group.writeFrame(active, from, length, kind, claim.fileId, claimOffset);
    active.lastVersion = group.lastVersion();
    active.lastCommitTimeMs = group.lastTimeMs();
  }

  /** Takes over how far the log is synced; returns the segment in which that lies. */
  private LiveSegment lookUpClaim() {
    long synced = syncedSequence.getAcquire();
    claimedSequence = synced;
    LiveSegment segment = claimSegment;
    LiveSegment next = segment.next();
    while (next != null && synced > segment.endSequence()) {
      segment = next;
      next = segment.next();
    }
    claimSegment = segment;
    return segment;
  }

  @Override
  public void renew() throws IOException {
    checkUsable();
    maker.renew();
    if (active.offset == LogFormat.FRAMES_START) {
      writeMark(); // So that no segment is without a frame.
    }
    sync();
    try {
      // Before anything stands behind it: else the next opening would take it for a torn tail.
      registry.ended(active.fileId, active.offset, active.lastVersion);
      roll(true);
    } catch (DiskFullException e) {
      throw e; // Nothing is recorded.
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  /** Goes on in the next segment, which must be ready; ended: the present one is recorded so. */
  private void roll(boolean ended) {
    LiveSegment full = active;
    LiveSegment next = maker.take();
    next.lastVersion = full.lastVersion;
    next.lastCommitTimeMs = full.lastCommitTimeMs;
    shelf.add(full, ended);
    full.continueWith(next);
    active = next;
    activeFileId = next.fileId;
    prepareAtOffset = next.sizeBytes / 4;
  }

  private void publish() {
    writtenSequence.setRelease(active.endSequence());
    writtenVersion.setRelease(active.lastVersion);
    pagesAhead.written(active, active.endSequence() - claimedSequence);
    if (active.offset >= prepareAtOffset) {
      prepareAtOffset = Long.MAX_VALUE;
      housekeeping.schedule();
    }
  }

  @Override
  public void mark() throws IOException {
    checkUsable();
    boolean nothingNew = syncedSequence.getAcquire() <= claimedSequence;
    if (nothingNew || claimedSequence >= commitSequence) {
      return;
    }
    try {
      writeMark();
    } catch (DiskFullException e) {
      LOG.log(Level.DEBUG, "no room for a mark in the log", e);
    }
  }

  /** Writes a mark, whether it says anything new or not. */
  void writeMark() throws IOException {
    try {
      if (active.room() < LogFormat.ROOM_MIN) {
        maker.reserve(1);
        roll(false);
      }
      LiveSegment claim = lookUpClaim();
      markBuffer.writeMark(
          active,
          active.lastVersion,
          active.lastCommitTimeMs,
          claim.fileId,
          LogFormat.FRAMES_START + claimedSequence - claim.baseSequence);
      publish();
    } catch (DiskFullException e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  @Override
  public void sync() throws IOException {
    boolean segmentFull;
    syncing.lock();
    try {
      checkUsable();
      segmentFull = syncWritten();
    } finally {
      syncing.unlock();
    }
    if (segmentFull) {
      housekeeping.schedule();
    }
  }

  /** Syncs what is written by now; returns whether that was the end of a segment. */
  private boolean syncWritten() throws IOException {
    long version = writtenVersion.getAcquire();
    long sequence = writtenSequence.getAcquire();
    if (sequence <= syncedSequence.getPlain()) {
      return false;
    }
    boolean segmentFull = false;
    try {
      LiveSegment segment = oldestUnsynced;
      while (segment.baseSequence < sequence) {
        segment.region.sync();
        LiveSegment next = segment.next();
        if (next == null || sequence < next.baseSequence) {
          break;
        }
        // Full, and a whole group ends at its end or behind it.
        shelf.synced(segment);
        segmentFull = true;
        oldestUnsynced = next;
        segment = next;
      }
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
    syncedSequence.setRelease(sequence);
    durableVersion.setRelease(version);
    return segmentFull;
  }

  @Override
  public long durableVersion() {
    return durableVersion.getAcquire();
  }

  @Override
  public long writtenVersion() {
    return writtenVersion.getAcquire();
  }

  /** The newest commit time in the log, ms since the epoch, also of earlier lives. Writer only. */
  public long lastCommitTimeMs() {
    return lastCommitTimeMs;
  }

  @Override
  public long bytesAfter(long version) {
    long end = writtenSequence.getAcquire();
    long written = writtenVersion.getAcquire();
    return version >= written ? 0 : end - shelf.sequenceBehind(version, end, written);
  }

  @Override
  public List<AdoptedSegment> segments() {
    return shelf.segments(activeFileId);
  }

  /** Returns a reader of the commits after a version: of those that are durable. */
  public LogReader readAfter(long version) throws IOException {
    return readAfter(version, null);
  }

  /**
   * Returns a reader of the commits after a version that perhaps need not look for where they
   * begin.
   *
   * @param start where a reader stood that had read up to this version or less, or null
   */
  public LogReader readAfter(long version, LogReader.@Nullable Place start) throws IOException {
    return new LogReader(
        context.storage(), context.storeId(), context.keys(), this, version, start);
  }

  /**
   * Keeps segments for somebody: those with commits above a version, as long as the closed ones
   * together hold no more than so many bytes.
   *
   * @param heldVersion gives the version, {@link Long#MAX_VALUE} for none; asked on any thread
   */
  public void holdAbove(LongSupplier heldVersion, long bytesMax) {
    shelf.holdAbove(heldVersion, bytesMax);
  }

  /** Bytes of the closed segments that only readers of changes still need. */
  public long retainedBytes() {
    return shelf.retainedBytes();
  }

  @Override
  public long diskBytes() {
    return maker.diskBytes();
  }

  @Override
  public void flushedTo(long version) throws IOException {
    shelf.flushedTo(version);
    if (!closed && failure == null) {
      shelf.tidy(syncedSequence.getAcquire());
    }
  }

  private void keepHouse() {
    if (failure != null) {
      return;
    }
    try {
      shelf.tidy(syncedSequence.getAcquire());
      maker.prepareAhead();
    } catch (DiskFullException e) {
      LOG.log(Level.DEBUG, "the next log segment is made later", e);
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "the log failed", fail(e));
    }
  }

  private void checkUsable() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException("the log failed before: " + cause.getMessage(), cause);
    }
    if (closed) {
      throw new IllegalStateException("the log is closed");
    }
  }

  /** Remembers the first failure; nothing is written or synced afterwards. */
  private IOException fail(Throwable e) {
    if (failure == null) {
      failure = e;
    }
    return e instanceof IOException io ? io : new IOException("the log failed: " + e, e);
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    List<LiveSegment> empty = List.of();
    try {
      if (failure == null) {
        sync();
        mark();
        sync();
        empty = reportEnds();
      }
    } finally {
      closed = true;
      closeFiles();
    }
    for (LiveSegment segment : empty) {
      maker.deleteLeft(segment);
    }
  }

  /**
   * Spares the next opening the search for them, and the look through what was made ahead.
   *
   * @return the segments made ahead, if the registry has dropped them
   */
  private List<LiveSegment> reportEnds() throws IOException {
    try {
      shelf.tidy(syncedSequence.getAcquire());
      // A segment without commits has no end worth recording: the next opening drops it. Until then
      // its mark may be all that tells the time of the newest commit.
      if (commitSequence > active.baseSequence) {
        registry.ended(active.fileId, active.offset, active.lastVersion);
      }
      List<LiveSegment> empty = maker.ready();
      if (!empty.isEmpty()) {
        registry.dropped(empty.stream().map(segment -> segment.fileId).toList());
      }
      return empty;
    } catch (DiskFullException e) {
      LOG.log(Level.DEBUG, "no room to record where the log ends; recovery finds it", e);
      return List.of();
    }
  }

  /** Closes the files of a log that was not started. */
  void abandon() throws IOException {
    closed = true;
    closeFiles();
  }

  private void closeFiles() throws IOException {
    pagesAhead.stop();
    housekeeping.stop();
    maker.close();
    shelf.close();
    for (LiveSegment segment = oldestUnsynced; segment != null; segment = segment.next()) {
      segment.region.close();
    }
  }
}

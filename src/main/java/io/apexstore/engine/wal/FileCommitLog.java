package io.apexstore.engine.wal;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.io.RetryableIoException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A write-ahead log in files: frames in preallocated segments, see {@link LogFormat}.
 *
 * <p>An append copies bytes into the segment without a system call. When a segment is full, the log
 * continues in one that was prepared in the background; if none is ready, the writer creates it.
 * Every open starts a new segment, see {@link LogRecovery}: nothing is ever appended to a segment
 * of an earlier process.
 *
 * <p><b>Threads:</b> only the writer calls {@code add}, {@code write}, {@code discard}, {@code
 * mark}, {@code renew} and {@code close}; there is one writer at a time. {@code sync} may run
 * concurrently, on any thread. Any thread may call the rest.
 *
 * <p><b>Invariants:</b> one sequence number is the end of what is written, another the end of what
 * is synced. Both only grow, both are ends of whole groups, and synced never exceeds written. The
 * synced position in a frame never exceeds the synced sequence at the time of writing. After a
 * failed sync, no file is synced again and no group is written.
 */
public final class FileCommitLog implements CommitLog, LogReader.Source {
  private static final Logger LOG = SafeLogger.of(FileCommitLog.class);

  private final LogContext context;
  private final SegmentRegistry registry;
  private final SegmentPool pool;
  private final RetainedSegments retained;

  // Used only by the writer.
  private final FrameBuffer group;
  private final FrameBuffer markBuffer;
  private LiveSegment active;
  // The segment that contains claimedSequence.
  private LiveSegment claimSegment;
  private long claimedSequence;
  private long commitSequence;
  private long lastAddedVersion;
  private long lastCommitTimeMs;
  private long prepareAtOffset;

  private final ReentrantLock syncing = new ReentrantLock();
  // Guarded by syncing.
  private LiveSegment oldestUnsynced;

  // Written in this order and read in reverse, so that a version never covers more than a sequence.
  private final AtomicLong writtenSequence = new AtomicLong();
  private final AtomicLong writtenVersion = new AtomicLong();
  private final AtomicLong syncedSequence = new AtomicLong();
  private final AtomicLong durableVersion = new AtomicLong();

  private final BackgroundTask housekeeping;
  private final Prefaulter prefaulter;
  private volatile boolean closed;
  private volatile long activeFileId;
  private volatile @Nullable Throwable failure;

  /**
   * Creates a log that continues in a new segment, without background work until {@link #start}.
   *
   * @param baseSequence sequence number of the first frame: the number of log bytes before it
   * @param lastVersion the newest version in the log so far
   * @param lastCommitTimeMs the newest commit time in the log so far
   */
  FileCommitLog(
      LogContext context,
      SegmentRegistry registry,
      SegmentPool pool,
      RetainedSegments retained,
      long baseSequence,
      long lastVersion,
      long lastCommitTimeMs)
      throws IOException {
    this.context = context;
    this.registry = registry;
    this.pool = pool;
    this.retained = retained;
    this.housekeeping = new BackgroundTask(context.background(), this::runHousekeeping);
    this.prefaulter = new Prefaulter(context.background());
    this.group = new FrameBuffer(context.storeId());
    this.markBuffer = new FrameBuffer(context.storeId());
    pool.reserve(1);
    LiveSegment first = pool.take();
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

  /** Starts background work. */
  void start() {
    housekeeping.start();
    prefaulter.start();
  }

  @Override
  public void add(long version, long commitTimeMs, byte[] batch, int length) {
    addFrom(version, commitTimeMs, batch, 0, length);
  }

  /** Adds a commit whose batch begins at an index of an array. */
  void addFrom(long version, long commitTimeMs, byte[] batch, int offset, int length) {
    if (version <= lastAddedVersion || commitTimeMs < lastCommitTimeMs || commitTimeMs < 0) {
      throw new IllegalArgumentException(
          "version %d at %d ms after version %d at %d ms"
              .formatted(version, commitTimeMs, lastAddedVersion, lastCommitTimeMs));
    }
    if (length > Limits.BATCH_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a batch of " + length + " bytes, at most " + Limits.BATCH_BYTES_MAX + " are allowed");
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
    } catch (RetryableIoException e) {
      throw e; // Thrown before the first frame was written, see writeFrames.
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  private void writeFrames(int payload) throws IOException {
    long missing =
        payload
            - LiveSegment.payloadCapacity(active.offset, active.sizeBytes, active.frameOverhead);
    if (missing > 0) {
      pool.reserve(missing);
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
    LiveSegment claim = updateClaim();
    long claimOffset = LogFormat.FRAMES_START + claimedSequence - claim.baseSequence;
    group.writeFrame(active, from, length, kind, claim.fileId, claimOffset);
    active.lastVersion = group.lastVersion();
    active.lastCommitTimeMs = group.lastTimeMs();
  }

  /** Updates claimedSequence to the synced sequence; returns the segment that contains it. */
  private LiveSegment updateClaim() {
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
    pool.renew();
    if (active.offset == LogFormat.FRAMES_START) {
      writeMark(); // Every segment must contain a frame.
    }
    sync();
    try {
      // Before a frame is written after it: otherwise recovery would find a torn tail here.
      registry.recordEnd(active.fileId, active.offset, active.lastVersion);
      roll(true);
    } catch (RetryableIoException e) {
      throw e; // Nothing was recorded.
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  /**
   * Continues in the next segment, which must be ready.
   *
   * @param endRecorded whether the registry has recorded the end of the current segment
   */
  private void roll(boolean endRecorded) {
    LiveSegment full = active;
    LiveSegment next = pool.take();
    next.lastVersion = full.lastVersion;
    next.lastCommitTimeMs = full.lastCommitTimeMs;
    retained.add(full, endRecorded);
    full.setNext(next);
    active = next;
    activeFileId = next.fileId;
    prepareAtOffset = next.sizeBytes / 4;
  }

  private void publish() {
    writtenSequence.setRelease(active.endSequence());
    writtenVersion.setRelease(active.lastVersion);
    prefaulter.written(active, active.endSequence() - claimedSequence);
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
    } catch (RetryableIoException e) {
      LOG.log(Level.DEBUG, "no sync mark could be written to the log", e);
    }
  }

  /** Writes a sync mark unconditionally. */
  void writeMark() throws IOException {
    try {
      if (active.room() < LogFormat.ROOM_MIN) {
        pool.reserve(1);
        roll(false);
      }
      LiveSegment claim = updateClaim();
      markBuffer.writeMark(
          active,
          active.lastVersion,
          active.lastCommitTimeMs,
          claim.fileId,
          LogFormat.FRAMES_START + claimedSequence - claim.baseSequence);
      publish();
    } catch (RetryableIoException e) {
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

  /** Syncs everything written so far; returns whether a full segment is now synced. */
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
        // The segment is full, and a whole group ends at its end or after it.
        retained.synced(segment);
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

  /**
   * Returns the newest commit time in the log, in ms since the epoch, including commits of earlier
   * processes. Only the writer may call this.
   */
  public long lastCommitTimeMs() {
    return lastCommitTimeMs;
  }

  @Override
  public long bytesAfter(long version) {
    long end = writtenSequence.getAcquire();
    long written = writtenVersion.getAcquire();
    return version >= written ? 0 : end - retained.sequenceAfter(version, end, written);
  }

  @Override
  public List<AdoptedSegment> segments() {
    return retained.segments(activeFileId);
  }

  /** Returns a reader of the durable commits after a version. */
  public LogReader readAfter(long version) throws IOException {
    return readAfter(version, null);
  }

  /**
   * Returns a reader of the durable commits after a version. A start hint of another reader can
   * save it from searching for the first of them.
   *
   * @param start the hint of a reader that had read no commit after this version, or null
   */
  public LogReader readAfter(long version, LogReader.@Nullable StartHint start) throws IOException {
    return new LogReader(
        context.storage(), context.storeId(), context.fileKeys(), this, version, start);
  }

  /**
   * Holds segments for consumers: those with commits above a version are kept, as long as all
   * closed segments together are not larger than a limit.
   *
   * @param heldVersion returns the version, {@link Long#MAX_VALUE} for none; called on any thread
   * @param bytesMax the limit in bytes
   */
  public void holdAbove(LongSupplier heldVersion, long bytesMax) {
    retained.holdAbove(heldVersion, bytesMax);
  }

  /** Returns the bytes of the closed segments that only readers of changes still need. */
  public long retainedBytes() {
    return retained.retainedBytes();
  }

  @Override
  public long diskBytes() {
    return pool.diskBytes();
  }

  @Override
  public void flushedTo(long version) throws IOException {
    retained.flushedTo(version);
    if (!closed && failure == null) {
      retained.cleanUp(syncedSequence.getAcquire());
    }
  }

  @Override
  public void prepareNext() throws IOException {
    checkUsable();
    try {
      pool.prepareAhead();
    } catch (RetryableIoException e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      throw fail(e);
    }
  }

  private void runHousekeeping() {
    if (failure != null) {
      return;
    }
    try {
      retained.cleanUp(syncedSequence.getAcquire());
      pool.prepareAhead();
    } catch (RetryableIoException e) {
      LOG.log(
          Level.WARNING,
          "the next log segment could not be prepared, the writer that needs it tries again: {0}",
          e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "the log failed", fail(e));
    }
  }

  private void checkUsable() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException("the log has failed: " + cause.getMessage(), cause);
    }
    if (closed) {
      throw new IllegalStateException("the log is closed");
    }
  }

  /** Records the first failure; nothing is written or synced afterwards. */
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
      pool.deleteUnused(segment);
    }
  }

  /**
   * Records the ends of segments and drops prepared segments, so that the next recovery need not
   * search for ends or scan empty segments.
   *
   * @return the prepared segments, if the registry has dropped them
   */
  private List<LiveSegment> reportEnds() throws IOException {
    try {
      retained.cleanUp(syncedSequence.getAcquire());
      // The end of a segment without commits is not recorded: the next recovery drops the segment.
      // Until then, its mark may be the only record of the newest commit time.
      if (commitSequence > active.baseSequence) {
        registry.recordEnd(active.fileId, active.offset, active.lastVersion);
      }
      List<LiveSegment> empty = pool.ready();
      if (!empty.isEmpty()) {
        registry.recordDropped(empty.stream().map(segment -> segment.fileId).toList());
      }
      return empty;
    } catch (RetryableIoException e) {
      LOG.log(Level.DEBUG, "the end of the log is not recorded; recovery will find it", e);
      return List.of();
    }
  }

  /** Closes the files of a log that was not started. */
  void abandon() throws IOException {
    closed = true;
    closeFiles();
  }

  private void closeFiles() throws IOException {
    prefaulter.stop();
    housekeeping.stop();
    pool.close();
    retained.close();
    for (LiveSegment segment = oldestUnsynced; segment != null; segment = segment.next()) {
      segment.region.close();
    }
  }
}

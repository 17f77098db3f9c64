package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A pool of prepared segments in which the log continues: new files, or recycled old ones.
 *
 * <p>Recovery relies on this order: the file is preallocated or renamed, the header is written, the
 * file is synced, the directory is synced, the adoption is recorded. Only then does the pool return
 * the segment, and the log writes frames to it.
 *
 * <p><b>Threads:</b> any; one at a time creates a segment, the others wait. <b>Invariants:</b>
 * segments are returned in ascending order of file ids. A file is a spare only if the registry does
 * not contain it, so spares do not matter to recovery.
 */
final class SegmentPool {
  private static final Logger LOG = SafeLogger.of(SegmentPool.class);

  private final LogContext context;
  private final SegmentRegistry registry;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<LiveSegment> ready = new ArrayDeque<>();
  private final List<Spare> spares = new ArrayList<>();
  private final int frameOverhead;
  private final AtomicLong diskBytes = new AtomicLong();

  // Created and synced, but the disk had no room to record its adoption: the next to be adopted.
  private @Nullable LiveSegment unadopted;
  private long nextBytes;
  private long fileIdMin;
  private boolean recovering = true;
  private boolean closed;

  private record Spare(String name, long bytes) {}

  /**
   * Creates an empty pool.
   *
   * @param fileIdMin file ids up to this one are used by files in the directory, regardless of the
   *     counter
   */
  SegmentPool(LogContext context, SegmentRegistry registry, long fileIdMin) {
    this.context = context;
    this.frameOverhead = LogFormat.FRAME_HEADER_BYTES + context.fileKeys().overheadBytes();
    this.registry = registry;
    this.fileIdMin = fileIdMin;
    this.nextBytes = context.options().segmentBytesMin();
  }

  /** Returns the bytes of all segments: prepared, spare, in use, and retained. */
  long diskBytes() {
    return diskBytes.get();
  }

  /** Adds the bytes of a file that is already in the directory. */
  void count(long bytes) {
    diskBytes.addAndGet(bytes);
  }

  /** Creates a segment if none is ready; called in the background. */
  void prepareAhead() throws IOException {
    lock.lock();
    try {
      if (ready.isEmpty() && !closed) {
        create(nextBytes);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates segments until those that are ready have room for this many bytes of payload.
   *
   * @throws io.apexstore.engine.io.RetryableIoException if they cannot be created now, {@link
   *     DiskFullException} if the disk has no room for them; those created so far stay ready
   */
  void reserve(long payloadBytes) throws IOException {
    lock.lock();
    try {
      long missing = payloadBytes;
      for (LiveSegment segment : ready) {
        missing -= LiveSegment.payloadCapacity(segment.sizeBytes, frameOverhead);
      }
      while (missing > 0) {
        long bytes = nextBytes;
        while (bytes < context.options().segmentBytesMax()
            && LiveSegment.payloadCapacity(bytes, frameOverhead) < missing) {
          bytes = Math.min(2 * bytes, context.options().segmentBytesMax());
        }
        missing -= LiveSegment.payloadCapacity(create(bytes).sizeBytes, frameOverhead);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Replaces the prepared segments, which may use older data fileKeys, by one with the newest data
   * key.
   */
  void renew() throws IOException {
    lock.lock();
    try {
      LiveSegment left = unadopted;
      if (left != null) {
        unadopted = null;
        abandon(FileNames.log(left.fileId), left.region);
      }
      if (!ready.isEmpty()) {
        registry.recordDropped(ready.stream().map(segment -> segment.fileId).toList());
      }
      for (LiveSegment old = ready.poll(); old != null; old = ready.poll()) {
        old.region.close();
        recycle(FileNames.log(old.fileId), old.sizeBytes);
      }
      create(nextBytes);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the recovery: from now on the registry records an adoption immediately. */
  void recovered() {
    lock.lock();
    try {
      recovering = false;
    } finally {
      lock.unlock();
    }
  }

  /** Removes and returns the next prepared segment. */
  LiveSegment take() {
    lock.lock();
    try {
      return ready.remove();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the prepared segments. */
  List<LiveSegment> ready() {
    lock.lock();
    try {
      return List.copyOf(ready);
    } finally {
      lock.unlock();
    }
  }

  /** Deletes the file of a closed segment that the registry has dropped. */
  void deleteUnused(LiveSegment segment) {
    String name = FileNames.log(segment.fileId);
    try {
      delete(name, segment.sizeBytes);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, name + ": unused, but could not be deleted before the next open: " + e);
    }
  }

  private LiveSegment create(long bytes) throws IOException {
    LiveSegment segment = unadopted;
    if (segment == null) {
      segment = createLargest(bytes);
      unadopted = segment;
    }
    registry.recordAdopted(segment.fileId);
    unadopted = null;
    ready.add(segment);
    nextBytes = Math.min(2 * segment.sizeBytes, context.options().segmentBytesMax());
    return segment;
  }

  /**
   * Creates a segment of this size, or of the largest half, quarter, … that the disk has room for.
   */
  private LiveSegment createLargest(long wantedBytes) throws IOException {
    long bytesMin = context.options().segmentBytesMin();
    long bytes = wantedBytes;
    long usable = context.storage().usableBytes();
    // Leaves as much to tables and the manifest as the segment takes.
    while (bytes / 2 >= bytesMin && usable / 2 < bytes) {
      bytes = halved(bytes);
    }
    while (true) {
      try {
        return createSegment(bytes);
      } catch (DiskFullException e) {
        if (bytes / 2 < bytesMin) {
          throw e;
        }
        bytes = halved(bytes);
      }
    }
  }

  private static long halved(long bytes) {
    return bytes / 2 & -LogOptions.PAGE_BYTES;
  }

  private LiveSegment createSegment(long bytes) throws IOException {
    long fileId = nextFileId();
    String name = FileNames.log(fileId);
    RegionFile region = openFile(name, bytes);
    try {
      FileHeader fileHeader =
          context
              .fileKeys()
              .newHeader(FileType.LOG, LogFormat.FORMAT_VERSION, context.storeId(), fileId);
      byte[] header = LogFormat.header(fileHeader, region.size(), recovering);
      region.write(0, header, 0, header.length);
      region.sync();
      context.storage().syncDirectory();
      return new LiveSegment(fileId, region, context.fileKeys().cipher(fileHeader, name));
    } catch (IOException | RuntimeException | Error e) {
      abandon(name, region);
      throw e;
    }
  }

  private void abandon(String name, RegionFile region) {
    try {
      long bytes = region.size();
      region.close();
      delete(name, bytes);
      context.fileKeys().release(FileNames.idOf(name));
    } catch (IOException | RuntimeException e) {
      LOG.log(
          Level.WARNING,
          name + ": incomplete, but could not be deleted before the next open: " + e);
    }
  }

  private RegionFile openFile(String name, long bytes) throws IOException {
    Storage storage = context.storage();
    Spare spare = takeSpare(bytes);
    if (spare == null) {
      RegionFile region = storage.createRegion(name, bytes);
      count(region.size());
      return region;
    }
    try {
      storage.rename(spare.name(), name);
    } catch (IOException e) {
      spares.add(spare);
      throw e;
    }
    try {
      return storage.openRegion(name);
    } catch (IOException e) {
      spares.add(new Spare(name, spare.bytes()));
      throw e;
    }
  }

  /** Removes and returns the smallest spare that is large enough. */
  private @Nullable Spare takeSpare(long bytes) {
    Spare best = null;
    for (Spare spare : spares) {
      if (spare.bytes() >= bytes && (best == null || spare.bytes() < best.bytes())) {
        best = spare;
      }
    }
    spares.remove(best);
    return best;
  }

  private long nextFileId() throws IOException {
    try {
      long id = context.fileIds().getAsLong();
      while (id <= fileIdMin) {
        id = context.fileIds().getAsLong();
      }
      fileIdMin = id;
      return id;
    } catch (EngineException e) {
      throw IoFailures.ioException(e); // The manifest could not reserve more ids.
    }
  }

  /**
   * Turns a file into a spare, or deletes it. The registry does not contain the file (any more),
   * and {@link #count} or the pool has counted it.
   */
  void recycle(String name, long bytes) throws IOException {
    lock.lock();
    try {
      LogOptions options = context.options();
      if (closed || bytes < options.segmentBytesMin() || bytes > options.segmentBytesMax()) {
        delete(name, bytes);
        return;
      }
      spares.add(new Spare(name, bytes));
      if (spares.size() > options.sparesMax()) {
        // The smallest spare is the least useful: segments grow.
        Spare smallest = spares.getFirst();
        for (Spare spare : spares) {
          smallest = spare.bytes() < smallest.bytes() ? spare : smallest;
        }
        spares.remove(smallest);
        delete(smallest.name(), smallest.bytes());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Deletes a file that the registry does not contain and that has been counted. */
  void delete(String name, long bytes) throws IOException {
    context.storage().delete(name);
    diskBytes.addAndGet(-bytes);
  }

  /** Closes the files of the prepared segments, and creates no more. */
  void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      if (unadopted != null) {
        unadopted.region.close();
      }
      for (Iterator<LiveSegment> left = ready.iterator(); left.hasNext(); left.remove()) {
        left.next().region.close();
      }
    } finally {
      lock.unlock();
    }
  }
}

package io.apexstore.engine.wal;

import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.DiskFullException;
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
 * Makes the segments that the log goes on in: new files, or old ones recycled.
 *
 * <p>The order is what recovery rests on: file preallocated or renamed, header written, file
 * synced, directory synced, adoption recorded; only then is the segment handed out and gets a
 * frame.
 *
 * <p><b>Threads:</b> any; one at a time makes a segment, the others wait for it. <b>Invariants:</b>
 * segments are handed out in the order of their file ids. A file is a spare only if the registry
 * does not know it, so what happens to spares is of no consequence to recovery.
 */
final class SegmentPool {
  private static final Logger LOG = System.getLogger(SegmentPool.class.getName());

  private final LogContext context;
  private final SegmentRegistry registry;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<LiveSegment> ready = new ArrayDeque<>();
  private final List<Spare> spares = new ArrayList<>();
  private final int frameOverhead;
  private final AtomicLong diskBytes = new AtomicLong();

  // Made and synced, but there was no room to record its adoption: the next to be adopted.
  private @Nullable LiveSegment unadopted;
  private long nextBytes;
  private long fileIdMin;
  private boolean recovering = true;
  private boolean closed;

  private record Spare(String name, long bytes) {}

  /**
   * Makes one.
   *
   * @param fileIdMin file ids up to this one are in use by files of the directory, whatever the
   *     counter says
   */
  SegmentPool(LogContext context, SegmentRegistry registry, long fileIdMin) {
    this.context = context;
    this.frameOverhead = LogFormat.FRAME_HEADER_BYTES + context.keys().overheadBytes();
    this.registry = registry;
    this.fileIdMin = fileIdMin;
    this.nextBytes = context.options().segmentBytesMin();
  }

  /** Bytes of all segments this maker knows: those handed out too, and those added from before. */
  long diskBytes() {
    return diskBytes.get();
  }

  /** Counts a file that stands in the directory already. */
  void count(long bytes) {
    diskBytes.addAndGet(bytes);
  }

  /** Makes sure that one segment is ready; for the background. */
  void prepareAhead() throws IOException {
    lock.lock();
    try {
      if (ready.isEmpty() && !closed) {
        make(nextBytes);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes sure that the segments that are ready can hold so many bytes of payload.
   *
   * @throws DiskFullException if they cannot be made; those that were stay ready
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
        missing -= LiveSegment.payloadCapacity(make(bytes).sizeBytes, frameOverhead);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a segment with the newest key ready, and gives up those that were: they may have others.
   */
  void renew() throws IOException {
    lock.lock();
    try {
      LiveSegment left = unadopted;
      if (left != null) {
        unadopted = null;
        giveUp(FileNames.log(left.fileId), left.region);
      }
      if (!ready.isEmpty()) {
        registry.dropped(ready.stream().map(segment -> segment.fileId).toList());
      }
      for (LiveSegment old = ready.poll(); old != null; old = ready.poll()) {
        old.region.close();
        discard(FileNames.log(old.fileId), old.sizeBytes);
      }
      make(nextBytes);
    } finally {
      lock.unlock();
    }
  }

  /** Says that from now on the registry records an adoption at once. */
  void recovered() {
    lock.lock();
    try {
      recovering = false;
    } finally {
      lock.unlock();
    }
  }

  /** Hands out the next of the ready segments. */
  LiveSegment take() {
    lock.lock();
    try {
      return ready.remove();
    } finally {
      lock.unlock();
    }
  }

  /** The segments that are ready and were not handed out. */
  List<LiveSegment> ready() {
    lock.lock();
    try {
      return List.copyOf(ready);
    } finally {
      lock.unlock();
    }
  }

  /** Deletes a segment that was closed and that the registry has dropped. */
  void deleteLeft(LiveSegment segment) {
    String name = FileNames.log(segment.fileId);
    try {
      delete(name, segment.sizeBytes);
    } catch (IOException e) {
      LOG.log(Level.WARNING, name + ": not needed, but stays until the next open: " + e);
    }
  }

  private LiveSegment make(long bytes) throws IOException {
    LiveSegment segment = unadopted;
    if (segment == null) {
      segment = makeFile(bytes);
      unadopted = segment;
    }
    registry.adopt(segment.fileId);
    unadopted = null;
    ready.add(segment);
    nextBytes = Math.min(2 * bytes, context.options().segmentBytesMax());
    return segment;
  }

  private LiveSegment makeFile(long bytes) throws IOException {
    long fileId = nextFileId();
    String name = FileNames.log(fileId);
    RegionFile region = openFile(name, bytes);
    try {
      FileHeader fileHeader =
          context
              .keys()
              .newHeader(FileType.LOG, LogFormat.FORMAT_VERSION, context.storeId(), fileId);
      byte[] header = LogFormat.header(fileHeader, region.size(), recovering);
      region.write(0, header, 0, header.length);
      region.sync();
      context.storage().syncDirectory();
      return new LiveSegment(fileId, region, context.keys().cipher(fileHeader, name));
    } catch (IOException | RuntimeException | Error e) {
      giveUp(name, region);
      throw e;
    }
  }

  private void giveUp(String name, RegionFile region) {
    try {
      long bytes = region.size();
      region.close();
      delete(name, bytes);
      context.keys().release(FileNames.idOf(name));
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, name + ": half made, and stays until the next open: " + e);
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
    storage.rename(spare.name(), name);
    return storage.openRegion(name);
  }

  /** Takes the smallest spare that is large enough. */
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

  private long nextFileId() {
    long id = context.fileIds().getAsLong();
    while (id <= fileIdMin) {
      id = context.fileIds().getAsLong();
    }
    fileIdMin = id;
    return id;
  }

  /**
   * Takes a file that the registry does not know (any more) and that {@link #count} knows: a spare
   * from now on, or deleted.
   */
  void discard(String name, long bytes) throws IOException {
    lock.lock();
    try {
      LogOptions options = context.options();
      if (closed || bytes < options.segmentBytesMin() || bytes > options.segmentBytesMax()) {
        delete(name, bytes);
        return;
      }
      spares.add(new Spare(name, bytes));
      if (spares.size() > options.sparesMax()) {
        // The smallest is the least likely to be of use again: segments grow.
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

  /** Deletes a file that the registry does not know and that {@link #count} knows. */
  void delete(String name, long bytes) throws IOException {
    context.storage().delete(name);
    diskBytes.addAndGet(-bytes);
  }

  /** Closes the files that were not handed out, and makes no more. */
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

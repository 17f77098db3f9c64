package io.apexstore.engine.background;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Room on the disk that is kept for the moment when it is full: giving it up lets a flush or a
 * compaction run once more, and a compaction may make room.
 *
 * <p>A store begins without; it takes a reserve of a sixteenth of its tables, up to 64 MiB, so that
 * a small store stays small.
 *
 * <p><b>Threads:</b> any.
 */
public final class DiskReserve {
  private static final Logger LOG = System.getLogger(DiskReserve.class.getName());
  private static final long BYTES_MAX = 64L << 20;
  private static final long BYTES_MIN = 1L << 20;
  private static final int TABLE_SHARE = 16;
  // The reserve is taken only where it leaves this many times its size to others.
  private static final int ROOM_FACTOR = 4;

  private final Storage storage;
  private final ReentrantLock lock = new ReentrantLock();
  private long bytes;

  public DiskReserve(Storage storage) {
    this.storage = storage;
  }

  /** Deletes what the process before left. */
  public void recover() throws IOException {
    if (storage.list().contains(FileNames.RESERVE)) {
      storage.delete(FileNames.RESERVE);
    }
  }

  /** Takes or enlarges the reserve where the store is large enough and there is room. */
  void grow(long tableBytes) {
    lock.lock();
    try {
      long wanted = Math.min(BYTES_MAX, Long.highestOneBit(tableBytes / TABLE_SHARE));
      if (wanted < BYTES_MIN || wanted <= bytes || storage.usableBytes() < ROOM_FACTOR * wanted) {
        return;
      }
      release();
      try (RegionFile reserve = storage.createRegion(FileNames.RESERVE, wanted)) {
        bytes = reserve.size();
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "no reserve could be taken", e);
    } finally {
      lock.unlock();
    }
  }

  /** Gives the reserve up; false if there was none. */
  public boolean release() {
    lock.lock();
    try {
      if (bytes == 0) {
        return false;
      }
      storage.delete(FileNames.RESERVE);
      bytes = 0;
      return true;
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the reserve could not be given up", e);
      return false;
    } finally {
      lock.unlock();
    }
  }
}

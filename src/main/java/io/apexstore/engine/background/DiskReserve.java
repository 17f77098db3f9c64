package io.apexstore.engine.background;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Disk space held in reserve for a full disk: releasing it lets a flush or a compaction run once
 * more, and a compaction may free space.
 *
 * <p>A new store has no reserve. The reserve grows to a sixteenth of the tables, at most 64 MiB, so
 * a small store stays small.
 *
 * <p><b>Threads:</b> any.
 */
public final class DiskReserve {
  private static final Logger LOG = SafeLogger.of(DiskReserve.class);
  private static final long BYTES_MAX = 64L << 20;
  private static final long BYTES_MIN = 1L << 20;
  private static final int TABLE_SHARE = 16;
  // The reserve grows only if this many times its size is free.
  private static final int ROOM_FACTOR = 4;

  private final Storage storage;
  private final ReentrantLock lock = new ReentrantLock();
  private long bytes;

  /** Creates an empty reserve. */
  public DiskReserve(Storage storage) {
    this.storage = storage;
  }

  /** Deletes the reserve file of an earlier process. */
  public void recover() throws IOException {
    if (storage.list().contains(FileNames.RESERVE)) {
      storage.delete(FileNames.RESERVE);
    }
  }

  /** Grows the reserve if the store is large enough and the disk has space. */
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
      LOG.log(Level.DEBUG, "the disk reserve could not grow", e);
    } finally {
      lock.unlock();
    }
  }

  /** Releases the reserve; returns false if there was none. */
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
      LOG.log(Level.WARNING, "the disk reserve could not be released", e);
      return false;
    } finally {
      lock.unlock();
    }
  }
}

package io.apexstore.engine.io;

import io.apexstore.engine.base.SafeLogger;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The files of a storage that are open for reading, at most a given number of them. A file that was
 * not read for the longest time is closed when another one needs its place, and its next read opens
 * it again by its name. So a file must not be renamed, replaced or deleted before its reader has
 * closed it.
 *
 * <p>A file that is being read is never closed. If all of them are, one more is opened than
 * allowed; so the limit is exceeded by at most the number of reads that are running at once. The
 * files above the limit are closed when the next file is opened.
 *
 * <p>Which file was not read lately is known by the second-chance rule: a read marks its file, the
 * search for a victim removes the marks, and closes the first file without one.
 *
 * <p><b>Threads:</b> any. A read of an open file takes no lock; it changes one counter, of this
 * file only. Files are opened outside the lock. <b>Invariants:</b> {@code open} has exactly the
 * files whose user count is not negative; {@code places} is their number plus the files that are
 * being opened.
 */
public final class OpenFiles {
  private static final Logger LOG = SafeLogger.of(OpenFiles.class);

  private final Storage storage;
  private final int max;
  private final ReentrantLock lock = new ReentrantLock();
  private final SequencedSet<BoundedFile> open = new LinkedHashSet<>();
  private final AtomicInteger places = new AtomicInteger();

  /**
   * Creates an empty set of files.
   *
   * @param storage where the files are; the caller closes it
   * @param max how many may be open at once, at least 1
   */
  public OpenFiles(Storage storage, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max: " + max + " is not 1 or more");
    }
    this.storage = storage;
    this.max = max;
  }

  /**
   * Opens a file for reading. Closing it is the caller's duty.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist
   * @throws RetryableIoException if it cannot be opened for a reason that may pass; so may reads
   *     fail that open the file again
   */
  public ReadFile open(String name) throws IOException {
    BoundedFile file = new BoundedFile(name);
    file.acquire();
    file.release();
    return file;
  }

  /** Returns how many files may be open at once. */
  public int max() {
    return max;
  }

  /** Returns how many files are open. */
  public int count() {
    return places.get();
  }

  private void takePlace() {
    lock.lock();
    try {
      while (places.get() >= max && closeOne()) {
        places.decrementAndGet();
      }
      places.incrementAndGet();
    } finally {
      lock.unlock();
    }
  }

  /** Closes a file that is not being read; returns whether there was one. */
  private boolean closeOne() {
    // Twice: the first round may do no more than remove the marks.
    for (int left = 2 * open.size(); left > 0; left--) {
      BoundedFile file = open.removeFirst();
      if (file.tryEvict()) {
        return true;
      }
      open.addLast(file);
    }
    return false;
  }

  private final class BoundedFile implements ReadFile {
    private static final int EVICTED = -1;

    /** Far below zero, so that reads that end after the close do not change the meaning. */
    private static final int CLOSED = Integer.MIN_VALUE / 2;

    private static final long UNKNOWN = -1;

    private final String name;
    private final ReentrantLock opening = new ReentrantLock();

    /** The number of running reads while the file is open; otherwise negative. */
    private final AtomicInteger users = new AtomicInteger(EVICTED);

    private volatile boolean readLately;

    /** Published by {@code users}. */
    private @Nullable ReadFile file;

    private volatile long size = UNKNOWN;

    BoundedFile(String name) {
      this.name = name;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
      ReadFile acquired = acquire();
      try {
        return acquired.read(offset, target);
      } finally {
        release();
      }
    }

    /** Returns the open file, which stays open until {@link #release}. */
    ReadFile acquire() throws IOException {
      while (true) {
        int before = users.get();
        if (before < EVICTED) {
          throw new IOException(name + " is closed");
        }
        if (before == EVICTED) {
          ReadFile opened = openAndAcquire();
          if (opened != null) {
            return opened;
          }
        } else if (users.compareAndSet(before, before + 1)) {
          if (!readLately) {
            readLately = true;
          }
          ReadFile acquired = file;
          if (acquired == null) {
            throw new IllegalStateException(name + " is acquired but not open");
          }
          return acquired;
        }
      }
    }

    void release() {
      users.decrementAndGet();
    }

    /** Opens the file; returns null if it was opened or closed meanwhile. */
    private @Nullable ReadFile openAndAcquire() throws IOException {
      opening.lock();
      try {
        if (users.get() != EVICTED) {
          return null;
        }
        takePlace();
        ReadFile opened = null;
        boolean kept = false;
        try {
          opened = storage.open(name);
          requireSize(opened.size());
          kept = publish(opened);
          return kept ? opened : null;
        } finally {
          if (!kept) {
            places.decrementAndGet();
            if (opened != null) {
              closeQuietly(opened);
            }
          }
        }
      } finally {
        opening.unlock();
      }
    }

    private void requireSize(long found) throws IOException {
      if (size == UNKNOWN) {
        size = found;
      } else if (size != found) {
        throw new IOException(
            name + " has " + found + " bytes, but had " + size + " when it was opened before");
      }
    }

    /** Makes the opened file the one that is read, with one user; not if this was closed. */
    private boolean publish(ReadFile opened) {
      lock.lock();
      try {
        file = opened;
        if (!users.compareAndSet(EVICTED, 1)) {
          file = null;
          return false;
        }
        open.addLast(this);
        return true;
      } finally {
        lock.unlock();
      }
    }

    /** Closes the file if it is neither marked nor being read; removes the mark. */
    boolean tryEvict() {
      if (readLately) {
        readLately = false;
        return false;
      }
      ReadFile victim = file;
      if (victim == null || !users.compareAndSet(0, EVICTED)) {
        return false;
      }
      file = null;
      closeQuietly(victim);
      return true;
    }

    private void closeQuietly(ReadFile victim) {
      try {
        victim.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, name + " could not be closed", e);
      }
    }

    @Override
    public void close() throws IOException {
      ReadFile last = null;
      lock.lock();
      try {
        if (users.getAndSet(CLOSED) >= 0) {
          open.remove(this);
          places.decrementAndGet();
          last = file;
          file = null;
        }
      } finally {
        lock.unlock();
      }
      if (last != null) {
        last.close();
      }
    }
  }
}

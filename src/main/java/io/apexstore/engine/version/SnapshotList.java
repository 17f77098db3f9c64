package io.apexstore.engine.version;

import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The versions at which somebody reads, or may yet read, through views that do not exist yet.
 *
 * <p>A reader that pins one view for its whole life need not be here: the tables it reads stay as
 * they were. A snapshot that outlives views must be, so that compactions keep what it sees.
 *
 * <p><b>Threads:</b> any; a short lock, never held over input or output. <b>Invariants:</b> let h
 * be the horizon that {@link #visible} chose. Every snapshot registered before is in its answer,
 * and every one registered after has a version of at least h, because both read the published
 * version, which never falls, under the same lock. So an entry that is shadowed at h by a newer
 * one, and is not the newest at any version of the answer, is never read again through a view made
 * from then on.
 */
public final class SnapshotList {
  private final LongSupplier publishedVersion;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: how often each version is registered.
  private final TreeMap<Long, Integer> counts = new TreeMap<>();

  /**
   * Makes an empty list.
   *
   * @param publishedVersion gives the newest version that readers see; it never falls
   */
  public SnapshotList(LongSupplier publishedVersion) {
    this.publishedVersion = publishedVersion;
  }

  /** Registers the newest version that readers see, and returns it. */
  public long register() {
    lock.lock();
    try {
      long version = publishedVersion.getAsLong();
      counts.merge(version, 1, Integer::sum);
      return version;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back one registration of a version. */
  public void release(long version) {
    lock.lock();
    try {
      Integer count = counts.get(version);
      if (count == null) {
        throw new IllegalStateException("version " + version + " is not registered");
      }
      if (count == 1) {
        counts.remove(version);
      } else {
        counts.put(version, count - 1);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the versions that must go on looking as they do, rising; the last of them is the
   * horizon, the newest version that readers see now. Entries above the horizon must all be kept.
   */
  public long[] visible() {
    lock.lock();
    try {
      long horizon = publishedVersion.getAsLong();
      long[] versions = new long[counts.size() + 1];
      int count = 0;
      for (long version : counts.keySet()) {
        versions[count++] = version;
      }
      if (count == 0 || versions[count - 1] < horizon) {
        versions[count++] = horizon;
      }
      return count == versions.length ? versions : Arrays.copyOf(versions, count);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the oldest version that must go on looking as it does. */
  public long oldestVisible() {
    return visible()[0];
  }

  /** How many different versions are registered. */
  public int size() {
    lock.lock();
    try {
      return counts.size();
    } finally {
      lock.unlock();
    }
  }
}

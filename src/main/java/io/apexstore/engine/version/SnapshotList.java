package io.apexstore.engine.version;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The versions that open or pending readers may still read at.
 *
 * <p>A reader that pins one view for its whole life need not be registered: the tables that it
 * reads do not change. A snapshot that outlives views must be registered, so that compactions keep
 * what it sees.
 *
 * <p><b>Threads:</b> any. A short lock is held, never during I/O. <b>Invariants:</b> let h be the
 * horizon that {@link #visible} returned. Every snapshot that was registered before is in the
 * answer, or above h. Every snapshot that is registered later has a version of at least h, because
 * both read the horizon, which never falls, under the same lock. So an entry that is shadowed at h
 * by a newer one, and is not the newest at any version of the answer, is never read through a view
 * that is created from then on.
 */
public final class SnapshotList {
  private final LongSupplier publishedVersion;
  private final LongSupplier retainedSince;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: the number of registrations of each version.
  private final TreeMap<Long, Integer> counts = new TreeMap<>();
  // Written under the lock: what the answers of visible() allow to be dropped, see the getters.
  private volatile long readableSince;
  private volatile long changesKnownSince;

  /**
   * Creates the list of a store that does not retain old versions.
   *
   * @param publishedVersion the newest version that readers see; it never falls
   */
  public SnapshotList(LongSupplier publishedVersion) {
    this(publishedVersion, () -> Long.MAX_VALUE, 0);
  }

  /**
   * Creates an empty list.
   *
   * @param publishedVersion the newest version that readers see; it never falls
   * @param retainedSince the version from which on all versions are to stay readable; where it is
   *     above the published one, only that one and the snapshots stay readable
   * @param readableSince what {@link #readableSince} was when the store was last open
   */
  public SnapshotList(
      LongSupplier publishedVersion, LongSupplier retainedSince, long readableSince) {
    this.publishedVersion = publishedVersion;
    this.retainedSince = retainedSince;
    this.readableSince = readableSince;
    this.changesKnownSince = readableSince;
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

  /**
   * Registers an older version if it can still be read.
   *
   * @return false if it cannot be read: it is below {@link #readableSince} and no snapshot has it,
   *     or it is not published yet
   */
  public boolean registerAt(long version) {
    lock.lock();
    try {
      boolean isKept = version >= readableSince || counts.containsKey(version);
      if (!isKept || version > publishedVersion.getAsLong()) {
        return false;
      }
      counts.merge(version, 1, Integer::sum);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Releases one registration of a version.
   *
   * @throws IllegalStateException if the version is not registered
   */
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
   * Returns the versions that readers may read at, ascending; the last one is the horizon. A
   * compaction must keep what each of them sees, and every entry above the horizon. With the answer
   * it may drop the rest: {@link #readableSince} rises to the horizon.
   */
  public long[] visible() {
    lock.lock();
    try {
      long horizon = horizon();
      Map<Long, Integer> older = counts.headMap(horizon);
      long[] versions = Arrays.copyOf(keys(older), older.size() + 1);
      versions[older.size()] = horizon;
      readableSince = horizon;
      changesKnownSince = Math.max(changesKnownSince, versions[0]);
      return versions;
    } finally {
      lock.unlock();
    }
  }

  private long horizon() {
    long newest = Math.min(publishedVersion.getAsLong(), retainedSince.getAsLong());
    return Math.max(readableSince, newest);
  }

  private static long[] keys(Map<Long, Integer> counts) {
    return counts.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * The version from which on every version can be read. Of older versions, those of snapshots can.
   * It rises when a flush or compaction is allowed to drop older entries.
   */
  public long readableSince() {
    return readableSince;
  }

  /**
   * The lowest version for which the tables show what changed after it: neither the newest entry of
   * a key nor the tombstone that deleted it was dropped. This holds for all higher versions too.
   */
  public long changesKnownSince() {
    return changesKnownSince;
  }

  /** Returns the oldest version that readers may read at. */
  public long oldestVisible() {
    lock.lock();
    try {
      long horizon = horizon();
      return counts.isEmpty() ? horizon : Math.min(horizon, counts.firstKey());
    } finally {
      lock.unlock();
    }
  }

  /** The number of different registered versions. */
  public int size() {
    lock.lock();
    try {
      return counts.size();
    } finally {
      lock.unlock();
    }
  }

  /** The oldest registered version, or -1 if none is registered. */
  public long oldest() {
    lock.lock();
    try {
      return counts.isEmpty() ? -1 : counts.firstKey();
    } finally {
      lock.unlock();
    }
  }
}

package io.apexstore.engine.version;

import java.util.Arrays;
import java.util.Map;
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
 * be the horizon that {@link #visible} chose. Every snapshot registered before is in its answer, or
 * above h; and every one registered after has a version of at least h, because both read the
 * horizon, which never falls, under the same lock. So an entry that is shadowed at h by a newer
 * one, and is not the newest at any version of the answer, is never read again through a view made
 * from then on.
 */
public final class SnapshotList {
  private final LongSupplier publishedVersion;
  private final LongSupplier historyStart;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: how often each version is registered.
  private final TreeMap<Long, Integer> counts = new TreeMap<>();
  // Written under the lock: what the answers of visible() have allowed to go, see the getters.
  private volatile long readableSince;
  private volatile long changesKnownSince;

  /**
   * Makes an empty list of a store that keeps no history.
   *
   * @param publishedVersion gives the newest version that readers see; it never falls
   */
  public SnapshotList(LongSupplier publishedVersion) {
    this(publishedVersion, () -> Long.MAX_VALUE, 0);
  }

  /**
   * Makes an empty list.
   *
   * @param publishedVersion gives the newest version that readers see; it never falls
   * @param historyStart gives the version from which on all versions are to be kept readable; where
   *     it is above the published one, nothing but that and the snapshots is
   * @param readableSince what {@link #readableSince} was when the store was last open
   */
  public SnapshotList(
      LongSupplier publishedVersion, LongSupplier historyStart, long readableSince) {
    this.publishedVersion = publishedVersion;
    this.historyStart = historyStart;
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
   * Registers an older version, if it can still be read.
   *
   * @return false if it cannot: it is below {@link #readableSince} and no snapshot has it, or is
   *     not published yet
   */
  public boolean registerAt(long version) {
    lock.lock();
    try {
      boolean kept = version >= readableSince || counts.containsKey(version);
      if (!kept || version > publishedVersion.getAsLong()) {
        return false;
      }
      counts.merge(version, 1, Integer::sum);
      return true;
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
   * horizon. Entries above the horizon must all be kept.
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
    long newest = Math.min(publishedVersion.getAsLong(), historyStart.getAsLong());
    return Math.max(readableSince, newest);
  }

  private static long[] keys(Map<Long, Integer> counts) {
    return counts.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Every version from this one on can be read; of older ones, those of snapshots. It rises when a
   * flush or compaction is allowed to drop what is older.
   */
  public long readableSince() {
    return readableSince;
  }

  /**
   * What changed after a version is known for this version and all above: neither the newest entry
   * of a key nor the deletion that ended it has gone.
   */
  public long changesKnownSince() {
    return changesKnownSince;
  }

  /** Returns the oldest version that must go on looking as it does. */
  public long oldestVisible() {
    lock.lock();
    try {
      long horizon = horizon();
      return counts.isEmpty() ? horizon : Math.min(horizon, counts.firstKey());
    } finally {
      lock.unlock();
    }
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

  /** The oldest version that is registered, or -1 if none is. */
  public long oldest() {
    lock.lock();
    try {
      return counts.isEmpty() ? -1 : counts.firstKey();
    } finally {
      lock.unlock();
    }
  }
}

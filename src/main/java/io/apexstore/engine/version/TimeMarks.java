package io.apexstore.engine.version;

import io.apexstore.engine.manifest.TimeMark;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A list of {@link TimeMark}s in memory, oldest first, with what is recorded of it in the manifest.
 *
 * <p>A mark (time, version) means that every later version was committed at that time or after. So
 * the time of a version is bounded from below by the last mark before it. A mark that is added
 * later is about newer versions only: what is known of a version never changes.
 *
 * <p><b>Threads:</b> any; a short lock is held. <b>Invariants:</b> times and versions never
 * decrease.
 */
final class TimeMarks {
  /** Returned for a version that is older than all marks. */
  static final long UNKNOWN = -1;

  /** With this many marks, the oldest one goes for each that is added. */
  static final int MARKS_MAX = 1 << 17;

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock. The marks are at the indexes from first to end.
  private long[] times = new long[64];
  private long[] versions = new long[64];
  private int first;
  private int end;
  // Marks at lower indexes are in the manifest.
  private int recorded;

  /**
   * Creates a list of marks that are all in the manifest.
   *
   * @param known oldest first
   */
  TimeMarks(List<TimeMark> known) {
    known.forEach(mark -> add(mark.timeMs(), mark.version()));
    recorded = end;
  }

  /** Adds a mark; ignores one that is older than the last one. */
  void add(long timeMs, long version) {
    lock.lock();
    try {
      if (end > first && (timeMs < times[end - 1] || version < versions[end - 1])) {
        return;
      }
      if (end - first == MARKS_MAX) {
        first++;
      }
      if (end == times.length) {
        makeRoom();
      }
      times[end] = timeMs;
      versions[end] = version;
      end++;
    } finally {
      lock.unlock();
    }
  }

  private void makeRoom() {
    int count = end - first;
    int room = first >= count ? times.length : 2 * times.length;
    times = moved(times, count, room);
    versions = moved(versions, count, room);
    recorded = Math.max(0, recorded - first);
    first = 0;
    end = count;
  }

  private long[] moved(long[] from, int count, int room) {
    long[] to = new long[room];
    System.arraycopy(from, first, to, 0, count);
    return to;
  }

  /** Drops the marks that are older than a time, except the newest of them. */
  void dropBefore(long timeMs) {
    lock.lock();
    try {
      first = Math.max(first, firstAfter(times, timeMs) - 1);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the time of the last mark before a version, in ms since the epoch; {@link #UNKNOWN} if
   * there is none.
   */
  long timeOf(long version) {
    lock.lock();
    try {
      int next = firstAfter(versions, version - 1);
      return next == first ? UNKNOWN : times[next - 1];
    } finally {
      lock.unlock();
    }
  }

  /** Returns the version of the last mark up to a time, 0 if there is none. */
  long newestUpTo(long timeMs) {
    lock.lock();
    try {
      int next = firstAfter(times, timeMs);
      return next == first ? 0 : versions[next - 1];
    } finally {
      lock.unlock();
    }
  }

  // The index of the first mark whose value is above the given one.
  private int firstAfter(long[] values, long value) {
    if (value == Long.MAX_VALUE) {
      return end;
    }
    int low = first;
    int high = end;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (values[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Returns the version of the last mark, {@link #UNKNOWN} if there is none. */
  long lastVersion() {
    lock.lock();
    try {
      return end == first ? UNKNOWN : versions[end - 1];
    } finally {
      lock.unlock();
    }
  }

  /** Returns the marks that are not recorded yet; {@link #recorded} confirms that they are. */
  TimeMark[] unrecorded() {
    lock.lock();
    try {
      int from = Math.max(first, recorded);
      TimeMark[] marks = new TimeMark[end - from];
      Arrays.setAll(marks, i -> new TimeMark(times[from + i], versions[from + i]));
      return marks;
    } finally {
      lock.unlock();
    }
  }

  /** Confirms that everything up to a mark of {@link #unrecorded} is in the manifest. */
  void recorded(TimeMark last) {
    lock.lock();
    try {
      int at = Math.max(first, recorded);
      while (at < end && (times[at] < last.timeMs() || versions[at] < last.version())) {
        at++;
      }
      recorded = Math.min(end, at + 1);
    } finally {
      lock.unlock();
    }
  }
}

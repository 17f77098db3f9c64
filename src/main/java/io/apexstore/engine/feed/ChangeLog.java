package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.wal.LogReader;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The changes of an open store, and everybody who reads them.
 *
 * <p>A version can be read once it is both durable and published: so nothing is told that a power
 * cut could take back, and whoever is told of a change and reads the store sees it.
 *
 * <p><b>Threads:</b> any.
 */
public final class ChangeLog implements AutoCloseable {
  /** Most bytes of closed log segments that are kept for consumers. */
  public static final long HELD_BYTES_MAX = 4L << 30;

  private static final int PLACES_MAX = 1024;

  private final ChangeSource source;
  private final LogHolds holds;
  private final Waiters waiters;
  private final Set<ChangeCursor> cursors = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  // By version: where in the log readers stood that were closed; guarded by the lock.
  private final TreeMap<Long, LogReader.Place> places = new TreeMap<>();
  private final ReentrantLock placesLock = new ReentrantLock();

  /**
   * Makes it.
   *
   * @param signal tells of progress
   * @param holds what keeps the log
   * @param executor where those who wait are woken; runs quick tasks
   */
  public ChangeLog(ChangeSource source, ChangeSignal signal, LogHolds holds, Executor executor) {
    this.source = source;
    this.holds = holds;
    this.waiters = new Waiters(signal, this::readableVersion, executor);
  }

  /** Returns the number of open cursors and how far the last one is. */
  public StoreStats.FeedStats stats() {
    long readable = readableVersion();
    long oldest = readable;
    int readers = 0;
    for (ChangeCursor cursor : cursors) {
      readers++;
      oldest = Math.min(oldest, cursor.position());
    }
    return new StoreStats.FeedStats(readers, oldest, readable - oldest);
  }

  /**
   * Opens a cursor that begins with what comes after the commits published so far, or with a
   * snapshot of them.
   *
   * @param bookmarkNanos how long a consumer is told nothing before it is told how far it is
   */
  public ChangeCursor openNow(ChangeFilter filter, boolean withSnapshot, long bookmarkNanos) {
    if (!withSnapshot) {
      long published = source.publishedVersion();
      return add(
          new ChangeCursor(
              this, source, filter, bookmarkNanos, ChangeToken.after(published), null, null, null));
    }
    // Held from before the version is chosen: nothing after it goes meanwhile.
    LogHolds.Hold hold = holds.hold(source.publishedVersion());
    return openSnapshot(filter, bookmarkNanos, SnapshotWalk.start(), null, hold, null);
  }

  /**
   * Opens a cursor at a token: it gives exactly what comes after.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the text is no token; {@code TOKEN_UNKNOWN}
   *     if it is of another store or of the future; {@code TOKEN_EXPIRED} if what comes after it is
   *     not kept any more
   */
  public ChangeCursor openAt(String text, ChangeFilter filter, long bookmarkNanos) {
    ChangeToken token = ChangeToken.parse(text, source.storeId());
    long published = source.publishedVersion();
    if (token.version() > published) {
      throw new EngineException(
          Failure.TOKEN_UNKNOWN,
          "the token is of version " + token.version() + ", the newest here is " + published);
    }
    LogHolds.Hold hold = token.isInSnapshot() ? holds.hold(token.version()) : null;
    LogReader reader = null;
    try {
      reader = openLog(token.logVersion());
      if (!reader.begin()) {
        throw expired(token.version());
      }
      ChangeToken.Place place = token.place();
      if (place != null && hold != null) {
        return openSnapshot(filter, bookmarkNanos, place, token, hold, reader);
      }
      return add(new ChangeCursor(this, source, filter, bookmarkNanos, token, null, null, reader));
    } catch (IOException e) {
      throw giveUp(hold, reader, readFailed(e));
    } catch (RuntimeException e) {
      throw giveUp(hold, reader, e);
    }
  }

  private ChangeCursor openSnapshot(
      ChangeFilter filter,
      long bookmarkNanos,
      ChangeToken.Place place,
      @Nullable ChangeToken token,
      LogHolds.Hold hold,
      @Nullable LogReader reader) {
    SnapshotWalk walk =
        new SnapshotWalk(source, filter, place, token == null ? null : token.version());
    hold.moveTo(walk.logVersion());
    ChangeToken start =
        token == null ? new ChangeToken(walk.logVersion(), ChangeToken.WHOLE, place) : token;
    return add(new ChangeCursor(this, source, filter, bookmarkNanos, start, walk, hold, reader));
  }

  private ChangeCursor add(ChangeCursor cursor) {
    cursors.add(cursor);
    if (closed) {
      cursor.close();
      throw storeClosed();
    }
    return cursor;
  }

  private static <T extends Throwable> T giveUp(
      LogHolds.@Nullable Hold hold, @Nullable LogReader reader, T failure) {
    if (hold != null) {
      hold.close();
    }
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    return failure;
  }

  /** The newest version that is both durable and published. */
  long readableVersion() {
    long published = source.publishedVersion();
    return Math.min(published, Math.max(source.durableVersion(), source.openedAtVersion()));
  }

  /** Returns a reader of the log after a version, placed as near as is known. */
  LogReader openLog(long afterVersion) throws IOException {
    Map.Entry<Long, LogReader.Place> near;
    placesLock.lock();
    try {
      near = places.floorEntry(afterVersion);
    } finally {
      placesLock.unlock();
    }
    return source.readAfter(afterVersion, near == null ? null : near.getValue());
  }

  /** Remembers where a reader stood, for those who go on from there. */
  void remember(LogReader.@Nullable Place place) {
    if (place == null) {
      return;
    }
    placesLock.lock();
    try {
      places.put(place.afterVersion(), place);
      if (places.size() > PLACES_MAX) {
        places.pollFirstEntry();
      }
    } finally {
      placesLock.unlock();
    }
  }

  /** What keeps the log: where stored consumers hold it. */
  public LogHolds holds() {
    return holds;
  }

  Waiters waiters() {
    return waiters;
  }

  void cursorClosed(ChangeCursor cursor) {
    cursors.remove(cursor);
  }

  static EngineException expired(long version) {
    return new EngineException(
        Failure.TOKEN_EXPIRED,
        "the changes after version " + version + " are not all kept any more");
  }

  static EngineException storeClosed() {
    return new EngineException(Failure.CLOSED, "the store is closed");
  }

  static EngineException readFailed(IOException e) {
    return new EngineException(
        Failure.READ_FAILED, "reading the changes failed: " + e.getMessage(), e);
  }

  /** Closes all cursors, waiting for those that are being read; who waits is woken. */
  @Override
  public void close() {
    closed = true;
    cursors.forEach(ChangeCursor::closeWithStore);
    waiters.close();
  }
}

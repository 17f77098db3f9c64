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
 * The change log of an open store, and the cursors that read it.
 *
 * <p>A version is readable here once it is both durable and published. So a power cut cannot undo a
 * change that was delivered, and a consumer that reads the store after receiving a change sees that
 * change.
 *
 * <p><b>Threads:</b> any.
 */
public final class ChangeLog implements AutoCloseable {
  /** Maximum bytes of closed log segments that are kept for consumers. */
  public static final long HELD_BYTES_MAX = 4L << 30;

  private static final int START_HINTS_MAX = 1024;

  private final ChangeSource source;
  private final LogHolds holds;
  private final Waiters waiters;
  private final Set<ChangeCursor> cursors = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  // Start hints of closed readers by version; guarded by startHintsLock.
  private final TreeMap<Long, LogReader.StartHint> startHints = new TreeMap<>();
  private final ReentrantLock startHintsLock = new ReentrantLock();

  /**
   * Creates the change log of a store.
   *
   * @param signal notifies of new versions
   * @param holds positions from which on the log must be kept
   * @param executor runs callbacks of waiting consumers; its tasks are short
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
   * Opens a cursor that begins after the commits published so far, or with a snapshot of them.
   *
   * @param bookmarkNanos time without an event after which the cursor returns a bookmark
   */
  public ChangeCursor openNow(ChangeFilter filter, boolean withSnapshot, long bookmarkNanos) {
    if (!withSnapshot) {
      long published = source.publishedVersion();
      return add(
          new ChangeCursor(
              this, source, filter, bookmarkNanos, ChangeToken.after(published), null, null, null));
    }
    // Held before the version is chosen, so that no commit after it is dropped meanwhile.
    LogHolds.Hold hold = holds.hold(source.publishedVersion());
    return openSnapshot(filter, bookmarkNanos, SnapshotWalk.start(), null, hold, null);
  }

  /**
   * Opens a cursor at a token: it returns exactly the changes after the token.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the text is not a token; {@code
   *     TOKEN_UNKNOWN} if it is of another history or newer than the newest version; {@code
   *     TOKEN_EXPIRED} if the log no longer has all changes after it
   */
  public ChangeCursor openAt(String text, ChangeFilter filter, long bookmarkNanos) {
    ChangeToken token = ChangeToken.parse(text, source.versionTags());
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
      ChangeToken.SnapshotPosition position = token.snapshotPosition();
      if (position != null && hold != null) {
        return openSnapshot(filter, bookmarkNanos, position, token, hold, reader);
      }
      return add(new ChangeCursor(this, source, filter, bookmarkNanos, token, null, null, reader));
    } catch (IOException e) {
      throw abandon(hold, reader, readFailed(e));
    } catch (RuntimeException e) {
      throw abandon(hold, reader, e);
    }
  }

  /** Returns the token, as text, that is past all changes of a version. */
  public String tokenAfter(long version) {
    return ChangeToken.textAfter(version, source.versionTags());
  }

  private ChangeCursor openSnapshot(
      ChangeFilter filter,
      long bookmarkNanos,
      ChangeToken.SnapshotPosition position,
      @Nullable ChangeToken token,
      LogHolds.Hold hold,
      @Nullable LogReader reader) {
    SnapshotWalk walk =
        new SnapshotWalk(source, filter, position, token == null ? null : token.version());
    hold.moveTo(walk.logVersion());
    ChangeToken start =
        token == null ? new ChangeToken(walk.logVersion(), ChangeToken.WHOLE, position) : token;
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

  private static <T extends Throwable> T abandon(
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

  /** Returns the newest version that is both durable and published. */
  long readableVersion() {
    long published = source.publishedVersion();
    return Math.min(published, Math.max(source.durableVersion(), source.openedAtVersion()));
  }

  /** Returns a reader of the log after a version, which uses the nearest start hint. */
  LogReader openLog(long afterVersion) throws IOException {
    Map.Entry<Long, LogReader.StartHint> nearest;
    startHintsLock.lock();
    try {
      nearest = startHints.floorEntry(afterVersion);
    } finally {
      startHintsLock.unlock();
    }
    return source.readAfter(afterVersion, nearest == null ? null : nearest.getValue());
  }

  /** Adds the start hint of a closed reader, for readers that continue from its position. */
  void addStartHint(LogReader.@Nullable StartHint hint) {
    if (hint == null) {
      return;
    }
    startHintsLock.lock();
    try {
      startHints.put(hint.afterVersion(), hint);
      if (startHints.size() > START_HINTS_MAX) {
        startHints.pollFirstEntry();
      }
    } finally {
      startHintsLock.unlock();
    }
  }

  /** Returns the positions from which on the log must be kept. */
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
        Failure.TOKEN_EXPIRED, "the log no longer has all changes after version " + version);
  }

  static EngineException storeClosed() {
    return new EngineException(Failure.CLOSED, "the store is closed");
  }

  static EngineException readFailed(IOException e) {
    return new EngineException(
        Failure.READ_FAILED, "reading the changes failed: " + e.getMessage(), e);
  }

  /** Closes all cursors; waits for the end of current polls, and notifies waiting consumers. */
  @Override
  public void close() {
    closed = true;
    cursors.forEach(ChangeCursor::closeWithStore);
    waiters.close();
  }
}

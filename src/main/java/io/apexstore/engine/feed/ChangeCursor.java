package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.wal.LogReader;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One consumer's walk through the changes of a store: the snapshot if it began with one, then the
 * log.
 *
 * <p>It holds a piece of the snapshot, or a frame of the log and, until the last commit of it is
 * given, the group of commits in it, and nothing else however slow the consumer is.
 *
 * <p><b>Threads:</b> {@link #poll}, {@link #next} and {@link #whenReady} by one at a time; the
 * store closes it from any other, which waits for a poll under way. Polling may wait for the disk.
 * <b>Invariants:</b> everything up to (version, index) is behind the consumer and nothing else is;
 * the token is never ahead of that.
 */
public final class ChangeCursor implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ChangeCursor.class.getName());
  // After so much log of which the consumer wants nothing, it is told how far it is.
  private static final long SKIPPED_BYTES_MAX = 4 << 20;
  // After so long without an event the memory for frames is given back.
  private static final long REST_NANOS = 1_000_000_000;

  private final ChangeLog changes;
  private final ChangeSource source;
  private final ChangeFilter filter;
  private final long bookmarkNanos;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable SnapshotWalk snapshot;
  // While the snapshot is read, and then until the log is read up to its end once.
  private LogHolds.@Nullable Hold hold;
  private @Nullable LogReader reader;
  private @Nullable CommitWalk commit;
  private volatile long version;
  private int index;
  private long skippedBytes;
  // Whom whenReady was told to call, unless that has happened.
  private Waiters.@Nullable Waiter ready;

  private volatile ChangeToken token;
  private long tokenNanos;
  private volatile boolean closed;
  private volatile boolean storeClosed;

  ChangeCursor(
      ChangeLog changes,
      ChangeSource source,
      ChangeFilter filter,
      long bookmarkNanos,
      ChangeToken start,
      @Nullable SnapshotWalk snapshot,
      LogHolds.@Nullable Hold hold,
      @Nullable LogReader reader) {
    this.changes = changes;
    this.source = source;
    this.filter = filter;
    this.bookmarkNanos = bookmarkNanos;
    this.snapshot = snapshot;
    this.hold = hold;
    this.reader = reader;
    this.version = start.version();
    this.index = start.index();
    this.token = start;
    this.tokenNanos = source.time().nanoTime();
  }

  /** The token of the event given last, or where the cursor was opened. */
  public ChangeToken token() {
    return token;
  }

  /** The text of a token of the store. */
  public String text(ChangeToken ofStore) {
    return ofStore.text(source.storeId());
  }

  /** The token with everything behind it that the consumer was told or did not want. */
  public String progressText() {
    lock.lock();
    try {
      return text(snapshot == null ? positionToken() : token);
    } finally {
      lock.unlock();
    }
  }

  /** The version up to which everything is behind the consumer. */
  long position() {
    return version;
  }

  /**
   * Returns the next event, or null if there is none yet. Reads the disk, waits for nothing else.
   *
   * @throws EngineException {@code TOKEN_EXPIRED} if the log was not kept for so long; {@code
   *     CORRUPTION} if it is damaged; {@code READ_FAILED}, after which polling may be tried again
   */
  public @Nullable ChangeEvent poll() {
    lock.lock();
    try {
      requireOpen();
      SnapshotWalk walk = snapshot;
      ChangeEvent event = walk != null ? fromSnapshot(walk) : fromLog();
      if (event != null) {
        token = event.token();
        tokenNanos = source.time().nanoTime();
        skippedBytes = 0;
      }
      return event;
    } catch (IOException e) {
      dropReader();
      throw ChangeLog.readFailed(e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the next event, waiting for it.
   *
   * @param timeoutNanos how long at most; it is also over when the thread is interrupted, which it
   *     stays
   * @return null if there was none
   */
  public @Nullable ChangeEvent next(long timeoutNanos) {
    long begin = System.nanoTime();
    while (true) {
      ChangeEvent event = poll();
      long left = timeoutNanos - (System.nanoTime() - begin);
      if (event != null || left <= 0 || Thread.currentThread().isInterrupted()) {
        return event;
      }
      await(Math.min(left, nanosToBookmark()));
    }
  }

  /**
   * Calls back once, on a thread of the store's on which nothing may wait, when polling may give an
   * event or fail; perhaps at once. Bookmarks that are due by time do not count. A callback that
   * has not been called yet is replaced, and dropped when the cursor is closed by its consumer.
   */
  public void whenReady(Runnable callback) {
    Waiters.Waiter waiter;
    lock.lock();
    try {
      dropReady();
      waiter = new Waiters.Waiter(wantedVersion(), callback);
      ready = waiter;
    } finally {
      lock.unlock();
    }
    // Not under the lock: it may call back at once.
    changes.waiters().add(waiter);
  }

  private void dropReady() {
    Waiters.Waiter waiter = ready;
    ready = null;
    if (waiter != null) {
      changes.waiters().remove(waiter);
    }
  }

  private void await(long nanos) {
    AtomicBoolean woken = new AtomicBoolean();
    Thread thread = Thread.currentThread();
    Waiters.Waiter waiter =
        new Waiters.Waiter(
            wantedVersion(),
            () -> {
              woken.set(true);
              LockSupport.unpark(thread);
            });
    changes.waiters().add(waiter);
    long begin = System.nanoTime();
    long left = nanos;
    while (!woken.get() && left > 0 && !thread.isInterrupted()) {
      LockSupport.parkNanos(this, left);
      left = nanos - (System.nanoTime() - begin);
    }
    if (!woken.get()) {
      changes.waiters().remove(waiter);
    }
  }

  /** The version that must be readable for there to be another event. */
  private long wantedVersion() {
    lock.lock();
    try {
      SnapshotWalk walk = snapshot;
      if (closed || commit != null) {
        return 0;
      }
      return walk != null ? walk.readVersion() : index == ChangeToken.WHOLE ? version + 1 : version;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable ChangeEvent fromSnapshot(SnapshotWalk walk) {
    if (changes.readableVersion() < walk.readVersion()) {
      source.throwIfFailed();
      return null;
    }
    ChangeEvent event = walk.next();
    if (event != null) {
      return event;
    }
    snapshot = null;
    walk.release();
    ChangeToken end = ChangeToken.after(walk.logVersion());
    return ChangeEvent.progress(ChangeEvent.Kind.SNAPSHOT_END, end, walk.readVersion());
  }

  private @Nullable ChangeEvent fromLog() throws IOException {
    CommitWalk open = commit;
    if (open != null) {
      return give(open);
    }
    while (true) {
      // In this order: what is published now will be found durable, if it is, in a moment.
      long readable = changes.readableVersion();
      LogReader log = openReader();
      switch (log.next(Math.min(readable, source.durableVersion()))) {
        case COMMIT -> {
          CommitWalk walk =
              new CommitWalk(source, filter, log, log.version() == version ? index : -1);
          if (walk.hasNext()) {
            return give(walk);
          }
          passed(log.version());
          skippedBytes += log.batchBytes();
          if (skippedBytes > SKIPPED_BYTES_MAX) {
            return bookmark();
          }
        }
        case NONE_YET -> {
          return caughtUp(log, readable);
        }
        case EXPIRED -> throw ChangeLog.expired(version);
      }
    }
  }

  private ChangeEvent give(CommitWalk walk) {
    ChangeEvent event = walk.next();
    if (walk.hasNext()) {
      commit = walk;
      version = event.version();
      index = event.token().index();
    } else {
      commit = null;
      passed(event.version());
      LogReader log = reader;
      if (log != null) {
        log.forgetGroup();
      }
    }
    return event;
  }

  private void passed(long newVersion) {
    version = newVersion;
    index = ChangeToken.WHOLE;
    LogHolds.Hold held = hold;
    if (held != null) {
      held.moveTo(newVersion);
    }
  }

  private @Nullable ChangeEvent caughtUp(LogReader log, long readable) {
    if (readable > version || (readable == version && index != ChangeToken.WHOLE)) {
      passed(readable);
    }
    LogHolds.Hold held = hold;
    if (held != null) {
      hold = null;
      held.close();
    }
    long idle = source.time().nanoTime() - tokenNanos;
    if (idle >= REST_NANOS) {
      log.rest();
    }
    return idle >= bookmarkNanos && isAheadOfToken() ? bookmark() : null;
  }

  private boolean isAheadOfToken() {
    return !token.equals(positionToken());
  }

  private ChangeToken positionToken() {
    return new ChangeToken(version, index, null);
  }

  private ChangeEvent bookmark() {
    return ChangeEvent.progress(ChangeEvent.Kind.BOOKMARK, ChangeToken.after(version), version);
  }

  private long nanosToBookmark() {
    lock.lock();
    try {
      return snapshot == null && isAheadOfToken()
          ? Math.max(1, bookmarkNanos - (source.time().nanoTime() - tokenNanos))
          : Long.MAX_VALUE;
    } finally {
      lock.unlock();
    }
  }

  private LogReader openReader() throws IOException {
    LogReader open = reader;
    if (open == null) {
      open = changes.openLog(positionToken().logVersion());
      reader = open;
    }
    return open;
  }

  private void dropReader() {
    LogReader open = reader;
    reader = null;
    commit = null;
    if (open != null) {
      changes.remember(open.place());
      try {
        open.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "closing a reader of the log", e);
      }
    }
  }

  private void requireOpen() {
    if (storeClosed) {
      throw ChangeLog.storeClosed();
    }
    if (closed) {
      throw new EngineException(Failure.CLOSED, "the change feed is closed");
    }
  }

  void closeWithStore() {
    storeClosed = true;
    close();
  }

  /** Lets go of what it reads. Whoever waits for it is woken only if the store closes it. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      if (!storeClosed) {
        dropReady();
      }
      SnapshotWalk walk = snapshot;
      snapshot = null;
      if (walk != null) {
        walk.release();
      }
      LogHolds.Hold held = hold;
      hold = null;
      if (held != null) {
        held.close();
      }
      dropReader();
    } finally {
      lock.unlock();
      changes.cursorClosed(this);
    }
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public String toString() {
    return "change cursor at " + Objects.toString(token);
  }
}

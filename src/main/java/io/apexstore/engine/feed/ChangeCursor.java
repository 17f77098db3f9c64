package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
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
 * One consumer's cursor over the changes of a store: the snapshot, if it began with one, then the
 * log.
 *
 * <p>It keeps in memory only one piece of the snapshot, or one frame of the log and the group of
 * commits in it until the last of them is returned, however slow the consumer is.
 *
 * <p><b>Threads:</b> one thread at a time calls {@link #poll}, {@link #next} and {@link
 * #whenReady}. The store may close the cursor from another thread, which waits for the end of a
 * poll. Polling may wait for the disk. <b>Invariants:</b> the consumer is past exactly the
 * operations up to (version, index); the token is never past that position.
 */
public final class ChangeCursor implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(ChangeCursor.class);
  // After this many bytes of log without a wanted change, the cursor returns a bookmark.
  private static final long SKIPPED_BYTES_MAX = 4 << 20;
  // After this long without an event, the buffers for frames are released.
  private static final long IDLE_NANOS_MAX = 1_000_000_000;

  private final ChangeLog changes;
  private final ChangeSource source;
  private final ChangeFilter filter;
  private final long bookmarkNanos;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable SnapshotWalk snapshot;
  // Held while the snapshot is read, and until the log has then been read to its end once.
  private LogHolds.@Nullable Hold hold;
  private @Nullable LogReader reader;
  private @Nullable CommitWalk commit;
  private volatile long version;
  private int index;
  private long skippedBytes;

  // The position before the last event.
  private long versionBefore;
  private int indexBefore;
  private ChangeToken tokenBefore;

  // The callback of whenReady, until it is called.
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
    this.tokenBefore = start;
    this.versionBefore = version;
    this.indexBefore = index;
    this.tokenNanos = source.time().nanoTime();
  }

  /** Returns the token of the last event, or the token that the cursor was opened at. */
  public ChangeToken token() {
    return token;
  }

  /** Returns a token of this store as text. */
  public String text(ChangeToken ofStore) {
    return ofStore.text(source.versionTags());
  }

  /**
   * Returns the token, as text, that is past all changes that were returned or that the filter
   * rejected.
   */
  public String progressText() {
    lock.lock();
    try {
      return text(snapshot == null ? positionToken() : token);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the version up to which the consumer has read. */
  long position() {
    return version;
  }

  /**
   * Returns the next event, or null if there is none yet. Waits only for the disk.
   *
   * @throws EngineException {@code TOKEN_EXPIRED} if the next changes have been dropped from the
   *     log; {@code CORRUPTION} if the log is damaged; {@code READ_FAILED}, after which the caller
   *     may poll again
   */
  public @Nullable ChangeEvent poll() {
    lock.lock();
    try {
      requireOpen();
      versionBefore = version;
      indexBefore = index;
      tokenBefore = token;
      releaseLog();
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
   * Waits for the next event and returns it.
   *
   * @param timeoutNanos maximum time to wait. An interrupt ends the wait too; the thread stays
   *     interrupted
   * @return null if there was no event
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
   * Sets a callback that is called once when polling may return an event or fail, possibly
   * immediately. It runs on a thread of the store and must not block. Bookmarks that are due by
   * time do not trigger it. A new callback replaces one that has not been called yet. If the
   * consumer closes the cursor, the callback is dropped.
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

  /** Returns the version that must be readable before there can be another event. */
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
      return deliver(open);
    }
    while (true) {
      // Published is read first, so the durable version read next covers it if it is durable.
      long readable = changes.readableVersion();
      LogReader log = openReader();
      switch (log.next(Math.min(readable, source.durableVersion()))) {
        case COMMIT -> {
          CommitWalk walk =
              new CommitWalk(source, filter, log, log.version() == version ? index : -1);
          if (walk.hasNext()) {
            return deliver(walk);
          }
          advanceTo(log.version());
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

  private ChangeEvent deliver(CommitWalk walk) {
    ChangeEvent event = walk.next();
    if (walk.hasNext()) {
      commit = walk;
      version = event.version();
      index = event.token().index();
    } else {
      commit = null;
      advanceTo(event.version());
      LogReader log = reader;
      if (log != null) {
        log.releaseGroup();
      }
    }
    return event;
  }

  private void advanceTo(long newVersion) {
    version = newVersion;
    index = ChangeToken.WHOLE;
  }

  /** Releases the log that the consumer is past, and will not go back to. */
  private void releaseLog() {
    LogHolds.Hold held = hold;
    if (held != null && snapshot == null && index == ChangeToken.WHOLE) {
      held.moveTo(version);
    }
  }

  /** Returns the memory that holds changes which were read from the log, in bytes. */
  public long heldBytes() {
    lock.lock();
    try {
      LogReader open = reader;
      return open == null ? 0 : open.heldBytes();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Releases all memory that holds changes; they are read again when they are polled. So a consumer
   * that is waited for holds a position only.
   */
  public void pause() {
    lock.lock();
    try {
      SnapshotWalk walk = snapshot;
      if (walk != null) {
        walk.dropPiece(false);
      } else {
        dropReader();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Goes back before the last event, which must be a change, and releases all memory as {@link
   * #pause} does: the next poll returns it again.
   */
  public void undoPoll() {
    lock.lock();
    try {
      token = tokenBefore;
      SnapshotWalk walk = snapshot;
      if (walk != null) {
        walk.dropPiece(true);
      } else {
        version = versionBefore;
        index = indexBefore;
        dropReader();
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable ChangeEvent caughtUp(LogReader log, long readable) {
    if (readable > version || (readable == version && index != ChangeToken.WHOLE)) {
      advanceTo(readable);
    }
    LogHolds.Hold held = hold;
    if (held != null) {
      hold = null;
      held.close();
    }
    long idle = source.time().nanoTime() - tokenNanos;
    if (idle >= IDLE_NANOS_MAX) {
      log.releaseBuffers();
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
      changes.addStartHint(open.startHint());
      try {
        open.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "closing a log reader failed", e);
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

  /**
   * Releases what the cursor reads. A waiting thread or callback is notified only if the store
   * closes the cursor.
   */
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

  @Override
  public String toString() {
    return "change cursor at " + Objects.toString(token);
  }
}

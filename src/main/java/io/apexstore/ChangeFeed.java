package io.apexstore;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeEvent;
import io.apexstore.engine.feed.ChangeFilter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a store in the order of their commits: every durable change, and none that a crash
 * could undo.
 *
 * <pre>{@code
 * try (ChangeFeed feed = store.changes().withSnapshot().open()) {
 *   while (running) {
 *     Change change = feed.next(Duration.ofSeconds(1));
 *     if (change != null) {
 *       apply(change);
 *       remember(change.token());
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>A feed that is opened with a stored token continues exactly after it, also after the store was
 * closed or its process killed. A change that was applied but whose token was not stored is
 * delivered again, with the same token. Feeds read the store's log, which is kept as long as {@link
 * io.apexstore.options.StoreOptions#logRetentionBytes} and {@link
 * io.apexstore.options.StoreOptions#logRetentionTime} require. A consumer that returns later gets
 * {@link io.apexstore.error.ApexException.Code#TOKEN_EXPIRED} and needs a new snapshot. While a
 * feed delivers its snapshot, the log after it is kept whatever the options say, up to 4 GiB.
 *
 * <p>Feeds wait for no writer and delay no writer. However slow its consumer, a feed keeps at most
 * 64 KiB of a snapshot and one entry in memory, or one frame of the log (up to 1.3 MiB) and the
 * batch in it. Changes of keyspaces whose names start with an underscore are left out.
 *
 * <p><b>Threads:</b> confined to one at a time; calls may wait for the disk. <b>Errors:</b> {@link
 * io.apexstore.error.ApexException}: {@code CLOSED} once the feed or the store is closed, {@code
 * CORRUPTION} if the log is damaged, {@code READ_FAILED} if the disk fails to answer; the next call
 * then retries.
 */
public final class ChangeFeed implements AutoCloseable {
  private final ChangeCursor cursor;

  private ChangeFeed(ChangeCursor cursor) {
    this.cursor = cursor;
  }

  /** Returns the next change if there is one, or null; it reads the disk and waits for no one. */
  public @Nullable Change poll() {
    try {
      return ofNullable(cursor.poll());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Returns the next change, or null if there is none within the timeout. A thread that is
   * interrupted stops waiting and stays interrupted.
   *
   * @param timeout zero or less: does not wait; 292 years or more: waits as long as it takes
   */
  public @Nullable Change next(Duration timeout) {
    try {
      return ofNullable(cursor.next(TimeUnit.NANOSECONDS.convert(timeout)));
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Registers a callback that is called once, as soon as {@link #poll} may return a change or fail;
   * at once if that is so already, also if the store is closed. It is called on a thread of the
   * store and must not block. There is one callback at a time: a second one replaces one that was
   * not called yet, and closing the feed removes it.
   */
  public void whenReady(Runnable callback) {
    cursor.whenReady(callback);
  }

  /**
   * Returns the token from which another feed continues where this one is: after the changes that
   * it has returned or skipped.
   */
  public String token() {
    return cursor.progressText();
  }

  /**
   * Returns the memory that holds changes which were read from the log, in bytes: some hundred KiB,
   * or the length of a batch that is longer. {@link #pause} releases it.
   */
  public long heldBytes() {
    return cursor.heldBytes();
  }

  /**
   * Releases all memory that holds changes, because the consumer cannot take any now. They are read
   * again by the next {@link #poll}.
   */
  public void pause() {
    cursor.pause();
  }

  /**
   * Goes back before the change that was returned last, and releases all memory as {@link #pause}
   * does: the next {@link #poll} returns it again. It must not have been a {@link Change.Progress}.
   */
  public void undoPoll() {
    cursor.undoPoll();
  }

  /** Releases what the feed reads. Closing twice does nothing. */
  @Override
  public void close() {
    cursor.close();
  }

  private @Nullable Change ofNullable(@Nullable ChangeEvent event) {
    return event == null ? null : of(event);
  }

  private Change of(ChangeEvent event) {
    return switch (event.kind()) {
      case SNAPSHOT -> keyChange(event, Change.Cause.SNAPSHOT);
      case PUT -> keyChange(event, Change.Cause.PUT);
      case DELETE -> keyChange(event, Change.Cause.DELETE);
      case EXPIRED -> keyChange(event, Change.Cause.EXPIRED);
      case RANGE_DELETE -> rangeDelete(event);
      case BOOKMARK -> progress(event, Change.Stage.BOOKMARK);
      case SNAPSHOT_END -> progress(event, Change.Stage.SNAPSHOT_END);
    };
  }

  private Change keyChange(ChangeEvent event, Change.Cause cause) {
    return new Change.KeyChange(
        cursor.text(event.token()),
        event.version(),
        event.index(),
        event.endsBatch(),
        event.commitTimeMs(),
        event.keyspace(),
        cause,
        event.key(),
        event.value(),
        event.previousValue(),
        event.expiryMs());
  }

  private Change rangeDelete(ChangeEvent event) {
    return new Change.RangeDelete(
        cursor.text(event.token()),
        event.version(),
        event.index(),
        event.endsBatch(),
        event.commitTimeMs(),
        event.keyspace(),
        new KeyRange(event.key().length == 0 ? null : event.key(), event.to()));
  }

  private Change progress(ChangeEvent event, Change.Stage stage) {
    return new Change.Progress(cursor.text(event.token()), event.version(), stage);
  }

  /**
   * A builder of a feed.
   *
   * <p><b>Threads:</b> confined to one.
   */
  public static final class Builder {
    private final LsmEngine engine;
    private @Nullable String token;
    private byte[] prefix = {};
    private Set<String> keyspaces = Set.of();
    private boolean withSnapshot;
    private Duration bookmarks = Duration.ofSeconds(5);

    Builder(LsmEngine engine) {
      this.engine = engine;
    }

    /**
     * Continues after a token, or after the version of a commit, written as a number: {@code "0"}
     * is the start of the log, if that is still kept. Default: the feed starts with what is
     * committed from now on.
     */
    public Builder from(String newToken) {
      this.token = newToken;
      return this;
    }

    /** Reports only keys that start with the prefix; default all. */
    public Builder prefix(byte[] newPrefix) {
      this.prefix = newPrefix.clone();
      return this;
    }

    /** Reports only changes of these keyspaces, which need not exist yet; default all. */
    public Builder keyspaces(String... names) {
      this.keyspaces = Set.copyOf(List.of(names));
      return this;
    }

    /**
     * Without a token, first reports all current entries and then what is committed after that. A
     * token itself contains whether it belongs to a snapshot.
     */
    public Builder withSnapshot() {
      this.withSnapshot = true;
      return this;
    }

    /**
     * Sets after how long without a change a feed reports its progress as a bookmark; default 5 s.
     *
     * @param time at least 0; 292 years or more: never
     * @throws io.apexstore.error.ApexException {@code INVALID_REQUEST} if it is negative
     */
    public Builder bookmarksEvery(Duration time) {
      Arguments.checkNotNegative("time between bookmarks", time);
      this.bookmarks = time;
      return this;
    }

    /**
     * Opens the feed; may wait for the disk.
     *
     * @throws io.apexstore.error.ApexException {@code INVALID_REQUEST} if the text is no token or
     *     an internal keyspace is named, {@code TOKEN_UNKNOWN}, {@code TOKEN_EXPIRED}, {@code
     *     CLOSED}
     */
    public ChangeFeed open() {
      try {
        ChangeFilter filter = new ChangeFilter(prefix, keyspaces);
        long nanos = TimeUnit.NANOSECONDS.convert(bookmarks);
        String from = token;
        return new ChangeFeed(
            from == null
                ? engine.changes().openNow(filter, withSnapshot, nanos)
                : engine.changes().openAt(from, filter, nanos));
      } catch (EngineException e) {
        throw Failures.of(e);
      }
    }
  }
}

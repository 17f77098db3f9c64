package io.apexstore;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeEvent;
import io.apexstore.engine.feed.ChangeFilter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a store in the order of their commits: each durable one, none left out, none that
 * a crash could take back.
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
 * <p>A feed that is opened with a remembered token goes on exactly behind it, also after the store
 * was closed, or its process killed. What was applied and not remembered comes again; a change that
 * comes again has the same token. The changes are read from the store's log, which is kept as long
 * as {@link io.apexstore.options.StoreOptions#logRetentionBytes} and {@link
 * io.apexstore.options.StoreOptions#logRetentionTime} say; to one who comes later {@link
 * io.apexstore.error.ApexException.Code#TOKEN_EXPIRED} is said, and a new snapshot helps. While a
 * feed gives its snapshot, the log behind it is kept whatever the options say, up to 4 GiB.
 *
 * <p>Feeds wait for no writer and hold no writer up. However slow its consumer, a feed holds no
 * more in memory than 64 KiB of a snapshot and one entry, or one frame of the log (up to 1.3 MiB)
 * and the batch in it. Changes of keyspaces whose names begin with an underscore are left out.
 *
 * <p><b>Threads:</b> confined to one at a time; calls may wait for the disk. <b>Errors:</b> {@link
 * io.apexstore.error.ApexException} {@code CLOSED} once the feed or the store is closed, {@code
 * CORRUPTION} where the log is damaged, {@code READ_FAILED} where the disk fails to answer; after
 * that, the next call tries again.
 */
public final class ChangeFeed implements AutoCloseable {
  private final ChangeCursor cursor;

  private ChangeFeed(ChangeCursor cursor) {
    this.cursor = cursor;
  }

  /** Returns the next change if there is one already, or null; reads the disk, waits for nobody. */
  public @Nullable Change poll() {
    try {
      return ofNullable(cursor.poll());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Returns the next change, or null if none has come within the time. A thread that is interrupted
   * stops waiting and stays interrupted.
   */
  public @Nullable Change next(Duration timeout) {
    try {
      return ofNullable(cursor.next(timeout.toNanos()));
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Calls back once as soon as {@link #poll} may have something to give or to say; at once if it
   * does already, also if the store is closed. It is called on a thread of the store's, on which
   * nothing may wait. There is one callback at a time: a second one takes the place of one that has
   * not been called yet, and closing the feed takes it back.
   */
  public void whenReady(Runnable callback) {
    cursor.whenReady(callback);
  }

  /**
   * Returns the token with which another feed goes on where this one is: behind what it has given,
   * and what it has passed over.
   */
  public String token() {
    return cursor.progressText();
  }

  /** Lets go of what the feed reads. Closing twice does nothing. */
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
        event.previous(),
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
   * What a feed is opened with.
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
     * Goes on behind a token, or behind the version of a commit, written as a number: {@code "0"}
     * is the beginning, as long as that is kept. Default: the feed begins with what is committed
     * from now on.
     */
    public Builder from(String newToken) {
      this.token = newToken;
      return this;
    }

    /** Gives only keys that begin with the prefix; default all. */
    public Builder prefix(byte[] newPrefix) {
      this.prefix = newPrefix.clone();
      return this;
    }

    /** Gives only changes of these keyspaces, which need not exist yet; default all. */
    public Builder keyspaces(String... names) {
      this.keyspaces = Set.copyOf(List.of(names));
      return this;
    }

    /**
     * Without a token, first gives all entries as of now, and then what is committed after that. A
     * token says itself whether it is one of a snapshot.
     */
    public Builder withSnapshot() {
      this.withSnapshot = true;
      return this;
    }

    /**
     * Sets how long a feed gives nothing before it says that it is further than what it gave last;
     * default 5 s.
     */
    public Builder bookmarksEvery(Duration time) {
      this.bookmarks = time;
      return this;
    }

    /**
     * Opens the feed; may wait for the disk.
     *
     * @throws io.apexstore.error.ApexException {@code INVALID_REQUEST} if the token's text is none
     *     or an internal keyspace is named, {@code TOKEN_UNKNOWN}, {@code TOKEN_EXPIRED}, {@code
     *     CLOSED}
     */
    public ChangeFeed open() {
      try {
        ChangeFilter filter = new ChangeFilter(prefix, keyspaces);
        long nanos = bookmarks.toNanos();
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

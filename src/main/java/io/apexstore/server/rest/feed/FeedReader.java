package io.apexstore.server.rest.feed;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A change feed that is opened when it is first read, and whose next change can be looked at before
 * it is taken.
 *
 * <p><b>Threads:</b> confined to one thread at a time, which may wait for the disk. Must be closed.
 * <b>Invariants:</b> a change that was peeked at and not taken is returned by the next peek.
 */
final class FeedReader {
  private final ApexStore store;
  private final ChangeRequest request;
  private @Nullable ChangeFeed feed;
  private @Nullable Change next;

  FeedReader(ApexStore store, ChangeRequest request) {
    this.store = store;
    this.request = request;
  }

  /** Opens the feed; returns false if it is open already. */
  boolean open() {
    if (feed != null) {
      return false;
    }
    feed = request.open(store);
    return true;
  }

  /** Returns the next change without taking it, or null if there is none yet. */
  @Nullable Change peek() {
    Change change = next;
    if (change == null) {
      change = opened().poll();
      next = change;
    }
    return change;
  }

  /** Takes the change that was peeked at. */
  void take() {
    next = null;
  }

  /** Returns the token after everything taken. No change may be peeked at and not taken. */
  String token() {
    return opened().token();
  }

  /** Calls back when there may be a change; see {@link ChangeFeed#whenReady}. */
  void whenReady(Runnable callback) {
    opened().whenReady(callback);
  }

  /** Returns the memory of what was read ahead; see {@link ChangeFeed#heldBytes}. */
  long heldBytes() {
    ChangeFeed open = feed;
    return open == null ? 0 : open.heldBytes();
  }

  /** Releases all memory that holds changes which the client cannot take now. */
  void pause() {
    ChangeFeed open = feed;
    if (open == null) {
      return;
    }
    if (next == null || next instanceof Change.Progress) {
      open.pause();
    } else {
      next = null;
      open.undoPoll();
    }
  }

  /** Releases memory as {@link #pause} does, but keeps the change that was peeked at. */
  void pauseBehindPeeked() {
    ChangeFeed open = feed;
    if (open != null) {
      open.pause();
    }
  }

  private ChangeFeed opened() {
    return Objects.requireNonNull(feed);
  }

  /** Closes the feed and drops the change that was peeked at; nothing may be read any more. */
  void close() {
    next = null;
    ChangeFeed open = feed;
    feed = null;
    if (open != null) {
      open.close();
    }
  }
}

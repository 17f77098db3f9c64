package io.apexstore.server.rest.feed;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.json.JsonOutput;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A feed that is opened when it is first read, and the memory that what is written of it takes:
 * what goes beyond a usual piece counts against what all bodies may hold together, so that large
 * values times slow clients do not exhaust the heap.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk. Must be closed.
 * <b>Invariants:</b> a change that was looked at and not taken is the next one; what is written is
 * counted whole, but for what every answer has free, or else as all that may be held together.
 */
public final class FeedReader {
  /** So much of an answer is not counted, in bytes. */
  static final int FREE_BYTES = 64 << 10;

  private final ApexStore store;
  private final ChangeRequest request;
  private final BodyBudget bodies;
  private @Nullable ChangeFeed feed;
  private @Nullable Change next;
  private long counted;

  FeedReader(ApexStore store, ChangeRequest request, BodyBudget bodies) {
    this.store = store;
    this.request = request;
    this.bodies = bodies;
  }

  /** Opens the feed; false if it is open already. */
  boolean open() {
    if (feed != null) {
      return false;
    }
    feed = request.open(store);
    return true;
  }

  /** Returns the change that comes next, or null if there is none by now. */
  @Nullable Change peek() {
    Change change = next;
    if (change == null) {
      change = opened().poll();
      next = change;
    }
    return change;
  }

  /** Takes the change that was looked at. */
  void take() {
    next = null;
  }

  /** Returns the token behind all that was taken; no change may have been looked at only. */
  String token() {
    return opened().token();
  }

  /** Calls back when there may be a change; see {@link ChangeFeed#whenReady}. */
  void whenReady(Runnable callback) {
    opened().whenReady(callback);
  }

  /**
   * Makes room in an output for a change.
   *
   * @return false if the server has no memory for it at the moment
   */
  boolean tryMakeRoom(JsonOutput out, Change change) {
    long bytes = ChangeJson.bytesMax(change);
    // What is larger than all that may be held goes out alone: else it would never go out.
    long wanted = Math.min(out.length() + bytes - FREE_BYTES, bodies.bytesMax());
    if (wanted > counted) {
      if (!bodies.tryTake(wanted - counted)) {
        return false;
      }
      counted = wanted;
    }
    out.ensureRoom(Math.toIntExact(bytes));
    return true;
  }

  /** Returns the bytes that were counted since this was asked last; who asks gives them back. */
  long handOver() {
    long handed = counted;
    counted = 0;
    return handed;
  }

  /** Lets go of the feed and of the change that was looked at; nothing may be read any more. */
  void letGo() {
    next = null;
    ChangeFeed open = feed;
    feed = null;
    if (open != null) {
      open.close();
    }
  }

  public static ProblemException noRoom() {
    return Problem.of(Problem.Kind.OVERLOADED, "too much of answers is held in memory").exception();
  }

  private ChangeFeed opened() {
    return Objects.requireNonNull(feed);
  }

  void close() {
    bodies.giveBack(handOver());
    letGo();
  }
}

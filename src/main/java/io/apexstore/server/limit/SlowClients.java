package io.apexstore.server.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds clients that send so slowly that they only hold a place: a head must be there in time, a
 * body must keep coming. Finds connections on which nothing moves at all, too.
 *
 * <p><b>Threads:</b> confined to one event loop, which calls {@link #tick} about once a second.
 */
public final class SlowClients {
  /** A body that brings fewer bytes than this in a window is too slow: 100 a second. */
  private static final int WINDOW_BYTES_MIN = 2_000;

  private static final long WINDOW_NANOS = Duration.ofSeconds(20).toNanos();

  private final long headNanosMax;
  private final long idleNanosMax;

  /** The ring of bodies; watching and forgetting one costs the same however many there are. */
  private final Watch ring = new Watch();

  private final List<Connection> connections = new ArrayList<>();

  /** Makes a finder that gives heads, and connections on which nothing moves, this long. */
  public SlowClients(Duration headTimeout, Duration idleTimeout) {
    this.headNanosMax = headTimeout.toNanos();
    this.idleNanosMax = idleTimeout.toNanos();
  }

  /** A body that is arriving. */
  public interface Body {
    /** Returns the bytes that have arrived. */
    long bytesRead();

    /** Whether the server is the one that does not go on. */
    boolean isHeld();

    /** Ends it. */
    void endAsTooSlow();
  }

  /** A connection on which heads arrive. */
  public interface Head {
    /** Returns since when a head has been arriving, or 0 if none is. */
    long arrivingSinceNanos();

    /** Whether bytes were read or written since this was asked last. */
    boolean hasMoved();

    /** Whether the connection is closed. */
    boolean isOver();

    /** Ends it. */
    void endAsTooSlow();
  }

  /** A connection and when something was last seen to move on it. */
  private static final class Connection {
    private final Head head;
    private long movedAtNanos;

    Connection(Head head, long nowNanos) {
      this.head = head;
      this.movedAtNanos = nowNanos;
    }
  }

  /** A body in the ring. */
  public static final class Watch {
    private final @Nullable Body body;
    private long sinceNanos;
    private long bytesThen;
    private Watch before = this;
    private Watch after = this;

    private Watch() {
      this.body = null;
    }

    private Watch(Body body, long sinceNanos, Watch ring) {
      this.body = body;
      this.sinceNanos = sinceNanos;
      this.before = ring.before;
      this.after = ring;
      ring.before.after = this;
      ring.before = this;
    }

    /** Forgets it: it has arrived, or its client is gone. Doing so twice does nothing. */
    public void end() {
      before.after = after;
      after.before = before;
      before = this;
      after = this;
    }
  }

  /** Watches a body until {@link Watch#end} is called. */
  public Watch watch(Body body, long nowNanos) {
    return new Watch(body, nowNanos, ring);
  }

  /** Watches a connection until it is over. */
  public void watch(Head head, long nowNanos) {
    connections.add(new Connection(head, nowNanos));
  }

  /** Looks at all that are watched. */
  public void tick(long nowNanos) {
    for (Watch watch = ring.after; watch != ring; ) {
      Watch next = watch.after;
      if (watch.body != null && isTooSlow(watch, watch.body, nowNanos)) {
        watch.end();
        watch.body.endAsTooSlow();
      }
      watch = next;
    }
    connections.removeIf(connection -> isOver(connection, nowNanos));
  }

  private static boolean isTooSlow(Watch watch, Body body, long nowNanos) {
    long bytes = body.bytesRead();
    boolean windowOver = nowNanos - watch.sinceNanos >= WINDOW_NANOS;
    if (!body.isHeld() && !windowOver) {
      return false;
    }
    if (!body.isHeld() && bytes - watch.bytesThen < WINDOW_BYTES_MIN) {
      return true;
    }
    watch.sinceNanos = nowNanos;
    watch.bytesThen = bytes;
    return false;
  }

  private boolean isOver(Connection connection, long nowNanos) {
    Head head = connection.head;
    if (head.isOver()) {
      return true;
    }
    if (head.hasMoved()) {
      connection.movedAtNanos = nowNanos;
    }
    long since = head.arrivingSinceNanos();
    boolean headTooSlow = since != 0 && nowNanos - since > headNanosMax;
    if (headTooSlow || nowNanos - connection.movedAtNanos >= idleNanosMax) {
      head.endAsTooSlow();
      return true;
    }
    return false;
  }
}

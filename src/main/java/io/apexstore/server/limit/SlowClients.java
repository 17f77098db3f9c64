package io.apexstore.server.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds clients that send so slowly that they only hold a place: a head must be there in time, a
 * body must keep coming.
 *
 * <p><b>Threads:</b> confined to one event loop, which calls {@link #tick} about once a second.
 */
public final class SlowClients {
  /** A body that brings fewer bytes than this in a window is too slow: 100 a second. */
  private static final int WINDOW_BYTES_MIN = 2_000;

  private static final long WINDOW_NANOS = Duration.ofSeconds(20).toNanos();

  private final long headNanosMax;
  private final List<Watched> bodies = new ArrayList<>();
  private final List<Head> heads = new ArrayList<>();

  /** Makes a finder that gives heads this long. */
  public SlowClients(Duration headTimeout) {
    this.headNanosMax = headTimeout.toNanos();
  }

  /** A body that is arriving. */
  public interface Body {
    /** Returns the bytes that have arrived. */
    long bytesRead();

    /** Whether it has arrived, or its client is gone. */
    boolean isOver();

    /** Whether the server is the one that does not go on. */
    boolean isHeld();

    /** Ends it. */
    void endAsTooSlow();
  }

  /** A connection on which heads arrive. */
  public interface Head {
    /** Returns since when a head has been arriving, or 0 if none is. */
    long arrivingSinceNanos();

    /** Whether the connection is closed. */
    boolean isOver();

    /** Ends it. */
    void endAsTooSlow();
  }

  private static final class Watched {
    private final Body body;
    private long sinceNanos;
    private long bytesThen;

    Watched(Body body, long sinceNanos) {
      this.body = body;
      this.sinceNanos = sinceNanos;
    }
  }

  /** Watches a body until it is over. */
  public void watch(Body body, long nowNanos) {
    bodies.add(new Watched(body, nowNanos));
  }

  /** Watches a connection until it is over. */
  public void watch(Head head) {
    heads.add(head);
  }

  /** Looks at all that are watched. */
  public void tick(long nowNanos) {
    bodies.removeIf(watched -> isOver(watched, nowNanos));
    heads.removeIf(head -> isOver(head, nowNanos));
  }

  private static boolean isOver(Watched watched, long nowNanos) {
    Body body = watched.body;
    if (body.isOver()) {
      return true;
    }
    long bytes = body.bytesRead();
    if (body.isHeld()) {
      watched.sinceNanos = nowNanos;
      watched.bytesThen = bytes;
    } else if (nowNanos - watched.sinceNanos >= WINDOW_NANOS) {
      if (bytes - watched.bytesThen < WINDOW_BYTES_MIN) {
        body.endAsTooSlow();
        return true;
      }
      watched.sinceNanos = nowNanos;
      watched.bytesThen = bytes;
    }
    return false;
  }

  private boolean isOver(Head head, long nowNanos) {
    if (head.isOver()) {
      return true;
    }
    long since = head.arrivingSinceNanos();
    if (since != 0 && nowNanos - since > headNanosMax) {
      head.endAsTooSlow();
      return true;
    }
    return false;
  }
}

package io.apexstore.server.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Timeouts that end the requests and connections of slow clients, which would otherwise occupy a
 * place for as long as they like.
 *
 * <ul>
 *   <li>A request head must arrive completely within the head timeout, or the connection is closed.
 *   <li>A body must bring at least 2,000 bytes in each window of 20 s, that is 100 bytes a second,
 *       or its request is ended. A new window starts at every tick that finds the body paused by
 *       the server itself.
 *   <li>A body that is held in memory until it is complete must also bring 32 KiB a second on
 *       average, after its first minute. So a body of 50 MiB is complete, or its request ended, 28
 *       minutes after its head.
 *   <li>An answer must be read with at least 1,000 bytes a second in each window of the read
 *       timeout in which bytes have always been waiting for the client, or its connection is reset.
 *   <li>A connection without any traffic for the idle timeout is closed, unless a request is in
 *       progress: the deadlines of the request apply then.
 * </ul>
 *
 * <p>The timeouts are checked at each {@link #tick}, so they are met to within about a second.
 *
 * <p><b>Threads:</b> confined to one event loop, which calls {@link #tick} about once a second.
 */
public final class SlowClients {
  private static final long READ_BYTES_A_SECOND = 1_000;
  private static final int WINDOW_BYTES_MIN = 2_000;
  private static final long WINDOW_NANOS = Duration.ofSeconds(20).toNanos();
  private static final long HELD_GRACE_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long HELD_NANOS_PER_BYTE = Duration.ofSeconds(1).toNanos() / (32 << 10);

  private final long headNanosMax;
  private final long idleNanosMax;
  private final long readNanosMax;
  private final long readBytesMin;

  /** A ring of bodies: adding and removing one costs the same, however many there are. */
  private final Watch ring = new Watch();

  private final List<WatchedConnection> connections = new ArrayList<>();

  /**
   * Creates the timeouts of one event loop.
   *
   * @param headTimeout the longest time in which a request head may arrive
   * @param idleTimeout the longest time that a connection may be without traffic or request
   * @param readTimeout the time in which a client must read some of what waits for it
   */
  public SlowClients(Duration headTimeout, Duration idleTimeout, Duration readTimeout) {
    this.headNanosMax = headTimeout.toNanos();
    this.idleNanosMax = idleTimeout.toNanos();
    this.readNanosMax = readTimeout.toNanos();
    this.readBytesMin = Math.max(1, READ_BYTES_A_SECOND * readTimeout.toMillis() / 1_000);
  }

  /** A request body that is arriving. */
  public interface Body {
    /** Returns the number of bytes that have arrived. */
    long bytesRead();

    /** Returns whether the server has paused the body, so that its client cannot send. */
    boolean isPaused();

    /** Returns whether what has arrived is held in memory until the body is complete. */
    boolean isHeld();

    /** Ends the request because its body arrives too slowly. */
    void timeOut();
  }

  /** A client connection. */
  public interface Connection {
    /**
     * Returns when the request head that is arriving began, by {@link System#nanoTime}, or 0 if no
     * head is arriving.
     */
    long headSinceNanos();

    /**
     * Returns whether the connection is in use: a request is in progress, or bytes were read or
     * written since the last call.
     */
    boolean pollUse();

    /** Returns how many bytes of answers wait for the client to read. */
    long unreadBytes();

    /** Returns about how many bytes of answers the client has taken so far. */
    long readBytes();

    /** Resets the connection; what waits for the client is dropped. */
    void reset();

    /** Returns whether the connection is closed. */
    boolean isClosed();

    /** Closes the connection, without waiting for a client that does not read. */
    void disconnect();
  }

  /** A connection and the time of the last tick that found it in use. */
  private static final class WatchedConnection {
    private final Connection connection;
    private long lastUseNanos;

    // Since when bytes have been waiting for the client, and how many it had read by then.
    private boolean unread;
    private long unreadSinceNanos;
    private long readBytesBefore;

    WatchedConnection(Connection connection, long nowNanos) {
      this.connection = connection;
      this.lastUseNanos = nowNanos;
    }
  }

  /** A handle for a watched body; an element of the ring. */
  public static final class Watch {
    private final @Nullable Body body;
    private final long startNanos;
    private long windowStartNanos;
    private long windowStartBytes;
    private Watch previous = this;
    private Watch next = this;

    private Watch() {
      this.body = null;
      this.startNanos = 0;
    }

    private Watch(Body body, long nowNanos, Watch ring) {
      this.body = body;
      this.startNanos = nowNanos;
      this.windowStartNanos = nowNanos;
      this.previous = ring.previous;
      this.next = ring;
      ring.previous.next = this;
      ring.previous = this;
    }

    /**
     * Stops watching the body, because it has arrived or its client is gone. A second call has no
     * effect.
     */
    public void cancel() {
      previous.next = next;
      next.previous = previous;
      previous = this;
      next = this;
    }
  }

  /** Watches a body until {@link Watch#cancel} is called or the body times out. */
  public Watch watch(Body body, long nowNanos) {
    return new Watch(body, nowNanos, ring);
  }

  /** Watches a connection until it is closed. */
  public void watch(Connection connection, long nowNanos) {
    connections.add(new WatchedConnection(connection, nowNanos));
  }

  /** Ends every watched body and connection whose timeout has passed. */
  public void tick(long nowNanos) {
    for (Watch watch = ring.next; watch != ring; ) {
      Watch next = watch.next;
      if (watch.body != null && isTooSlow(watch, watch.body, nowNanos)) {
        watch.cancel();
        watch.body.timeOut();
      }
      watch = next;
    }
    connections.removeIf(watched -> isFinished(watched, nowNanos));
  }

  /** Disconnects every connection, whatever it does. */
  public void disconnectAll() {
    List.copyOf(connections).forEach(watched -> watched.connection.disconnect());
  }

  private static boolean isTooSlow(Watch watch, Body body, long nowNanos) {
    long bytes = body.bytesRead();
    if (body.isHeld()
        && nowNanos - watch.startNanos > HELD_GRACE_NANOS + bytes * HELD_NANOS_PER_BYTE) {
      return true;
    }
    boolean windowOver = nowNanos - watch.windowStartNanos >= WINDOW_NANOS;
    if (!body.isPaused() && !windowOver) {
      return false;
    }
    if (!body.isPaused() && bytes - watch.windowStartBytes < WINDOW_BYTES_MIN) {
      return true;
    }
    watch.windowStartNanos = nowNanos;
    watch.windowStartBytes = bytes;
    return false;
  }

  /** Returns whether a connection is closed, after closing it if its timeout has passed. */
  private boolean isFinished(WatchedConnection watched, long nowNanos) {
    Connection connection = watched.connection;
    if (connection.isClosed()) {
      return true;
    }
    if (connection.pollUse()) {
      watched.lastUseNanos = nowNanos;
    }
    long headSince = connection.headSinceNanos();
    boolean headTooSlow = headSince != 0 && nowNanos - headSince > headNanosMax;
    if (headTooSlow || nowNanos - watched.lastUseNanos >= idleNanosMax) {
      connection.disconnect();
      return true;
    }
    if (isReadTooSlowly(watched, nowNanos)) {
      connection.reset();
      return true;
    }
    return false;
  }

  private boolean isReadTooSlowly(WatchedConnection watched, long nowNanos) {
    Connection connection = watched.connection;
    boolean before = watched.unread;
    watched.unread = connection.unreadBytes() > 0;
    if (!watched.unread) {
      return false;
    }
    long read = connection.readBytes();
    if (before) {
      if (nowNanos - watched.unreadSinceNanos < readNanosMax) {
        return false;
      }
      if (read - watched.readBytesBefore < readBytesMin) {
        return true;
      }
    }
    watched.unreadSinceNanos = nowNanos;
    watched.readBytesBefore = read;
    return false;
  }
}

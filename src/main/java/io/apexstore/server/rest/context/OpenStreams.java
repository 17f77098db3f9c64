package io.apexstore.server.rest.context;

import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The answers that are being streamed. At most 512 are open at once, over all event loops. Those
 * without an end of their own, such as change feeds, are ended when the server stops.
 *
 * <p><b>Threads:</b> any.
 */
public final class OpenStreams {
  private static final int STREAMS_MAX = 512;

  private final AtomicInteger count = new AtomicInteger();
  private final Set<Endless> endless = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  /** A streamed answer that does not end by itself. */
  public interface Endless {
    /** Ends the answer soon; called on any thread. */
    void end();
  }

  /**
   * Adds a stream that ends by itself; {@link #close()} must follow.
   *
   * @throws ProblemException {@code OVERLOADED} if too many are open
   */
  public void open() {
    if (count.incrementAndGet() > STREAMS_MAX) {
      count.decrementAndGet();
      throw Problem.of(
              Problem.Kind.OVERLOADED, STREAMS_MAX + " answers are being streamed; try later")
          .exception();
    }
  }

  /**
   * Adds a stream that does not end by itself; {@link #close(Endless)} must follow. If the server
   * is stopping, the stream is ended at once.
   *
   * @throws ProblemException {@code OVERLOADED} if too many are open
   */
  public void open(Endless stream) {
    open();
    endless.add(stream);
    if (ended) {
      stream.end();
    }
  }

  /** Removes a stream that {@link #open()} added. */
  public void close() {
    count.decrementAndGet();
  }

  /** Removes a stream that {@link #open(Endless)} added; further calls do nothing. */
  public void close(Endless stream) {
    if (endless.remove(stream)) {
      close();
    }
  }

  /** Returns how many streams are open. */
  public int count() {
    return count.get();
  }

  /** Ends all streams that do not end by themselves, now and from now on. */
  public void endAll() {
    ended = true;
    endless.forEach(Endless::end);
  }
}

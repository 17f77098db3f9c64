package io.apexstore.server.rest.feed;

import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The feeds of changes that are being answered: bounded together with the other answers that
 * stream, and ended when the server stops, since they would not end by themselves.
 *
 * <p><b>Threads:</b> any.
 */
public final class OpenFeeds {
  private static final int STREAMS_MAX = 512;

  private final Set<Feed> feeds = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  /** An answer. */
  interface Feed {
    /** Ends the answer soon; on any thread. */
    public void end();
  }

  /** Counts a feed in, unless there are too many streams or the server is stopping. */
  boolean tryAdd(Feed feed, AtomicInteger streams) {
    if (streams.incrementAndGet() > STREAMS_MAX) {
      streams.decrementAndGet();
      return false;
    }
    feeds.add(feed);
    if (ended) {
      feed.end();
    }
    return true;
  }

  void remove(Feed feed, AtomicInteger streams) {
    if (feeds.remove(feed)) {
      streams.decrementAndGet();
    }
  }

  /** How many there are. */
  int size() {
    return feeds.size();
  }

  /** Ends all, and those that come later. */
  public void end() {
    ended = true;
    feeds.forEach(Feed::end);
  }

  static ProblemException refusal() {
    return Problem.of(Problem.Kind.OVERLOADED, "more answers stream than may at once").exception();
  }

  static ProblemException stopping() {
    return Problem.of(Problem.Kind.UNAVAILABLE).exception();
  }
}

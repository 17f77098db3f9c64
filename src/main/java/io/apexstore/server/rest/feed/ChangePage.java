package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.rest.context.AnswerPump;
import io.apexstore.server.rest.context.OpenStreams;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;

/**
 * A page of changes: those that exist by now, or, if there are none, those that arrive first within
 * the timeout. A page always has a token from which the next page is asked for, so it has no
 * bookmarks.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, except {@link #end} and {@link #look},
 * which runs on the I/O pool. <b>Invariants:</b> at most one task runs on the pool; the feed is
 * closed once, while none does.
 */
final class ChangePage implements OpenStreams.Endless {
  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final FeedReader reader;
  private final AnswerBudget budget;
  private final IoPool io;
  private final Context loop;
  private final long waitMs;

  // State of the task on the pool.
  private String token = "";

  // State of the event loop.
  private boolean reading;
  private boolean readAgain;

  /** Whether to answer with what there is, because the time is over or the server stops. */
  private boolean answerNow;

  private boolean over;
  private long timer = -1;

  ChangePage(RestContext context, Exchange exchange, ChangeRequest request) {
    this.context = context;
    this.exchange = exchange;
    this.request = request;
    this.budget = exchange.answers();
    this.reader = new FeedReader(context.store(), request);
    this.io = context.io();
    this.loop = context.vertx().getOrCreateContext();
    this.waitMs = exchange.isHead() ? 0 : request.timeoutSeconds() * 1_000L;
  }

  /** What a task on the pool has found. */
  private enum Found {
    /** A change, or the end of the time for one: the page is written. */
    PAGE,
    /** A bookmark: there may be more. */
    BOOKMARK,
    /** Nothing yet. */
    NOTHING
  }

  /**
   * Starts to answer.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if too many answers are
   *     being streamed
   */
  void start() {
    context.streams().open(this);
    exchange.response().closeHandler(closed -> stop());
    exchange.onAnswered(this::stop);
    if (waitMs > 0) {
      timer = context.vertx().setTimer(waitMs, passed -> finish());
    }
    read();
  }

  private void read() {
    reading = true;
    readAgain = false;
    boolean now = answerNow;
    io.run(() -> budget.runUncounted(() -> look(now)))
        .onComplete(
            (found, failure) -> {
              reading = false;
              if (over) {
                close();
              } else if (failure != null) {
                stop();
                exchange.fail(failure);
              } else if (found == Found.PAGE) {
                answer();
              } else if (found == Found.BOOKMARK || readAgain) {
                read();
              }
            });
  }

  /** Passes the feed on to the page. */
  private void answer() {
    end(true);
    exchange.header("Cache-Control", "no-store");
    PagePieces page = new PagePieces(reader, budget, request, token);
    try {
      new AnswerPump(context, exchange, Exchange.JSON, page).start();
    } catch (RuntimeException e) {
      exchange.fail(e);
    }
  }

  /**
   * Looks whether there is a change. If not, {@link #poll} is called when there may be one. A
   * bookmark ends a step, so that a client that is gone is noticed.
   */
  private Found look(boolean now) {
    if (reader.open()) {
      token = reader.token();
    }
    Change change = reader.peek();
    if (change != null && !ChangeJson.isBookmark(change)) {
      return Found.PAGE;
    }
    if (change != null) {
      token = change.token();
      reader.take();
      return now ? Found.PAGE : Found.BOOKMARK;
    }
    token = reader.token();
    if (now || waitMs == 0) {
      return Found.PAGE;
    }
    reader.whenReady(() -> loop.runOnContext(ready -> poll()));
    return Found.NOTHING;
  }

  private void poll() {
    if (reading) {
      readAgain = true;
    } else if (!over) {
      read();
    }
  }

  private void finish() {
    answerNow = true;
    poll();
  }

  @Override
  public void end() {
    loop.runOnContext(ended -> finish());
  }

  private void stop() {
    end(false);
  }

  private void end(boolean passesOn) {
    if (over) {
      return;
    }
    over = true;
    if (timer >= 0) {
      context.vertx().cancelTimer(timer);
    }
    context.streams().close(this);
    if (!reading && !passesOn) {
      close();
    }
  }

  private void close() {
    io.runAlways(reader::close);
  }
}

package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.BudgetedOutput;
import io.apexstore.server.rest.context.OpenStreams;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/**
 * A page of changes: those that exist by now, or, if there are none, those that arrive first within
 * the timeout. A page always has a token from which the next page is asked for, so it has no
 * bookmarks.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, except {@link #end} and {@link #fill},
 * which runs on the I/O pool. <b>Invariants:</b> at most one task runs on the pool; the feed is
 * closed once, while none does.
 */
final class ChangePage implements OpenStreams.Endless {
  private static final int PAGE_BYTES = 4 << 20;

  /** Upper bound on the end of a page besides the token. */
  private static final int PAGE_END_BYTES = 32;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final FeedReader reader;
  private final AnswerBudget budget;
  private final IoPool io;
  private final Context loop;
  private final long waitMs;

  // State of the task on the pool.
  private final BudgetedOutput out;
  private int count;
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
    this.out = new BudgetedOutput(budget);
    this.reader = new FeedReader(context.store(), request);
    this.io = context.io();
    this.loop = context.vertx().getOrCreateContext();
    this.waitMs = exchange.isHead() ? 0 : request.timeoutSeconds() * 1_000L;
  }

  /**
   * The result of a task on the pool.
   *
   * @param page the answer, or null if there is none yet
   * @param more whether to read on at once
   */
  private record Step(@Nullable BudgetedBody page, boolean more) {}

  /**
   * Starts to answer.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if too many answers are
   *     being streamed
   */
  void start() {
    context.streams().open(this);
    out.json().beginObject().name("changes").beginArray();
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
    io.run(() -> budget.runUncounted(() -> fill(now)))
        .onComplete(
            (step, failure) -> {
              reading = false;
              if (over) {
                if (failure == null && step.page() != null) {
                  step.page().release();
                }
                close();
              } else if (failure != null) {
                stop();
                exchange.fail(failure);
              } else {
                handle(step);
              }
            });
  }

  private void handle(Step step) {
    BudgetedBody page = step.page();
    if (page != null) {
      stop();
      page.send(exchange.header("Cache-Control", "no-store"), Exchange.JSON);
    } else if (step.more() || readAgain) {
      read();
    }
  }

  /**
   * Reads the changes that there are. If there are none, {@link #poll} is called when there may be
   * some. A bookmark ends a step, so that a client that is gone is noticed.
   */
  private Step fill(boolean now) {
    if (reader.open()) {
      token = reader.token();
    }
    boolean bookmark = false;
    boolean end = false;
    while (count < request.limit() && out.length() < PAGE_BYTES && !bookmark && !end) {
      Change change = reader.peek();
      if (change == null) {
        token = reader.token();
        end = true;
      } else if (ChangeJson.isBookmark(change)) {
        token = change.token();
        reader.take();
        bookmark = true;
      } else if (out.tryReserve(ChangeJson.bytesMax(change))) {
        ChangeJson.write(out.json(), change);
        token = change.token();
        reader.take();
        count++;
      } else if (count > 0) {
        break;
      } else {
        throw AnswerBudget.noRoom();
      }
    }
    if (count > 0 || now || (end && waitMs == 0)) {
      out.reserve(PAGE_END_BYTES + token.length());
      out.json().endArray().name("token").string(token).endObject();
      return new Step(out.take(), false);
    }
    if (end) {
      reader.whenReady(() -> loop.runOnContext(ready -> poll()));
    }
    return new Step(null, bookmark);
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
    if (over) {
      return;
    }
    over = true;
    if (timer >= 0) {
      context.vertx().cancelTimer(timer);
    }
    context.streams().close(this);
    if (!reading) {
      close();
    }
  }

  private void close() {
    io.runAlways(
        () -> {
          try {
            reader.close();
          } finally {
            out.close();
          }
        });
  }
}

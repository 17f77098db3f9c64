package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A page of changes: those that there are by now, or, where there are none, those that come first
 * within the time. It always has a token with which the next page is asked for; so bookmarks are
 * not on it.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, but {@link #end} and what runs on the
 * I/O pool. <b>Invariants:</b> at most one task of it runs on the pool; the feed is closed once.
 */
final class ChangePage implements OpenFeeds.Feed {
  private static final int PAGE_BYTES = 4 << 20;

  /** A page is answered so long before its connection would be closed because it is silent. */
  private static final long MARGIN_MS = 5_000;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final FeedReader reader;
  private final BodyBudget bodies;
  private final IoPool io;
  private final Context loop;
  private final long waitMs;

  // Of the task on the pool.
  private final JsonOutput out = new JsonOutput(1 << 10).beginObject().name("changes").beginArray();
  private int count;
  private String token = "";

  // Of the event loop.
  private boolean reading;
  private boolean readAgain;
  // Answer with what there is: the time is over, or the server stops.
  private boolean last;
  private boolean over;
  private long timer = -1;

  ChangePage(RestContext context, Exchange exchange, ChangeRequest request) {
    this.context = context;
    this.exchange = exchange;
    this.request = request;
    this.bodies = exchange.bodies();
    this.reader = new FeedReader(context.host().store(), request, bodies);
    this.io = context.host().io();
    this.loop = context.vertx().getOrCreateContext();
    long keepAliveMs = context.limits().keepAlive().toMillis();
    long waitMsMax = keepAliveMs - Math.min(MARGIN_MS, keepAliveMs / 2);
    this.waitMs = exchange.isHead() ? 0 : Math.min(request.timeoutSeconds() * 1_000L, waitMsMax);
  }

  /**
   * What a task on the pool came to.
   *
   * @param page the answer, or null if there is none yet
   * @param counted bytes counted for it among those of all bodies, to be given back
   * @param goOn whether there is more to read at once
   */
  private record Step(@Nullable Buffer page, long counted, boolean goOn) {}

  void start() {
    if (!context.shared().feeds().tryAdd(this, context.shared().streams())) {
      exchange.fail(OpenFeeds.refusal());
      return;
    }
    exchange.response().closeHandler(closed -> gone());
    if (waitMs > 0) {
      timer = context.vertx().setTimer(waitMs, passed -> finish());
    }
    read();
  }

  private void read() {
    reading = true;
    readAgain = false;
    boolean answerNow = last;
    io.run(() -> bodies.oneOfFew(() -> fill(answerNow)))
        .onComplete(
            (step, failure) -> {
              reading = false;
              if (over) {
                if (failure == null) {
                  bodies.giveBack(step.counted());
                }
                close();
              } else if (failure != null) {
                over();
                exchange.fail(failure);
              } else {
                took(step);
              }
            });
  }

  private void took(Step step) {
    Buffer page = step.page();
    if (page != null) {
      over();
      exchange
          .header("Cache-Control", "no-store")
          .send(200, Exchange.JSON, page)
          .onComplete(sent -> bodies.giveBack(step.counted()));
    } else if (step.goOn() || readAgain) {
      read();
    }
  }

  /**
   * Reads what there is. Where that is nothing, more will be tried when there is something. A
   * bookmark ends the reading, so that it is seen when the client is gone.
   */
  private Step fill(boolean answerNow) {
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
      } else if (reader.tryMakeRoom(out, change)) {
        ChangeJson.write(out, change);
        token = change.token();
        reader.take();
        count++;
      } else if (count > 0) {
        break;
      } else {
        throw FeedReader.noRoom();
      }
    }
    if (count > 0 || answerNow || (end && waitMs == 0)) {
      out.endArray().name("token").string(token).endObject();
      return new Step(out.handOver(), reader.handOver(), false);
    }
    if (end) {
      reader.whenReady(() -> loop.runOnContext(ready -> more()));
    }
    return new Step(null, 0, bookmark);
  }

  private void more() {
    if (reading) {
      readAgain = true;
    } else if (!over) {
      read();
    }
  }

  private void finish() {
    last = true;
    more();
  }

  @Override
  public void end() {
    loop.runOnContext(ended -> finish());
  }

  private void gone() {
    if (!over) {
      over();
    }
  }

  private void over() {
    over = true;
    if (timer >= 0) {
      context.vertx().cancelTimer(timer);
    }
    context.shared().feeds().remove(this, context.shared().streams());
    if (!reading) {
      close();
    }
  }

  private void close() {
    io.runAlways(reader::close);
  }
}

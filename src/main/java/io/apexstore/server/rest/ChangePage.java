package io.apexstore.server.rest;

import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/**
 * A page of changes: those that there are by now, or, where there are none, those that come first
 * within the time. It always has a token with which the next page is asked for.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, but {@link #end} and what runs on the
 * I/O pool. <b>Invariants:</b> at most one task of it runs on the pool; the feed is closed once.
 */
final class ChangePage implements OpenFeeds.Feed {
  private static final int PAGE_BYTES = 4 << 20;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final IoPool io;
  private final Context loop;
  private final JsonOutput out = new JsonOutput(1 << 10).beginObject().name("changes").beginArray();
  private @Nullable ChangeFeed feed;
  private int count;
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
    this.io = context.host().io();
    this.loop = context.vertx().getOrCreateContext();
  }

  void start() {
    if (!context.shared().feeds().tryAdd(this, context.shared().streams())) {
      exchange.fail(OpenFeeds.refusal());
      return;
    }
    exchange.response().closeHandler(closed -> gone());
    last = request.timeoutSeconds() == 0 || exchange.isHead();
    if (!last) {
      timer = context.vertx().setTimer(request.timeoutSeconds() * 1_000L, passed -> finish());
    }
    read();
  }

  private void read() {
    reading = true;
    readAgain = false;
    io.run(this::fill)
        .onComplete(
            (token, failure) -> {
              reading = false;
              if (failure != null) {
                over();
                exchange.fail(failure);
              } else if (over) {
                close();
              } else if (count > 0 || last) {
                answer(token);
              } else if (readAgain) {
                read();
              }
            });
  }

  /** Reads what there is; where that is nothing, more will be tried when there is something. */
  private String fill() {
    ChangeFeed open = feed;
    if (open == null) {
      open = request.open(context.host().store());
      feed = open;
    }
    while (count < request.limit() && out.length() < PAGE_BYTES) {
      Change change = open.poll();
      if (change == null) {
        break;
      }
      ChangeJson.write(out, change);
      count++;
    }
    if (count == 0) {
      open.whenReady(() -> loop.runOnContext(ready -> more()));
    }
    return open.token();
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

  private void answer(String token) {
    over();
    out.endArray().name("token").string(token).endObject();
    exchange.header("Cache-Control", "no-store").sendJson(200, out);
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
    ChangeFeed open = feed;
    feed = null;
    if (open != null) {
      io.runAlways(open::close);
    }
  }
}

package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A feed of changes as bytes, a piece at a time.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk. Must be closed.
 */
final class ChangeStream {
  private static final int PIECE_BYTES = 64 << 10;

  private final ApexStore store;
  private final ChangeRequest request;
  private final Runnable ready;
  private final AtomicBoolean waiting = new AtomicBoolean();
  private @Nullable ChangeFeed feed;

  /**
   * Makes it; the feed is opened with the first piece.
   *
   * @param ready called on a thread of the store's when there may be more after a piece that was
   *     the end of what there was
   */
  ChangeStream(ApexStore store, ChangeRequest request, Runnable ready) {
    this.store = store;
    this.request = request;
    this.ready = ready;
  }

  /**
   * Some changes.
   *
   * @param bytes their text
   * @param count how many
   * @param end whether that is all there is by now
   * @param token the token behind them
   */
  record Piece(Buffer bytes, int count, boolean end, String token) {}

  /** Reads on. Where it reaches the end, it will call back when there may be more. */
  Piece next() {
    ChangeFeed open = feed;
    if (open == null) {
      open = request.open(store);
      feed = open;
    }
    Buffer bytes = Buffer.buffer(4 << 10);
    int count = 0;
    boolean end = false;
    while (bytes.length() < PIECE_BYTES) {
      Change change = open.poll();
      if (change == null) {
        end = true;
        break;
      }
      append(bytes, change);
      count++;
    }
    if (end && waiting.compareAndSet(false, true)) {
      open.whenReady(
          () -> {
            waiting.set(false);
            ready.run();
          });
    }
    return new Piece(bytes, count, end, open.token());
  }

  private void append(Buffer bytes, Change change) {
    JsonOutput json = new JsonOutput(256);
    ChangeJson.write(json, change);
    if (request.format() == ChangeRequest.Format.SSE) {
      bytes.appendString("id: ").appendString(change.token());
      bytes.appendString("\nevent: ").appendString(ChangeJson.type(change));
      bytes.appendString("\ndata: ").appendBuffer(json.toBuffer()).appendString("\n\n");
    } else {
      bytes.appendBuffer(json.endLine().toBuffer());
    }
  }

  /** What is sent so that a connection over which nothing goes is not taken for dead. */
  static Buffer heartbeat(ChangeRequest.Format format, String token) {
    if (format == ChangeRequest.Format.SSE) {
      return Buffer.buffer(": nothing new\nid: " + token + "\n\n");
    }
    JsonOutput json = new JsonOutput(128).beginObject().name("type").string("heartbeat");
    return json.name("token").string(token).endObject().endLine().toBuffer();
  }

  void close() {
    ChangeFeed open = feed;
    if (open != null) {
      open.close();
    }
  }
}

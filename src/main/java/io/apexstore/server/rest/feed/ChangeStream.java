package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.buffer.Buffer;

/**
 * A feed of changes as bytes, a piece at a time. The first piece begins with the token at which the
 * feed was opened.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk. Must be closed.
 */
final class ChangeStream {
  private static final int PIECE_BYTES = FeedReader.FREE_BYTES;

  private final FeedReader reader;
  private final ChangeRequest.Format format;
  private final long heartbeatNanos;
  private final Runnable ready;
  private long pieceNanos;
  private boolean refused;

  /**
   * Makes it; the feed is opened with the first piece.
   *
   * @param heartbeatNanos after so long without a piece, one says that there is nothing
   * @param ready called on a thread of the store's when there may be more after a piece that was
   *     the end of what there was
   */
  ChangeStream(
      FeedReader reader, ChangeRequest.Format format, long heartbeatNanos, Runnable ready) {
    this.reader = reader;
    this.format = format;
    this.heartbeatNanos = heartbeatNanos;
    this.ready = ready;
  }

  /**
   * Some changes.
   *
   * @param bytes their text, perhaps empty
   * @param end whether that is all there is by now
   * @param counted bytes counted for it among those of all bodies; whoever has the piece gives them
   *     back
   */
  record Piece(Buffer bytes, boolean end, long counted) {}

  /**
   * Reads on. Where it reaches the end, it will call back when there may be more. A bookmark ends a
   * piece: what is read for it may be much, however little is written.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if there was no memory for
   *     the next change: the stream is over
   */
  Piece next() {
    if (refused) {
      throw FeedReader.noRoom();
    }
    JsonOutput out = new JsonOutput(4 << 10);
    if (reader.open()) {
      heartbeat(out);
    }
    boolean any = false;
    boolean bookmark = false;
    boolean end = false;
    while (out.length() < PIECE_BYTES && !bookmark) {
      Change change = reader.peek();
      if (change == null) {
        end = true;
        break;
      }
      if (!reader.tryMakeRoom(out, change)) {
        refused = true;
        // Not when the client has taken what there is: the change may be large.
        reader.letGo();
        if (any) {
          break;
        }
        throw FeedReader.noRoom();
      }
      append(out, change);
      reader.take();
      any = true;
      bookmark = ChangeJson.isBookmark(change);
    }
    if (end) {
      if (out.length() == 0 && System.nanoTime() - pieceNanos >= heartbeatNanos) {
        heartbeat(out);
      }
      reader.whenReady(ready);
    }
    if (out.length() > 0) {
      pieceNanos = System.nanoTime();
    }
    return new Piece(out.handOver(), end, reader.handOver());
  }

  private void append(JsonOutput out, Change change) {
    if (format == ChangeRequest.Format.SSE) {
      out.frame("id: ").frame(change.token());
      out.frame("\nevent: ").frame(ChangeJson.type(change)).frame("\ndata: ");
      ChangeJson.write(out, change);
      out.frame("\n\n");
    } else {
      ChangeJson.write(out, change);
      out.endLine();
    }
  }

  /** What is sent so that a connection over which nothing goes is not taken for dead. */
  private void heartbeat(JsonOutput out) {
    String token = reader.token();
    if (format == ChangeRequest.Format.SSE) {
      out.frame(": nothing new\nid: ").frame(token).frame("\n\n");
    } else {
      out.beginObject().name("type").string("heartbeat").name("token").string(token);
      out.endObject().endLine();
    }
  }

  void close() {
    reader.close();
  }
}

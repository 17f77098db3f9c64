package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.BudgetedOutput;

/**
 * A change feed as bytes, a piece at a time. A piece has about 64 KiB, or one change that is
 * larger. The first piece begins with the token at which the feed was opened.
 *
 * <p><b>Threads:</b> confined to one thread at a time, which may wait for the disk. Must be closed.
 */
final class ChangeStream {
  private static final int PIECE_BYTES = 64 << 10;

  /** Upper bound on a heartbeat besides its token. */
  private static final int HEARTBEAT_BYTES = 64;

  private final FeedReader reader;
  private final AnswerBudget budget;
  private final ChangeRequest.Format format;
  private final long heartbeatNanos;
  private final Runnable ready;
  private long pieceNanos;
  private boolean refused;

  /**
   * Creates a stream; the feed is opened with the first piece.
   *
   * @param heartbeatNanos after this long without a piece, a piece with a heartbeat is returned
   * @param ready called on a thread of the store when there may be more changes after a piece that
   *     reached the end of the feed
   */
  ChangeStream(
      FeedReader reader,
      AnswerBudget budget,
      ChangeRequest.Format format,
      long heartbeatNanos,
      Runnable ready) {
    this.reader = reader;
    this.budget = budget;
    this.format = format;
    this.heartbeatNanos = heartbeatNanos;
    this.ready = ready;
  }

  /**
   * Some changes.
   *
   * @param body their text, perhaps empty
   * @param end whether the feed has no more changes yet
   */
  record Piece(BudgetedBody body, boolean end) {}

  /**
   * Reads the next piece. If it reaches the end of the feed, {@code ready} will be called when
   * there may be more. A bookmark ends a piece, because much may have been read for it although
   * little is written.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if the budget had too few
   *     bytes left for the next change: the stream is over
   */
  Piece next() {
    if (refused) {
      throw AnswerBudget.noRoom();
    }
    try (BudgetedOutput out = new BudgetedOutput(budget)) {
      if (reader.open()) {
        writeHeartbeat(out);
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
        long bytes = ChangeJson.bytesMax(change);
        if (!out.tryReserve(bytes)) {
          if (!BudgetedOutput.isFree(bytes)) {
            // The change is not kept until the client has read the others: it may be large.
            refused = true;
            reader.close();
          }
          if (any) {
            break;
          }
          throw AnswerBudget.noRoom();
        }
        write(out.json(), change);
        reader.take();
        any = true;
        bookmark = ChangeJson.isBookmark(change);
      }
      if (end) {
        if (out.length() == 0 && System.nanoTime() - pieceNanos >= heartbeatNanos) {
          writeHeartbeat(out);
        }
        reader.whenReady(ready);
      }
      if (out.length() > 0) {
        pieceNanos = System.nanoTime();
      }
      return new Piece(out.take(), end);
    }
  }

  private void write(JsonOutput out, Change change) {
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

  /** Writes a heartbeat, so that an idle connection is not taken for a dead one. */
  private void writeHeartbeat(BudgetedOutput out) {
    String token = reader.token();
    out.reserve(HEARTBEAT_BYTES + token.length());
    JsonOutput json = out.json();
    if (format == ChangeRequest.Format.SSE) {
      json.frame(": nothing new\nid: ").frame(token).frame("\n\n");
    } else {
      json.beginObject().name("type").string("heartbeat").name("token").string(token);
      json.endObject().endLine();
    }
  }

  void close() {
    reader.close();
  }
}

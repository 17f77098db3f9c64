package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.PieceWriter;

/**
 * A change feed as bytes, a piece at a time. The first piece begins with the token at which the
 * feed was opened.
 *
 * <p><b>Threads:</b> confined to one thread at a time, which may wait for the disk. Must be closed.
 */
final class ChangeStream {
  private final FeedReader reader;
  private final ChangeWriter writer;
  private final ChangeRequest.Format format;
  private final long heartbeatNanos;
  private final Runnable ready;
  private long pieceNanos;

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
    this.writer = new ChangeWriter(reader, budget, format);
    this.format = format;
    this.heartbeatNanos = heartbeatNanos;
    this.ready = ready;
  }

  /** What follows a piece. */
  enum Next {
    /** There may be more. */
    MORE,
    /** The feed has no more changes yet; {@code ready} will be called when it may have. */
    END,
    /** There is no memory for the next change now. */
    NO_MEMORY
  }

  /**
   * Writes the next piece, which may be empty. A bookmark ends a piece, because much may have been
   * read for it although little is written.
   */
  Next write(JsonOutput out) {
    if (reader.open()) {
      writeHeartbeat(out);
    }
    Next next = Next.MORE;
    boolean bookmark = false;
    while (next == Next.MORE && !bookmark && out.length() < PieceWriter.PIECE_BYTES) {
      if (writer.isWriting()) {
        writer.write(out);
        continue;
      }
      Change change = reader.peek();
      if (change == null) {
        next = Next.END;
      } else if (writer.begin(change)) {
        bookmark = ChangeJson.isBookmark(change);
        writer.write(out);
      } else {
        next = Next.NO_MEMORY;
      }
    }
    if (next == Next.END) {
      if (out.length() == 0 && System.nanoTime() - pieceNanos >= heartbeatNanos) {
        writeHeartbeat(out);
      }
      reader.whenReady(ready);
    }
    if (out.length() > 0) {
      pieceNanos = System.nanoTime();
    }
    return next;
  }

  /** Writes a heartbeat, so that an idle connection is not taken for a dead one. */
  private void writeHeartbeat(JsonOutput out) {
    String token = reader.token();
    if (format == ChangeRequest.Format.SSE) {
      out.frame(": nothing new\nid: ").frame(token).frame("\n\n");
    } else {
      out.beginObject().name("type").string("heartbeat").name("token").string(token);
      out.endObject().endLine();
    }
  }

  /** Returns since when a long change has been held, by {@link System#nanoTime}; 0 if none is. */
  long heldSinceNanos() {
    return writer.heldSinceNanos();
  }

  /** Returns the memory of what was read ahead; see {@link FeedReader#heldBytes}. */
  long heldBytes() {
    return reader.heldBytes();
  }

  /** Releases what only the next change needs, because the client reads slowly. */
  void pause() {
    writer.pause();
  }

  void close() {
    writer.close();
  }
}

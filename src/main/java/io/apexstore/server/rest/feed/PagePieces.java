package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.context.AnswerPump;

/**
 * A page of the changes that there are, and the token after them. It ends after its number of
 * changes, after 4 MiB, or when there is no memory for the next change.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk.
 */
final class PagePieces implements AnswerPump.Pieces {
  private static final int PAGE_BYTES = 4 << 20;

  private final FeedReader reader;
  private final AnswerBudget budget;
  private final ChangeWriter writer;
  private int remaining;
  private String token;
  private long takenBytes;
  private boolean begun;

  /**
   * Creates a page.
   *
   * @param reader an open feed, which the page closes
   * @param token the token before the first change
   */
  PagePieces(FeedReader reader, AnswerBudget budget, ChangeRequest request, String token) {
    this.reader = reader;
    this.budget = budget;
    this.writer = new ChangeWriter(reader, budget, request.format());
    this.remaining = request.limit();
    this.token = token;
  }

  @Override
  public boolean write(JsonOutput out) {
    return budget.runUncounted(() -> writePiece(out));
  }

  private boolean writePiece(JsonOutput out) {
    boolean any = begun;
    if (!begun) {
      begun = true;
      out.beginObject().name("changes").beginArray();
    }
    while (out.length() < PieceWriter.PIECE_BYTES) {
      if (writer.isWriting()) {
        writer.write(out);
        any = true;
        continue;
      }
      if (remaining == 0 || takenBytes + out.length() > PAGE_BYTES) {
        return end(out);
      }
      Change change = reader.peek();
      if (change == null) {
        token = reader.token();
        return end(out);
      }
      if (ChangeJson.isBookmark(change)) {
        token = change.token();
        reader.take();
        return end(out);
      }
      if (!writer.begin(change)) {
        if (any) {
          return end(out);
        }
        throw AnswerBudget.noRoom();
      }
      token = change.token();
      remaining--;
    }
    takenBytes += out.length();
    return true;
  }

  private boolean end(JsonOutput out) {
    out.endArray().name("token").string(token).endObject();
    return false;
  }

  @Override
  public long heldSinceNanos() {
    return writer.heldSinceNanos();
  }

  @Override
  public void pause() {
    writer.pause();
  }

  @Override
  public void close() {
    writer.close();
  }
}

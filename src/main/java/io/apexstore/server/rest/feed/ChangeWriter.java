package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.body.SlicedJson;

/**
 * Writes changes of a feed in pieces. The memory of a long change is reserved from the {@link
 * AnswerBudget} until it is written.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk.
 */
final class ChangeWriter {
  private final FeedReader reader;
  private final AnswerBudget budget;
  private final ChangeRequest.Format format;
  private final SlicedJson json = new SlicedJson();
  private long reservedBytes;
  private long heldSinceNanos;

  ChangeWriter(FeedReader reader, AnswerBudget budget, ChangeRequest.Format format) {
    this.reader = reader;
    this.budget = budget;
    this.format = format;
  }

  /** Whether a change is half written. */
  boolean isWriting() {
    return !json.isEmpty();
  }

  /**
   * Begins to write the change that was peeked at.
   *
   * @return false if there is no memory for it: nothing is written, and the change will be read
   *     again
   */
  boolean begin(Change change) {
    long bytes = ChangeJson.bytes(change);
    if (bytes > EntryJson.SHORT_BYTES) {
      // A change that is larger than the budget is written while nothing else is reserved.
      long wanted = Math.min(bytes, budget.bytesMax());
      if (!budget.tryReserve(wanted)) {
        reader.pause();
        return false;
      }
      reservedBytes = wanted;
      heldSinceNanos = System.nanoTime() | 1; // Never 0, which means none.
    }
    if (format == ChangeRequest.Format.SSE) {
      json.add(
          out -> {
            out.frame("id: ").frame(change.token());
            out.frame("\nevent: ").frame(ChangeJson.type(change)).frame("\ndata: ");
          });
    }
    ChangeJson.add(json, change);
    switch (format) {
      case SSE -> json.add(out -> out.frame("\n\n"));
      case NDJSON -> json.add(JsonOutput::endLine);
      case JSON -> {}
    }
    return true;
  }

  /** Writes the rest of the change, or as much as a piece has room for. */
  void write(JsonOutput out) {
    json.write(out, PieceWriter.PIECE_BYTES);
    if (json.isEmpty()) {
      reader.take();
      release();
    }
  }

  /** Returns since when a long change has been held, by {@link System#nanoTime}; 0 if none is. */
  long heldSinceNanos() {
    return heldSinceNanos;
  }

  /** Releases what only the next change needs. */
  void pause() {
    if (isWriting()) {
      reader.pauseBehindPeeked();
    } else {
      reader.pause();
    }
  }

  private void release() {
    heldSinceNanos = 0;
    budget.release(reservedBytes);
    reservedBytes = 0;
  }

  void close() {
    release();
    reader.close();
  }
}

package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.Keyspace;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.BudgetedOutput;
import io.apexstore.server.rest.body.EntryJson;
import org.jspecify.annotations.Nullable;

/**
 * A range as lines of JSON, a piece at a time, all as of the version at which it was opened. A
 * piece has about 64 KiB, or one entry that is larger.
 *
 * <p><b>Threads:</b> confined to one thread at a time, which may wait for the disk. Must be closed.
 */
final class EntryStream {
  private static final int PIECE_BYTES = 64 << 10;

  private final ApexStore store;
  private final Keyspace keyspace;
  private final ScanRequest request;
  private final AnswerBudget budget;
  private @Nullable Cursor cursor;
  private long remaining;

  /** Whether the cursor is at an entry that no piece has yet. */
  private boolean atEntry;

  EntryStream(ApexStore store, Keyspace keyspace, ScanRequest request, AnswerBudget budget) {
    this.store = store;
    this.keyspace = keyspace;
    this.request = request;
    this.budget = budget;
    this.remaining = request.isEmpty() ? 0 : request.limit();
  }

  /**
   * Some lines.
   *
   * @param body the bytes
   * @param last whether no more follow
   */
  record Piece(BudgetedBody body, boolean last) {}

  /**
   * Reads the next piece.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if the budget has too few
   *     bytes left for the next entry
   */
  Piece next() {
    try (BudgetedOutput out = new BudgetedOutput(budget)) {
      while (remaining > 0 && out.length() < PIECE_BYTES) {
        Cursor open = opened();
        if (!atEntry && !open.next()) {
          remaining = 0;
          break;
        }
        atEntry = true;
        if (!EntryJson.tryWrite(out, open.key(), open, request.options().keysOnly())) {
          if (out.length() > 0) {
            break;
          }
          throw AnswerBudget.noRoom();
        }
        out.json().endLine();
        atEntry = false;
        remaining--;
      }
      return new Piece(out.take(), remaining == 0);
    }
  }

  private Cursor opened() {
    Cursor open = cursor;
    if (open == null) {
      open = request.open(store, keyspace);
      cursor = open;
    }
    return open;
  }

  void close() {
    Cursor open = cursor;
    if (open != null) {
      open.close();
    }
  }
}

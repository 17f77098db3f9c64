package io.apexstore.server.rest.key;

import io.apexstore.LentValue;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.body.SlicedJson;
import io.apexstore.server.rest.context.AnswerPump;

/**
 * One entry whose value is long: as JSON, or the bytes of the value as they are.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class EntryPieces implements AnswerPump.Pieces {
  private final LentValue value;
  private final boolean raw;
  private final SlicedJson json = new SlicedJson();
  private final long heldSinceNanos = System.nanoTime() | 1; // Never 0, which means none.
  private long at;

  private EntryPieces(LentValue value, boolean raw) {
    this.value = value;
    this.raw = raw;
  }

  /** Returns the entry as JSON. */
  static EntryPieces json(byte[] key, LentValue value) {
    EntryPieces pieces = new EntryPieces(value, false);
    EntryJson.add(pieces.json, key, value);
    return pieces;
  }

  /** Returns the value's bytes. */
  static EntryPieces raw(LentValue value) {
    return new EntryPieces(value, true);
  }

  @Override
  public boolean write(JsonOutput out) {
    if (!raw) {
      json.write(out, PieceWriter.PIECE_BYTES);
      return !json.isEmpty();
    }
    int count = (int) Math.min(PieceWriter.PIECE_BYTES, value.length() - at);
    out.raw(value.bytes(), at, count);
    at += count;
    return at < value.length();
  }

  @Override
  public long heldSinceNanos() {
    return heldSinceNanos;
  }

  @Override
  public void close() {
    value.close();
  }
}

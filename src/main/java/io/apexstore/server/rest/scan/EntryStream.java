package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.Keyspace;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A range as lines of JSON, a piece at a time, all as of the version at which it was begun.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk. Must be closed.
 */
final class EntryStream {
  private static final int PIECE_BYTES = 64 << 10;

  private final ApexStore store;
  private final Keyspace keyspace;
  private final ScanRequest request;
  private @Nullable Cursor cursor;
  private long remaining;

  EntryStream(ApexStore store, Keyspace keyspace, ScanRequest request) {
    this.store = store;
    this.keyspace = keyspace;
    this.request = request;
    this.remaining = request.isEmpty() ? 0 : request.limit();
  }

  /**
   * Some lines.
   *
   * @param lines the bytes
   * @param last whether none follow
   */
  record Piece(Buffer lines, boolean last) {}

  /** Reads on. */
  Piece next() {
    JsonOutput out = new JsonOutput(PIECE_BYTES + (8 << 10));
    if (remaining == 0) {
      return new Piece(out.toBuffer(), true);
    }
    Cursor open = cursor;
    if (open == null) {
      open = request.open(store, keyspace);
      cursor = open;
    }
    while (remaining > 0 && out.length() < PIECE_BYTES) {
      if (!open.next()) {
        remaining = 0;
        break;
      }
      write(out, open.key(), open, request.options().keysOnly());
      out.endLine();
      remaining--;
    }
    return new Piece(out.toBuffer(), remaining == 0);
  }

  void close() {
    Cursor open = cursor;
    if (open != null) {
      open.close();
    }
  }

  static void write(JsonOutput out, byte[] key, Cursor cursor, boolean keysOnly) {
    out.beginObject().bytes("key", key);
    if (!keysOnly) {
      out.bytes("value", cursor.value());
    }
    out.name("version").number(cursor.version());
    if (cursor.expiresMs() != 0) {
      out.name("expires_at_ms").number(cursor.expiresMs());
    }
    out.endObject();
  }
}

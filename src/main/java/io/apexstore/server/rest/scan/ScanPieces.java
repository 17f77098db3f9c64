package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.Keyspace;
import io.apexstore.LentValue;
import io.apexstore.Snapshot;
import io.apexstore.error.ApexException;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.body.SlicedJson;
import io.apexstore.server.rest.context.AnswerPump;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A range, all as of one version: as a page of JSON, or as lines.
 *
 * <p>While its client is waited for, it holds a snapshot, the last key, and a long value that is
 * half written; the cursor, with the blocks that it has read, is opened again.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk.
 */
final class ScanPieces implements AnswerPump.Pieces {
  private static final int PAGE_BYTES = 4 << 20;

  private final ApexStore store;
  private final Keyspace keyspace;
  private final ScanRequest request;
  private final @Nullable NextPage page;
  private final SlicedJson slices = new SlicedJson();
  private @Nullable Snapshot snapshot;
  private @Nullable Cursor cursor;
  private @Nullable LentValue lent;
  private long heldSinceNanos;

  /** The key of the last entry that was written or begun. */
  private byte @Nullable [] last;

  /** Whether the cursor is at the entry after the last one. */
  private boolean atNext;

  private long remaining;
  private long takenBytes;
  private boolean begun;

  /**
   * Creates the answer to a request.
   *
   * @param page how the next page is asked for, if the answer is a page; null if it is lines
   */
  ScanPieces(ApexStore store, Keyspace keyspace, ScanRequest request, @Nullable NextPage page) {
    this.store = store;
    this.keyspace = keyspace;
    this.request = request;
    this.page = page;
    this.remaining = request.limit();
  }

  @Override
  public boolean write(JsonOutput out) {
    if (!begun) {
      begun = true;
      if (page != null) {
        out.beginObject().name("entries").beginArray();
      }
    }
    while (out.length() < PieceWriter.PIECE_BYTES) {
      if (!slices.isEmpty()) {
        slices.write(out, PieceWriter.PIECE_BYTES);
        if (slices.isEmpty()) {
          endEntry(out);
        }
        continue;
      }
      try {
        if (!goToNext()) {
          return end(out, false);
        }
        if (remaining == 0 || (page != null && takenBytes + out.length() > PAGE_BYTES)) {
          return end(out, true);
        }
        beginEntry(out);
      } catch (ApexException e) {
        if (e.code() != ApexException.Code.MEMORY_EXHAUSTED) {
          throw e;
        }
        pause();
        if (page != null && last != null) {
          return end(out, true);
        }
        if (last != null && out.length() > 0) {
          break;
        }
        throw e;
      }
    }
    takenBytes += out.length();
    return true;
  }

  /** Goes to the entry after the last one; false if there is none. */
  private boolean goToNext() {
    if (request.isEmpty() || (remaining == 0 && page == null)) {
      return false;
    }
    Cursor open = cursor;
    if (open == null) {
      Snapshot at = snapshot;
      if (at == null) {
        at = request.snapshot(store);
        snapshot = at;
      }
      open = at.scan(keyspace, request.rangeAfter(last), request.options());
      cursor = open;
    }
    atNext = atNext || open.next();
    return atNext;
  }

  private void beginEntry(JsonOutput out) {
    Cursor at = Objects.requireNonNull(cursor);
    byte[] key = at.key();
    boolean keysOnly = request.options().keysOnly();
    if (key.length + (keysOnly ? 0 : at.valueLength()) <= EntryJson.SHORT_BYTES || keysOnly) {
      byte[] value = keysOnly ? null : at.value();
      EntryJson.write(out, key, value, at.version(), at.expiresMs());
      took(key);
      endEntry(out);
      return;
    }
    LentValue value = at.lendValue();
    lent = value;
    if (value.length() > LentValue.HEAP_BYTES_MAX) {
      heldSinceNanos = System.nanoTime() | 1; // Never 0, which means none.
    }
    EntryJson.add(slices, key, value);
    took(key);
  }

  private void took(byte[] key) {
    last = key;
    atNext = false;
    remaining--;
  }

  private void endEntry(JsonOutput out) {
    if (page == null) {
      out.endLine();
    }
    closeLent();
  }

  /** Writes the end. */
  private boolean end(JsonOutput out, boolean more) {
    NextPage next = page;
    if (next != null) {
      out.endArray();
      byte[] key = last;
      if (more && key != null) {
        String cursor = ScanRequest.cursorAfter(key);
        out.name("cursor").string(cursor);
        String post = next.forCursor(cursor);
        if (post != null) {
          out.name("next").string(post);
        }
      }
      out.endObject();
    }
    return false;
  }

  private void closeLent() {
    heldSinceNanos = 0;
    LentValue held = lent;
    lent = null;
    if (held != null) {
      held.close();
    }
  }

  @Override
  public long heldSinceNanos() {
    return heldSinceNanos;
  }

  @Override
  public void pause() {
    Cursor open = cursor;
    cursor = null;
    atNext = false;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() {
    pause();
    closeLent();
    Snapshot open = snapshot;
    snapshot = null;
    if (open != null) {
      open.close();
    }
  }
}

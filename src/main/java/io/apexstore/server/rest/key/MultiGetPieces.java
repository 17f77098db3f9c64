package io.apexstore.server.rest.key;

import io.apexstore.Keyspace;
import io.apexstore.LentValue;
import io.apexstore.error.ApexException;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.body.SlicedJson;
import io.apexstore.server.rest.context.AnswerPump;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of many keys, in their order, then the keys that have no value. Each key is read when
 * its turn comes.
 *
 * <p><b>Threads:</b> confined to one at a time, which may wait for the disk.
 */
final class MultiGetPieces implements AnswerPump.Pieces {
  private final Keyspace keyspace;
  private final List<byte[]> keys;
  private final List<byte[]> missing = new ArrayList<>();
  private final SlicedJson slices = new SlicedJson();
  private @Nullable LentValue lent;
  private long heldSinceNanos;
  private int next;
  private int nextMissing = -1;
  private boolean begun;

  MultiGetPieces(Keyspace keyspace, List<byte[]> keys) {
    this.keyspace = keyspace;
    this.keys = keys;
  }

  @Override
  public boolean write(JsonOutput out) {
    if (!begun) {
      begun = true;
      out.beginObject().name("entries").beginArray();
    }
    while (out.length() < PieceWriter.PIECE_BYTES) {
      if (!slices.isEmpty()) {
        slices.write(out, PieceWriter.PIECE_BYTES);
        if (slices.isEmpty()) {
          closeLent();
        }
      } else if (next < keys.size()) {
        if (!writeNext(out)) {
          return true;
        }
      } else if (nextMissing < 0) {
        out.endArray().name("missing").beginArray();
        nextMissing = 0;
      } else if (nextMissing < missing.size()) {
        out.beginObject().bytes("key", missing.get(nextMissing)).endObject();
        nextMissing++;
      } else {
        out.endArray().endObject();
        return false;
      }
    }
    return true;
  }

  /**
   * Writes or begins the next entry; false if there is no memory now, but something was written.
   */
  private boolean writeNext(JsonOutput out) {
    byte[] key = keys.get(next);
    LentValue value;
    try {
      value = keyspace.lend(key);
    } catch (ApexException e) {
      if (e.code() == ApexException.Code.MEMORY_EXHAUSTED && next > 0 && out.length() > 0) {
        return false;
      }
      throw e;
    }
    next++;
    if (value == null) {
      missing.add(key);
    } else if (key.length + value.length() <= EntryJson.SHORT_BYTES) {
      byte[] bytes = value.bytes().toArray(ValueLayout.JAVA_BYTE);
      EntryJson.write(out, key, bytes, value.version(), value.expiresMs());
      value.close();
    } else {
      lent = value;
      if (value.length() > LentValue.HEAP_BYTES_MAX) {
        heldSinceNanos = System.nanoTime() | 1; // Never 0, which means none.
      }
      EntryJson.add(slices, key, value);
    }
    return true;
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
  public void close() {
    closeLent();
  }
}

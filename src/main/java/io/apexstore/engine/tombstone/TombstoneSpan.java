package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span of keys that the same range tombstones cover, with the newest version of these. A walk in
 * key order keeps the span of the current key and searches again only when it leaves the span.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class TombstoneSpan {
  // False until the first find().
  private boolean known;
  private byte @Nullable [] from;
  private byte @Nullable [] to;
  private long version;

  /** Creates a span that contains no key. */
  public TombstoneSpan() {}

  /** Sets this to the span around a key, as a reader at {@code readVersion} sees it. */
  public void find(
      List<? extends TombstoneSource> sources, byte[] key, int keyLength, long readVersion) {
    known = true;
    from = null;
    to = null;
    version = 0;
    for (TombstoneSource source : sources) {
      source.narrow(this, key, keyLength, readVersion);
    }
  }

  /**
   * Narrows this to its intersection with another span, which contains the same key.
   *
   * @param newFrom first key, or null for no bound; not to be changed
   * @param newTo first key past the span, or null for no bound; not to be changed
   * @param newVersion version of the newest range tombstone there, 0 if there is none
   */
  public void narrow(byte @Nullable [] newFrom, byte @Nullable [] newTo, long newVersion) {
    byte[] oldFrom = from;
    if (newFrom != null && (oldFrom == null || Keys.compare(newFrom, oldFrom) > 0)) {
      from = newFrom;
    }
    byte[] oldTo = to;
    if (newTo != null && (oldTo == null || Keys.compare(newTo, oldTo) < 0)) {
      to = newTo;
    }
    version = Math.max(version, newVersion);
  }

  /** Whether the span contains a key. */
  public boolean contains(byte[] key, int keyLength) {
    byte[] first = from;
    byte[] end = to;
    return known
        && (first == null || Keys.compare(first, 0, first.length, key, 0, keyLength) <= 0)
        && (end == null || Keys.compare(end, 0, end.length, key, 0, keyLength) > 0);
  }

  /** The first key, or null for no bound; not to be changed. */
  public byte @Nullable [] from() {
    return from;
  }

  /** The first key past the span, or null for no bound; not to be changed. */
  public byte @Nullable [] to() {
    return to;
  }

  /** The version of the newest range tombstone that covers the span, 0 if none does. */
  public long version() {
    return version;
  }
}

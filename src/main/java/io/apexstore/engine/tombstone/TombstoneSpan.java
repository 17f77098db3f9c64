package io.apexstore.engine.tombstone;

import io.apexstore.engine.base.Keys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of keys that the same deletions of ranges cover, and the newest of these.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class TombstoneSpan {
  // Not known before the first find().
  private boolean known;
  private byte @Nullable [] from;
  private byte @Nullable [] to;
  private long version;

  /** Makes one that holds no key. */
  public TombstoneSpan() {}

  /** Makes it the stretch around a key, as a reader at a version sees it. */
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
   * Makes it no larger than another, which holds the same key.
   *
   * @param newFrom first key, or null; not to be changed
   * @param newTo first key behind, or null; not to be changed
   * @param newVersion of the newest deletion there, 0 if there is none
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

  /** Whether it holds a key. */
  public boolean contains(byte[] key, int keyLength) {
    byte[] first = from;
    byte[] end = to;
    return known
        && (first == null || Keys.compare(first, 0, first.length, key, 0, keyLength) <= 0)
        && (end == null || Keys.compare(end, 0, end.length, key, 0, keyLength) > 0);
  }

  /** The first key, or null if there is no bound; not to be changed. */
  public byte @Nullable [] from() {
    return from;
  }

  /** The first key behind, or null if there is no bound; not to be changed. */
  public byte @Nullable [] to() {
    return to;
  }

  /** The version of the newest deletion that covers it, 0 if none does. */
  public long version() {
    return version;
  }
}

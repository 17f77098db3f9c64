package io.apexstore.engine.iterator;

import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import java.util.List;

/**
 * The entries of one source, as of a version, that no range tombstone hides.
 *
 * <p>If all entries of the source are older than the range tombstone, the iterator does not walk
 * over the hidden ones: it seeks the source to the end of the span that the tombstone covers, in
 * the direction of the walk. If the source has a newer entry, that entry may be anywhere in the
 * span, so the entries are checked one by one.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class UncoveredIterator implements InternalIterator {
  // A span with no more entries than this costs less to walk than to seek over.
  private static final int STEPS_MAX = 4;

  private final InternalIterator source;
  private final long newestVersion;
  private final List<TombstoneSource> rangeTombstones;
  private final long readVersion;
  private final TombstoneSpan span = new TombstoneSpan();
  private CurrentEntry entry = EmptyIterator.INSTANCE.entry();

  /**
   * Creates an iterator that is not positioned.
   *
   * @param source as of a version; closed with this
   * @param newestVersion no entry of the source is newer
   * @param rangeTombstones at least those of this source and of newer ones
   * @param readVersion the version that the source is read at
   */
  public UncoveredIterator(
      InternalIterator source,
      long newestVersion,
      List<TombstoneSource> rangeTombstones,
      long readVersion) {
    this.source = source;
    this.newestVersion = newestVersion;
    this.rangeTombstones = rangeTombstones;
    this.readVersion = readVersion;
  }

  @Override
  public CurrentEntry entry() {
    return entry;
  }

  @Override
  public void seekToFirst() {
    source.seekToFirst();
    settleForward();
  }

  @Override
  public void seekToLast() {
    source.seekToLast();
    settleBackward();
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    source.seek(key, keyLength);
    settleForward();
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    source.seekBefore(key, keyLength);
    settleBackward();
  }

  @Override
  public void next() {
    source.next();
    settleForward();
  }

  @Override
  public void prev() {
    source.prev();
    settleBackward();
  }

  private void settleForward() {
    int steps = 0;
    CurrentEntry at = source.entry();
    while (at.isValid() && isHidden(at)) {
      if (steps < STEPS_MAX || newestVersion >= span.version()) {
        source.next();
        steps++;
      } else {
        byte[] end = span.to();
        if (end == null) {
          at = EmptyIterator.INSTANCE.entry();
          break;
        }
        source.seek(end, end.length);
        steps = 0;
      }
      at = source.entry();
    }
    entry = at;
  }

  private void settleBackward() {
    int steps = 0;
    CurrentEntry at = source.entry();
    while (at.isValid() && isHidden(at)) {
      if (steps < STEPS_MAX || newestVersion >= span.version()) {
        source.prev();
        steps++;
      } else {
        byte[] start = span.from();
        if (start == null) {
          at = EmptyIterator.INSTANCE.entry();
          break;
        }
        source.seekBefore(start, start.length);
        steps = 0;
      }
      at = source.entry();
    }
    entry = at;
  }

  private boolean isHidden(CurrentEntry at) {
    byte[] key = at.key();
    int keyLength = at.keyLength();
    if (!span.contains(key, keyLength)) {
      span.find(rangeTombstones, key, keyLength, readVersion);
    }
    return at.version() < span.version();
  }

  @Override
  public void close() {
    entry = EmptyIterator.INSTANCE.entry();
    source.close();
  }
}

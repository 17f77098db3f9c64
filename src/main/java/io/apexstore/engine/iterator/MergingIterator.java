package io.apexstore.engine.iterator;

import java.util.Arrays;
import java.util.List;

/**
 * Merges several sources into one iterator in key order.
 *
 * <p>As of a version, it gives one entry a key, that of the highest version in any source. Over all
 * versions it gives every entry, those of one key from the newest to the oldest.
 *
 * <p>The sources that have an entry are in an array sorted by that entry; the first is the current
 * one. When it has moved, it is inserted again from the front. The sources of a store grow tenfold
 * from level to level, so most steps stay in the largest source and end after one comparison of two
 * numbers; a loser tree would compare along its whole height each time.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Invariants:</b> between calls, {@code
 * sources[0]} to {@code sources[live - 1]} have a current entry and are sorted by (key in the
 * direction of the walk, version from the newest); {@code ranks} holds their key prefixes,
 * transformed so that smaller signed numbers come first in that direction.
 */
public final class MergingIterator implements InternalIterator {
  // A prefix is exclusive-ored with one of these: the first turns unsigned order into signed order,
  // the second, its complement, reverses it.
  private static final long FORWARD = Long.MIN_VALUE;
  private static final long BACKWARD = Long.MAX_VALUE;

  private final InternalIterator[] all;
  private final InternalIterator[] sources;
  private final CurrentEntry[] entries;
  private final long[] ranks;
  private final boolean everyVersion;
  private int live;
  private long flip = FORWARD;
  private InternalIterator current = EmptyIterator.INSTANCE;
  private CurrentEntry entry = EmptyIterator.INSTANCE.entry();

  private MergingIterator(List<? extends InternalIterator> newestFirst, boolean everyVersion) {
    this.all = newestFirst.toArray(new InternalIterator[0]);
    this.sources = new InternalIterator[all.length];
    this.entries = new CurrentEntry[all.length];
    this.ranks = new long[all.length];
    this.everyVersion = everyVersion;
  }

  /**
   * Merges iterators as of one version into one as of that version.
   *
   * @param newestFirst sources that hold newer versions of a key should come earlier in this list;
   *     another order costs a little time. They are closed with the result
   */
  public static InternalIterator asOfVersion(List<? extends InternalIterator> newestFirst) {
    return merge(newestFirst, false);
  }

  /**
   * Merges iterators over all versions into one over all versions, forwards only.
   *
   * @param newestFirst as in {@link #asOfVersion}; no two hold the same version of a key
   */
  public static InternalIterator allVersions(List<? extends InternalIterator> newestFirst) {
    return merge(newestFirst, true);
  }

  private static InternalIterator merge(
      List<? extends InternalIterator> newestFirst, boolean everyVersion) {
    return switch (newestFirst.size()) {
      case 0 -> EmptyIterator.INSTANCE;
      case 1 -> newestFirst.get(0);
      default -> new MergingIterator(newestFirst, everyVersion);
    };
  }

  @Override
  public CurrentEntry entry() {
    return entry;
  }

  @Override
  public void seekToFirst() {
    begin(FORWARD);
    for (InternalIterator source : all) {
      source.seekToFirst();
      enter(source);
    }
    settle();
  }

  @Override
  public void seekToLast() {
    begin(BACKWARD);
    for (InternalIterator source : all) {
      source.seekToLast();
      enter(source);
    }
    settle();
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    begin(FORWARD);
    for (InternalIterator source : all) {
      source.seek(key, keyLength);
      enter(source);
    }
    settle();
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    begin(BACKWARD);
    for (InternalIterator source : all) {
      source.seekBefore(key, keyLength);
      enter(source);
    }
    settle();
  }

  @Override
  public void next() {
    skipHidden();
    InternalIterator source = current;
    source.next();
    reposition(source, 0);
    settle();
  }

  @Override
  public void prev() {
    skipHidden();
    InternalIterator source = current;
    source.prev();
    reposition(source, 0);
    settle();
  }

  private void begin(long direction) {
    if (direction == BACKWARD && everyVersion) {
      throw new UnsupportedOperationException("all versions are walked forwards only");
    }
    flip = direction;
    live = 0;
  }

  /** Inserts a source that was just positioned into the sorted array. */
  private void enter(InternalIterator source) {
    CurrentEntry shown = source.entry();
    if (!shown.isValid()) {
      return;
    }
    long rank = shown.keyPrefix() ^ flip;
    int i = live++;
    while (i > 0 && isBefore(rank, shown, i - 1)) {
      ranks[i] = ranks[i - 1];
      sources[i] = sources[i - 1];
      entries[i] = entries[i - 1];
      i--;
    }
    ranks[i] = rank;
    sources[i] = source;
    entries[i] = shown;
  }

  private void settle() {
    if (live > 0) {
      current = sources[0];
      entry = entries[0];
    } else {
      current = EmptyIterator.INSTANCE;
      entry = EmptyIterator.INSTANCE.entry();
    }
  }

  /** Moves on the sources whose entry has the current key but an older version. */
  private void skipHidden() {
    if (everyVersion) {
      return;
    }
    while (live > 1 && ranks[1] == ranks[0] && compareKeys(entry, entries[1]) == 0) {
      InternalIterator hidden = sources[1];
      if (flip == FORWARD) {
        hidden.next();
      } else {
        hidden.prev();
      }
      reposition(hidden, 1);
    }
  }

  /** Moves a source that has changed its entry from an index to where it belongs now. */
  private void reposition(InternalIterator moved, int from) {
    int i = from;
    CurrentEntry shown = moved.entry();
    if (shown.isValid()) {
      long rank = shown.keyPrefix() ^ flip;
      while (i + 1 < live && !isBefore(rank, shown, i + 1)) {
        ranks[i] = ranks[i + 1];
        sources[i] = sources[i + 1];
        entries[i] = entries[i + 1];
        i++;
      }
      ranks[i] = rank;
      sources[i] = moved;
      entries[i] = shown;
    } else {
      live--;
      for (; i < live; i++) {
        ranks[i] = ranks[i + 1];
        sources[i] = sources[i + 1];
        entries[i] = entries[i + 1];
      }
    }
  }

  /** Whether an entry comes before the one at an index of the sorted array. */
  private boolean isBefore(long rank, CurrentEntry shown, int place) {
    if (rank != ranks[place]) {
      return rank < ranks[place];
    }
    CurrentEntry other = entries[place];
    int comparison = compareKeys(shown, other);
    if (comparison == 0) {
      return shown.version() > other.version();
    }
    return comparison < 0 == (flip == FORWARD);
  }

  private static int compareKeys(CurrentEntry a, CurrentEntry b) {
    return Arrays.compareUnsigned(a.key(), 0, a.keyLength(), b.key(), 0, b.keyLength());
  }

  @Override
  public void close() {
    live = 0;
    settle();
    closeAll(all);
  }

  /** Closes all, even if one of them fails; throws the first failure at the end. */
  private static void closeAll(InternalIterator[] iterators) {
    RuntimeException failure = null;
    for (InternalIterator iterator : iterators) {
      try {
        iterator.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.iterator.ConcatenatingIterator;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.LazyTable;
import io.apexstore.engine.sstable.TableReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one level, in arrays: a point read finds its table among key prefixes that lie side
 * by side in memory.
 *
 * <p>Prefixes are stored with the top bit flipped. So signed comparison orders them as unsigned
 * numbers.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> nothing changes, except that a {@link LazyTable} is
 * replaced by the table that it opened.
 */
final class SortedRun {
  private static final long FLIP = Long.MIN_VALUE;
  private static final VarHandle TABLES = MethodHandles.arrayElementVarHandle(TableReader[].class);

  private final long[] smallestPrefixes;
  private final long[] largestPrefixes;
  private final byte[][] smallestKeys;
  private final byte[][] largestKeys;
  private final long[] minVersions;
  private final TableReader[] tables;

  SortedRun(List<TableMeta> metas, List<TableReader> openTables) {
    int count = metas.size();
    smallestPrefixes = new long[count];
    largestPrefixes = new long[count];
    smallestKeys = new byte[count][];
    largestKeys = new byte[count][];
    minVersions = new long[count];
    tables = openTables.toArray(new TableReader[0]);
    for (int i = 0; i < count; i++) {
      TableMeta meta = metas.get(i);
      smallestKeys[i] = meta.smallestKey();
      largestKeys[i] = meta.largestKey();
      smallestPrefixes[i] = Keys.prefixOf(smallestKeys[i], 0, smallestKeys[i].length) ^ FLIP;
      largestPrefixes[i] = Keys.prefixOf(largestKeys[i], 0, largestKeys[i].length) ^ FLIP;
      minVersions[i] = meta.minVersion();
    }
  }

  int count() {
    return tables.length;
  }

  /** Returns a table. It is opened on the first call. */
  TableReader table(int index) {
    TableReader table = (TableReader) TABLES.getAcquire(tables, index);
    return table instanceof LazyTable lazy ? replaceLazy(index, lazy.open()) : table;
  }

  private TableReader replaceLazy(int index, TableReader opened) {
    TABLES.setRelease(tables, index, opened);
    return opened;
  }

  private Outcome get(int index, Lookup lookup) {
    TableReader table = (TableReader) TABLES.getAcquire(tables, index);
    if (table instanceof LazyTable lazy) {
      TableReader opened = lazy.openFor(lookup);
      if (opened == null) {
        return Outcome.NEEDS_DISK;
      }
      table = replaceLazy(index, opened);
    }
    return table.get(lookup);
  }

  long minVersion(int index) {
    return minVersions[index];
  }

  /**
   * Whether a table may hold keys from {@code from} up to {@code to}, exclusive; null: no bound.
   */
  boolean overlaps(int index, byte @Nullable [] from, byte @Nullable [] to) {
    return (from == null || Keys.compare(largestKeys[index], from) >= 0)
        && (to == null || Keys.compare(smallestKeys[index], to) < 0);
  }

  /** The first table that ends at a key or after it. For levels below level 0. */
  int firstEndingAtOrAfter(byte[] key) {
    return firstIndex(index -> Keys.compare(largestKeys[index], key) >= 0);
  }

  /** The first table that begins at a key or after it. For levels below level 0. */
  int firstBeginningAtOrAfter(byte[] key) {
    return firstIndex(index -> Keys.compare(smallestKeys[index], key) >= 0);
  }

  /** The smallest key of a table. */
  byte[] smallestKey(int index) {
    return smallestKeys[index];
  }

  /** The largest key of a table. */
  byte[] largestKey(int index) {
    return largestKeys[index];
  }

  /** Returns one iterator over adjacent tables; each is opened when it is reached. */
  InternalIterator iterator(int first, int count, Function<TableReader, InternalIterator> opener) {
    return iteratorBy(first, count, index -> opener.apply(table(index)));
  }

  /**
   * Returns one iterator over adjacent tables.
   *
   * @param opener returns the iterator over the table of an index; called when it is reached
   */
  InternalIterator iteratorBy(int first, int count, IntFunction<InternalIterator> opener) {
    return count == 1
        ? opener.apply(first)
        : new ConcatenatingIterator(new Slice(this, first, count, opener));
  }

  private int firstIndex(IntPredicate holds) {
    int low = 0;
    int high = tables.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (holds.test(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Searches each table whose key range holds the key, in order. For level 0. */
  Outcome getFromEach(Lookup lookup) {
    long prefix = lookup.keyPrefix() ^ FLIP;
    for (int i = 0; i < tables.length; i++) {
      if (prefix >= smallestPrefixes[i]
          && prefix <= largestPrefixes[i]
          && minVersions[i] <= lookup.readVersion()
          && (prefix != smallestPrefixes[i] || compare(lookup, smallestKeys[i]) >= 0)
          && (prefix != largestPrefixes[i] || compare(lookup, largestKeys[i]) <= 0)) {
        Outcome outcome = get(i, lookup);
        if (outcome != Outcome.NOT_HERE) {
          return outcome;
        }
      }
    }
    return Outcome.NOT_HERE;
  }

  /** Searches the one table whose key range holds the key. For levels below level 0. */
  Outcome getFromOne(Lookup lookup) {
    long prefix = lookup.keyPrefix() ^ FLIP;
    int i = firstEndingAtOrAfter(lookup, prefix);
    if (i == tables.length
        || prefix < smallestPrefixes[i]
        || minVersions[i] > lookup.readVersion()
        || (prefix == smallestPrefixes[i] && compare(lookup, smallestKeys[i]) < 0)) {
      return Outcome.NOT_HERE;
    }
    return get(i, lookup);
  }

  private int firstEndingAtOrAfter(Lookup lookup, long prefix) {
    int low = 0;
    int high = tables.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      long largest = largestPrefixes[middle];
      if (largest < prefix || (largest == prefix && compare(lookup, largestKeys[middle]) > 0)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private record Slice(SortedRun run, int first, int count, IntFunction<InternalIterator> opener)
      implements ConcatenatingIterator.Run {
    @Override
    public byte[] smallestKey(int index) {
      return run.smallestKeys[first + index];
    }

    @Override
    public byte[] largestKey(int index) {
      return run.largestKeys[first + index];
    }

    @Override
    public InternalIterator open(int index) {
      return opener.apply(first + index);
    }
  }

  private static int compare(Lookup lookup, byte[] key) {
    return Keys.compare(lookup.key(), 0, lookup.keyLength(), key, 0, key.length);
  }
}

package io.apexstore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads of one version and writes that are kept back, see {@link ApexStore#transact}.
 *
 * <p>A transaction sees its own writes. What it reads, keys and ranges, also those without a value,
 * must not have been written by others when it is committed; so transactions are as if they had run
 * one after another. Of a scan, what counts as read goes as far as the cursor went.
 *
 * <p>Writes are kept on the heap; the limits are those of a {@link WriteBatch}.
 *
 * <p><b>Threads:</b> confined to the one that runs it. <b>Errors:</b> {@link ApexException}; {@code
 * CLOSED} once the function has returned.
 */
public final class Transaction {
  private final ApexStore store;
  private final Snapshot snapshot;
  private final Map<Keyspace, NavigableMap<byte[], Write>> writes = new LinkedHashMap<>();
  // Deleted before the writes, which are what came afterwards.
  private final Map<Keyspace, List<KeyRange>> rangesDeleted = new LinkedHashMap<>();
  // The version of each key that was read, 0 where it had no value.
  private final Map<Keyspace, NavigableMap<byte[], Long>> keysRead = new LinkedHashMap<>();
  private final List<RangeRead> rangesRead = new ArrayList<>();
  private boolean ended;

  private Transaction(ApexStore store, Snapshot snapshot) {
    this.store = store;
    this.snapshot = snapshot;
  }

  static <R extends @Nullable Object> R run(ApexStore store, Function<Transaction, R> body) {
    return Updates.untilItHolds(
        attempt -> {
          try (Snapshot snapshot = store.snapshot()) {
            Transaction transaction = new Transaction(store, snapshot);
            try {
              R result = body.apply(transaction);
              transaction.commit();
              return result;
            } finally {
              transaction.ended = true;
            }
          }
        });
  }

  /** Returns the version that the transaction reads. */
  public long version() {
    return snapshot.version();
  }

  /** Returns the key's value in the default keyspace, or null if it has none. */
  public byte @Nullable [] get(byte[] key) {
    return get(store.defaultKeyspace(), key);
  }

  /** Returns the key's value, or null if it has none. */
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    requireOpen();
    Arguments.checkKey(key);
    Write own = writesOf(keyspace).get(key);
    if (own != null) {
      byte[] value = own.value;
      return value == null ? null : value.clone();
    }
    if (isDeleted(rangesDeletedOf(keyspace), key)) {
      return null;
    }
    VersionedValue found = snapshot.getVersioned(keyspace, key);
    keysRead
        .computeIfAbsent(keyspace, any -> new TreeMap<>(Arrays::compareUnsigned))
        .put(key.clone(), found == null ? 0L : found.version());
    return found == null ? null : found.value();
  }

  /** Walks forwards over a range of the default keyspace. */
  public TransactionCursor scan(KeyRange range) {
    return scan(store.defaultKeyspace(), range);
  }

  /**
   * Walks forwards over a range. It shows the transaction's writes as they were when the walk
   * began.
   */
  public TransactionCursor scan(Keyspace keyspace, KeyRange range) {
    requireOpen();
    RangeRead read = new RangeRead(keyspace, range.from());
    rangesRead.add(read);
    return new TransactionCursor(
        snapshot.scan(keyspace, range, ScanOptions.DEFAULT),
        ownIn(keyspace, range),
        List.copyOf(rangesDeletedOf(keyspace)),
        range,
        read);
  }

  private NavigableMap<byte[], Write> ownIn(Keyspace keyspace, KeyRange range) {
    return within(new TreeMap<>(writesOf(keyspace)), range);
  }

  private static NavigableMap<byte[], Write> within(
      NavigableMap<byte[], Write> own, KeyRange range) {
    if (range.isEmpty()) {
      return new TreeMap<>(Arrays::compareUnsigned);
    }
    byte[] from = range.from();
    byte[] to = range.to();
    NavigableMap<byte[], Write> above = from == null ? own : own.tailMap(from, true);
    return to == null ? above : above.headMap(to, false);
  }

  /** Stores a value in the default keyspace. */
  public Transaction put(byte[] key, byte[] value) {
    return put(store.defaultKeyspace(), key, value);
  }

  /** Stores a value. */
  public Transaction put(Keyspace keyspace, byte[] key, byte[] value) {
    requireOpen();
    keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    writesOf(keyspace).put(key.clone(), new Write(value.clone()));
    return this;
  }

  /** Deletes a key of the default keyspace. */
  public Transaction delete(byte[] key) {
    return delete(store.defaultKeyspace(), key);
  }

  /** Deletes a key. */
  public Transaction delete(Keyspace keyspace, byte[] key) {
    requireOpen();
    keyspace.idIn(store);
    Arguments.checkKey(key);
    writesOf(keyspace).put(key.clone(), new Write(null));
    return this;
  }

  /** Deletes all keys of a range of the default keyspace. */
  public Transaction deleteRange(KeyRange range) {
    return deleteRange(store.defaultKeyspace(), range);
  }

  /** Deletes all keys of a range; that is one write, and reads none of them. */
  public Transaction deleteRange(Keyspace keyspace, KeyRange range) {
    requireOpen();
    keyspace.idIn(store);
    Arguments.checkRange(range);
    within(writesOf(keyspace), range).clear();
    rangesDeletedOf(keyspace).add(range.copy());
    return this;
  }

  private List<KeyRange> rangesDeletedOf(Keyspace keyspace) {
    return rangesDeleted.computeIfAbsent(keyspace, any -> new ArrayList<>());
  }

  /** Whether a key lies in one of some ranges. */
  static boolean isDeleted(List<KeyRange> ranges, byte[] key) {
    for (KeyRange range : ranges) {
      if (range.contains(key)) {
        return true;
      }
    }
    return false;
  }

  private NavigableMap<byte[], Write> writesOf(Keyspace keyspace) {
    return writes.computeIfAbsent(keyspace, any -> new TreeMap<>(Arrays::compareUnsigned));
  }

  private void commit() {
    requireOpen();
    WriteBatch batch = store.newBatch();
    rangesDeleted.forEach(
        (keyspace, ranges) -> ranges.forEach(range -> batch.deleteRange(keyspace, range)));
    writes.forEach(
        (keyspace, own) -> own.forEach((key, write) -> write.addTo(batch, keyspace, key)));
    if (batch.size() == 0) {
      return;
    }
    keysRead.forEach(
        (keyspace, read) -> read.forEach((key, version) -> require(batch, keyspace, key, version)));
    for (RangeRead read : rangesRead) {
      KeyRange range = read.range();
      if (range != null) {
        batch.requireUnchanged(read.keyspace, range, snapshot.version());
      }
      read.expiring.forEach((key, version) -> require(batch, read.keyspace, key, version));
    }
    store.write(batch);
  }

  private static void require(WriteBatch batch, Keyspace keyspace, byte[] key, long version) {
    if (version == 0) {
      batch.requireAbsent(keyspace, key);
    } else {
      batch.requireVersion(keyspace, key, version);
    }
  }

  private void requireOpen() {
    if (ended) {
      throw new ApexException(ApexException.Code.CLOSED, "the transaction has ended", null);
    }
  }

  /** A value, or none for a deletion. */
  record Write(byte @Nullable [] value) {
    void addTo(WriteBatch batch, Keyspace keyspace, byte[] key) {
      if (value == null) {
        batch.delete(keyspace, key);
      } else {
        batch.put(keyspace, key, value);
      }
    }
  }

  /** How much of a range was read. */
  static final class RangeRead {
    private final Keyspace keyspace;
    private final byte @Nullable [] from;
    private final NavigableMap<byte[], Long> expiring = new TreeMap<>(Arrays::compareUnsigned);
    private byte @Nullable [] upTo;
    private boolean begun;

    RangeRead(Keyspace keyspace, byte @Nullable [] from) {
      this.keyspace = keyspace;
      this.from = from;
    }

    /** Notes that all keys below one have been read; null: all. */
    void readUpTo(byte @Nullable [] end) {
      begun = true;
      upTo = end;
    }

    /** Notes an entry that was read and will expire. */
    void sawExpiring(byte[] key, long version) {
      expiring.put(key, version);
    }

    private @Nullable KeyRange range() {
      return begun ? KeyRange.of(from, upTo) : null;
    }
  }
}

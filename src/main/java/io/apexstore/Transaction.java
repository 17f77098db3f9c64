package io.apexstore;

import io.apexstore.error.ApexException;
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
 * A serializable transaction: it reads one version and buffers its writes; see {@link
 * ApexStore#transact}.
 *
 * <p>A transaction sees its own writes. It is committed only if no one else has written the keys
 * and ranges that it read, including keys without a value. So committed transactions have the same
 * effect as if they had run one after another. A scan counts as read up to where its cursor went.
 *
 * <p>Writes are buffered on the heap; the limits are those of a {@link WriteBatch}.
 *
 * <p><b>Threads:</b> confined to the thread that runs it. <b>Errors:</b> {@link ApexException};
 * {@code CLOSED} once the function has returned.
 */
public final class Transaction {
  private final ApexStore store;
  private final Snapshot snapshot;
  private final Map<Keyspace, NavigableMap<byte[], Write>> writes = new LinkedHashMap<>();
  // Range deletes; the writes are those after them.
  private final Map<Keyspace, List<KeyRange>> rangesDeleted = new LinkedHashMap<>();
  // The version of each key that was read, 0 if it had no value.
  private final Map<Keyspace, NavigableMap<byte[], Long>> keysRead = new LinkedHashMap<>();
  private final List<RangeRead> rangesRead = new ArrayList<>();
  private boolean ended;

  private Transaction(ApexStore store, Snapshot snapshot) {
    this.store = store;
    this.snapshot = snapshot;
  }

  static <R extends @Nullable Object> R run(ApexStore store, Function<Transaction, R> body) {
    return store.retry(
        () -> {
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
    Write own = ownOn(keyspace, key);
    if (own != null) {
      byte[] value = own.value;
      return value == null ? null : value.clone();
    }
    VersionedValue found = read(keyspace, key);
    return found == null ? null : found.value();
  }

  // The transaction's own write of a key, or null.
  private @Nullable Write ownOn(Keyspace keyspace, byte[] key) {
    Write own = writesOf(keyspace).get(key);
    return own == null && isDeleted(rangesDeletedOf(keyspace), key) ? Write.DELETION : own;
  }

  private @Nullable VersionedValue read(Keyspace keyspace, byte[] key) {
    VersionedValue found = snapshot.getVersioned(keyspace, key);
    keysRead
        .computeIfAbsent(keyspace, any -> new TreeMap<>(Arrays::compareUnsigned))
        .put(key.clone(), found == null ? 0L : found.version());
    return found;
  }

  /** Opens a cursor over a range of the default keyspace, in ascending order. */
  public TransactionCursor scan(KeyRange range) {
    return scan(store.defaultKeyspace(), range);
  }

  /**
   * Opens a cursor over a range, in ascending order. It shows the transaction's writes before this
   * call.
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
        read,
        this::requireOpen);
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
    writesOf(keyspace).put(key.clone(), new Write(value.clone(), 0));
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
    writesOf(keyspace).put(key.clone(), Write.DELETION);
    return this;
  }

  /** Merges an operand into a key of the default keyspace; see {@link WriteBatch#merge}. */
  public Transaction merge(byte[] key, byte[] operand, MergeOperator operator) {
    return merge(store.defaultKeyspace(), key, operand, operator);
  }

  /**
   * Merges an operand into a key: an operator, which is called at once, computes the new value from
   * the current one, or deletes the key by returning null. The key counts as read. An existing
   * expiry is kept.
   */
  public Transaction merge(Keyspace keyspace, byte[] key, byte[] operand, MergeOperator operator) {
    requireOpen();
    keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(operand.length, store.options());
    Write before = ownOn(keyspace, key);
    if (before == null) {
      VersionedValue found = read(keyspace, key);
      before = found == null ? Write.DELETION : new Write(found.value(), found.expiresMs());
    }
    byte[] existing = before.value == null ? null : before.value.clone();
    byte[] merged = operator.merge(key.clone(), existing, operand.clone());
    if (merged == null) {
      return delete(keyspace, key);
    }
    Arguments.checkValue(merged.length, store.options());
    long expiryMs = existing == null ? 0 : before.expiryMs;
    writesOf(keyspace).put(key.clone(), new Write(merged, expiryMs));
    return this;
  }

  /** Deletes all keys of a range of the default keyspace. */
  public Transaction deleteRange(KeyRange range) {
    return deleteRange(store.defaultKeyspace(), range);
  }

  /** Deletes all keys of a range with one write, which reads none of them. */
  public Transaction deleteRange(Keyspace keyspace, KeyRange range) {
    requireOpen();
    keyspace.idIn(store);
    Arguments.checkRange(range);
    within(writesOf(keyspace), range).clear();
    rangesDeletedOf(keyspace).add(range);
    return this;
  }

  private List<KeyRange> rangesDeletedOf(Keyspace keyspace) {
    return rangesDeleted.computeIfAbsent(keyspace, any -> new ArrayList<>());
  }

  /** Whether a key lies in one of the given ranges. */
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
        (keyspace, read) ->
            read.forEach((key, version) -> batch.requireRead(keyspace, key, version)));
    for (RangeRead read : rangesRead) {
      if (read.begun) {
        batch.requireRangeRead(read.keyspace, read.from, read.upTo, snapshot.version());
      }
      read.expiring.forEach((key, version) -> batch.requireRead(read.keyspace, key, version));
    }
    store.tryWrite(batch);
  }

  private void requireOpen() {
    if (ended) {
      throw new ApexException(ApexException.Code.CLOSED, "the transaction has ended", null);
    }
  }

  /**
   * A put or a deletion.
   *
   * @param value the value of a put; null: a deletion
   * @param expiryMs when the value expires, in ms since the epoch; 0: as the keyspace's options say
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Write(byte @Nullable [] value, long expiryMs) {
    static final Write DELETION = new Write(null, 0);

    void addTo(WriteBatch batch, Keyspace keyspace, byte[] key) {
      if (value == null) {
        batch.delete(keyspace, key);
      } else if (expiryMs != 0) {
        batch.putKeepingExpiry(keyspace, key, value, expiryMs);
      } else {
        batch.put(keyspace, key, value);
      }
    }
  }

  /** The part of a range that was read. */
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

    /** Notes that all keys below a bound were read; null: all keys. */
    void readUpTo(byte @Nullable [] end) {
      begun = true;
      upTo = end;
    }

    /** Notes an entry that was read and will expire. */
    void sawExpiring(byte[] key, long version) {
      expiring.put(key, version);
    }
  }
}

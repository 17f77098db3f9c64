package io.apexstore;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.error.ApexException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A batch of operations that become visible together, under one version, or not at all.
 *
 * <p>A later operation on a key replaces an earlier one. A range delete replaces earlier operations
 * on keys of the range. A merge is applied to the result of the operations before it. Once written,
 * a batch takes no more operations; it can be written again, for example after a failure, which is
 * another commit.
 *
 * <p>Limits: 80 MiB of encoded operations, and when the batch is written {@link
 * io.apexstore.options.StoreOptions#batchBytesMax} of keys and values; keys of 1 B to 64 KiB;
 * values up to 64 MiB or the limit of the store's options; 100,000 range deletes; 10,000 conditions
 * on keys, including keys that are merged with the value in the store, and 100 on ranges. Keys,
 * values, operands and bounds are copied.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> every method fails with {@link
 * ApexException}: {@code INVALID_REQUEST} if a limit is exceeded, {@code TOO_LARGE} if it is that
 * of the batch's bytes, {@code CLOSED} once the batch is written.
 */
public final class WriteBatch {
  private final ApexStore store;
  private final Batch batch = new Batch(256);
  private final Conditions conditions = new Conditions();
  // Operations that the store added for itself.
  private int internal;
  private @Nullable Merges merges;

  WriteBatch(ApexStore store) {
    this.store = store;
  }

  /** Adds a put in the default keyspace. */
  public WriteBatch put(byte[] key, byte[] value) {
    return put(store.defaultKeyspace(), key, value);
  }

  /** Adds a deletion in the default keyspace. */
  public WriteBatch delete(byte[] key) {
    return delete(store.defaultKeyspace(), key);
  }

  /**
   * Adds a put in a keyspace of the same store. The value expires if the keyspace has a {@link
   * io.apexstore.options.KeyspaceOptions#ttl}.
   */
  public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    long ttlMs = keyspace.ttlMs();
    if (ttlMs != 0) {
      return putExpiring(keyspace, key, value, ttlMs);
    }
    Failures.translate(
        () -> batch.put(id, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value)));
    return replacing(id, key);
  }

  /**
   * Adds a put of a value that expires: after the given time the key has no value. The time starts
   * with this call. The first such put of a store creates an internal keyspace, which waits for the
   * disk.
   *
   * @param ttl at least 1 ms
   */
  public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Duration ttl) {
    keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    return putExpiring(keyspace, key, value, Arguments.checkTtl(ttl));
  }

  private WriteBatch putExpiring(Keyspace keyspace, byte[] key, byte[] value, long ttlMs) {
    int before = batch.operations();
    Failures.translate(() -> keyspace.addExpiring(batch, key, value, ttlMs));
    internal += batch.operations() - before - 1;
    return replacing(keyspace.idIn(store), key);
  }

  /**
   * Adds a put of a value that expires at a moment, which is stored as it is given. So a value that
   * is copied expires when the original does, however long the copying takes; one whose moment has
   * passed is stored, and no reader sees it.
   *
   * @param expiresMs in ms since the epoch, at least 1; see {@link VersionedValue#expiresMs}
   */
  public WriteBatch putUntil(Keyspace keyspace, byte[] key, byte[] value, long expiresMs) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    Arguments.checkExpiresMs(expiresMs);
    int before = batch.operations();
    Failures.translate(() -> keyspace.addUntil(batch, key, value, expiresMs));
    internal += batch.operations() - before - 1;
    return replacing(id, key);
  }

  /** Adds a put that keeps the expiry of the value before it, in ms since the epoch. */
  WriteBatch putKeepingExpiry(Keyspace keyspace, byte[] key, byte[] value, long expiryMs) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    int before = batch.operations();
    Failures.translate(() -> keyspace.addKeepingExpiry(batch, key, value, expiryMs));
    internal += batch.operations() - before - 1;
    return replacing(id, key);
  }

  /** Adds a deletion in a keyspace of the same store. */
  public WriteBatch delete(Keyspace keyspace, byte[] key) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Failures.translate(() -> batch.delete(id, key));
    return replacing(id, key);
  }

  private WriteBatch replacing(int keyspaceId, byte[] key) {
    if (merges != null) {
      merges.replace(keyspaceId, key);
    }
    return this;
  }

  /** Adds a merge in the default keyspace. */
  public WriteBatch merge(byte[] key, byte[] operand, MergeOperator operator) {
    return merge(store.defaultKeyspace(), key, operand, operator);
  }

  /**
   * Adds a merge in a keyspace of the same store: an operator computes the key's new value from its
   * current value, or deletes the key by returning null. An existing expiry is kept; a value that
   * is computed from no value expires like one that is put.
   *
   * <p>If earlier operations of the batch determine the key's value, the operator is called at
   * once. Otherwise it is called when the batch is written, and again if another writer changed the
   * key meanwhile; for an asynchronous write on a thread of the store. If it throws then, nothing
   * is stored, and the batch may be written again. If other writers overtake every attempt, the
   * write fails with {@code CONFLICT}. Conditions of the batch are evaluated before the operator is
   * called.
   *
   * @param operand passed to the operator; 0 B up to the longest allowed value
   */
  public WriteBatch merge(Keyspace keyspace, byte[] key, byte[] operand, MergeOperator operator) {
    keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(operand.length, store.options());
    requireOpen();
    Merges known = merges;
    if (known == null) {
      known = new Merges(store, batch);
    }
    known.add(keyspace, key, operand, operator, conditions.keyCount());
    merges = known;
    return this;
  }

  /** Adds a range delete in the default keyspace. */
  public WriteBatch deleteRange(KeyRange range) {
    return deleteRange(store.defaultKeyspace(), range);
  }

  /**
   * Adds a range delete, which deletes all keys of a range in a keyspace of the same store at the
   * cost of one operation. It does not delete what the batch puts into the range afterwards.
   *
   * @param range bounds of at most 64 KiB; if it is empty, nothing is added
   */
  public WriteBatch deleteRange(Keyspace keyspace, KeyRange range) {
    int id = keyspace.idIn(store);
    Arguments.checkRange(range);
    requireOpen();
    if (!range.isEmpty()) {
      byte[] from = range.from();
      Failures.translate(
          () -> batch.deleteRange(id, from == null ? new byte[0] : from, range.to()));
      if (merges != null) {
        merges.deleteRange(id, range);
      }
    }
    return this;
  }

  /** Adds a range delete of all keys that start with a prefix; see {@link #deleteRange}. */
  public WriteBatch deletePrefix(Keyspace keyspace, byte[] prefix) {
    return deleteRange(keyspace, KeyRange.prefix(prefix));
  }

  /** Requires that the key has no value in the default keyspace. */
  public WriteBatch requireAbsent(byte[] key) {
    return requireAbsent(store.defaultKeyspace(), key);
  }

  /**
   * Requires that the key has no value when the batch is committed; otherwise the write fails with
   * {@code CONDITION_FAILED}. Conditions apply to the state of the store before the batch.
   */
  public WriteBatch requireAbsent(Keyspace keyspace, byte[] key) {
    int id = checkCondition(keyspace, key);
    Failures.translate(() -> conditions.absent(id, key));
    return this;
  }

  /** Requires that the key has a value when the batch is committed. */
  public WriteBatch requirePresent(Keyspace keyspace, byte[] key) {
    int id = checkCondition(keyspace, key);
    Failures.translate(() -> conditions.present(id, key));
    return this;
  }

  /**
   * Requires that the key has the value that a version wrote.
   *
   * @param version the expected version, at least 1; see {@link VersionedValue#version}
   */
  public WriteBatch requireVersion(Keyspace keyspace, byte[] key, long version) {
    int id = checkCondition(keyspace, key);
    if (version < 1) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "version " + version + ", allowed are 1 and higher; a key without a value has no version",
          null);
    }
    Failures.translate(() -> conditions.version(id, key, version));
    return this;
  }

  /**
   * Requires that no key of the range was written after a version, whether by a put, a delete or a
   * range delete. Where tables contain newer entries, the whole range is read.
   *
   * @param since a version, at least 0; if the changes since then are no longer known, the write
   *     fails with {@code VERSION_EXPIRED}. An open {@link Snapshot} keeps the changes since its
   *     version known
   */
  public WriteBatch requireUnchanged(Keyspace keyspace, KeyRange range, long since) {
    int id = keyspace.idIn(store);
    requireOpen();
    if (since < 0) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "version " + since + ", allowed are 0 and higher",
          null);
    }
    Failures.translate(() -> conditions.unchanged(id, range.from(), range.to(), since));
    return this;
  }

  /**
   * Requires that the key still has the value that the batch was built from, for {@link
   * ApexStore#retry}.
   *
   * @param version the version of the value, 0 if there was none
   */
  WriteBatch requireRead(Keyspace keyspace, byte[] key, long version) {
    int id = checkCondition(keyspace, key);
    Failures.translate(() -> conditions.builtFrom(id, key, version));
    return this;
  }

  /**
   * Requires that a range that the batch was built from was not written after a version, for {@link
   * ApexStore#retry}.
   *
   * @param from first key, or null
   * @param to first key past the range, or null; one byte longer than the longest key, at most
   */
  void requireRangeRead(
      Keyspace keyspace, byte @Nullable [] from, byte @Nullable [] to, long since) {
    int id = keyspace.idIn(store);
    Failures.translate(() -> conditions.builtFromRange(id, from, to, since));
  }

  private int checkCondition(Keyspace keyspace, byte[] key) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    requireOpen();
    if (merges != null) {
      merges.requireRoom(conditions.keyCount());
    }
    return id;
  }

  private void requireOpen() {
    if (batch.isSealed()) {
      throw new ApexException(
          ApexException.Code.CLOSED,
          "the batch was already written and takes no more operations",
          null);
    }
  }

  /**
   * Whether the batch has conditions, so that the write may be refused. A batch without conditions
   * may read the disk, too: for merges, and for a keyspace with {@link
   * io.apexstore.options.KeyspaceOptions#logPreviousValues}.
   */
  public boolean hasConditions() {
    return !conditions.isEmpty();
  }

  /** Returns the merges of a sealed batch that need the value in the store, or null. */
  @Nullable Merges merges() {
    return merges == null || merges.needNothing() ? null : merges;
  }

  /** Returns the conditions of the batch, or null if there are none. */
  @Nullable Conditions conditions() {
    return conditions.isEmpty() ? null : conditions;
  }

  /** Returns the number of conditions. */
  public int conditionCount() {
    return conditions.size();
  }

  /** Returns the bytes of the keys and bounds in conditions. */
  public long conditionBytes() {
    return conditions.bytes();
  }

  /** Returns the number of operations. */
  public int size() {
    return batch.operations() - internal + (merges == null ? 0 : merges.count());
  }

  /** Returns the bytes of keys and values. */
  public long sizeBytes() {
    return batch.userBytes() + (merges == null ? 0 : merges.bytes());
  }

  Batch sealFor(ApexStore target) {
    if (target != store) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST, "the batch belongs to another store", null);
    }
    if (merges != null && !batch.isSealed()) {
      merges.settle();
    }
    Failures.translate(batch::seal);
    return batch;
  }
}

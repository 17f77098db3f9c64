package io.apexstore;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.error.ApexException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Puts and deletions that become visible together, under one version, or not at all. A later
 * operation on a key of the batch replaces an earlier one, and the deletion of a range those on its
 * keys that were added before; a merge makes its value of what the operations before it left. Once
 * written, a batch takes no more operations; writing it again, after a failure for example, commits
 * it anew.
 *
 * <p>Limits: 80 MiB of encoded operations; keys of 1 B to 64 KiB; values up to 64 MiB, or what the
 * store's options say; 10,000 conditions on keys, to which keys that are merged with what the store
 * holds count, and 100 on ranges.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> every method fails with {@link
 * ApexException} {@code INVALID_REQUEST} where a limit is exceeded, and {@code CLOSED} once
 * written.
 */
public final class WriteBatch {
  private final ApexStore store;
  private final Batch batch = new Batch(256);
  private final Conditions conditions = new Conditions();
  // Operations that the store added for itself.
  private int internal;
  private boolean readsKeys;
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
   * Adds a put in a keyspace of the same store; in one with a {@link
   * io.apexstore.options.KeyspaceOptions#ttl}, of a value that expires.
   */
  public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    readsKeys |= keyspace.logsPrevious();
    long ttlMs = keyspace.ttlMs();
    if (ttlMs != 0) {
      return putExpiring(keyspace, key, value, ttlMs);
    }
    Failures.translate(
        () -> batch.put(id, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value)));
    return replacing(id, key);
  }

  /**
   * Adds a put of a value that expires: after the time given, the key has no value. It counts from
   * this call on. The first such put of a store makes an internal keyspace, which waits for the
   * disk.
   *
   * @param ttl 1 ms or more
   */
  public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Duration ttl) {
    keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    readsKeys |= keyspace.logsPrevious();
    return putExpiring(keyspace, key, value, Arguments.checkTtl(ttl));
  }

  private WriteBatch putExpiring(Keyspace keyspace, byte[] key, byte[] value, long ttlMs) {
    int before = batch.operations();
    Failures.translate(() -> keyspace.addExpiring(batch, key, value, ttlMs));
    internal += batch.operations() - before - 1;
    return replacing(keyspace.idIn(store), key);
  }

  /** Adds a put of a value that expires at a time, in ms since the epoch. */
  WriteBatch putUntil(Keyspace keyspace, byte[] key, byte[] value, long expiryMs) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    readsKeys |= keyspace.logsPrevious();
    int before = batch.operations();
    Failures.translate(() -> keyspace.addUntil(batch, key, value, expiryMs));
    internal += batch.operations() - before - 1;
    return replacing(id, key);
  }

  /** Adds a deletion in a keyspace of the same store. */
  public WriteBatch delete(Keyspace keyspace, byte[] key) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    readsKeys |= keyspace.logsPrevious();
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
   * Adds a merge in a keyspace of the same store: the key gets the value that an operator makes of
   * the one it has, or is deleted where that makes none. A value that expires goes on expiring when
   * it did; one made of nothing is like one put.
   *
   * <p>Where operations of the batch say what the key's value is by then, the operator is called at
   * once. Otherwise it is called when the batch is written, once, or again if another writer
   * changed the key meanwhile; of an asynchronous write on another thread. If it throws then,
   * nothing is stored, and the batch may be written again; writers that come in between too often
   * fail the write with {@code CONFLICT}. Conditions of the batch are looked at before.
   *
   * @param operand handed to the operator; 0 B up to the longest value allowed
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
    known.add(keyspace, key, operand, operator, conditions.keys().size());
    readsKeys |= keyspace.logsPrevious();
    merges = known;
    return this;
  }

  /** Adds the deletion of all keys of a range in the default keyspace. */
  public WriteBatch deleteRange(KeyRange range) {
    return deleteRange(store.defaultKeyspace(), range);
  }

  /**
   * Adds the deletion of all keys of a range in a keyspace of the same store, at the cost of one
   * operation however many there are. What the batch puts into the range afterwards stays.
   *
   * @param range bounds of at most 64 KiB; if no key can lie in it, nothing is added
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

  /** Adds the deletion of all keys that begin with a prefix; see {@link #deleteRange}. */
  public WriteBatch deletePrefix(Keyspace keyspace, byte[] prefix) {
    return deleteRange(keyspace, KeyRange.prefix(prefix));
  }

  /** Has the batch refused unless the key has no value in the default keyspace. */
  public WriteBatch requireAbsent(byte[] key) {
    return requireAbsent(store.defaultKeyspace(), key);
  }

  /**
   * Has the batch refused, with {@code CONDITION_FAILED}, unless the key has no value when it is
   * committed. Conditions look at the store as it is before the batch.
   */
  public WriteBatch requireAbsent(Keyspace keyspace, byte[] key) {
    int id = checkCondition(keyspace, key);
    Failures.translate(() -> conditions.absent(id, key.clone()));
    return this;
  }

  /** Has the batch refused unless the key has a value when it is committed. */
  public WriteBatch requirePresent(Keyspace keyspace, byte[] key) {
    int id = checkCondition(keyspace, key);
    Failures.translate(() -> conditions.present(id, key.clone()));
    return this;
  }

  /**
   * Has the batch refused unless the key's value is the one that a version gave it.
   *
   * @param version the version expected, at least 1; see {@link VersionedValue#version}
   */
  public WriteBatch requireVersion(Keyspace keyspace, byte[] key, long version) {
    int id = checkCondition(keyspace, key);
    if (version < 1) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "version " + version + ", allowed are 1 and up; a key without a value has none",
          null);
    }
    Failures.translate(() -> conditions.version(id, key.clone(), version));
    return this;
  }

  /**
   * Has the batch refused if any key of the range was written after a version, be it put or
   * deleted, alone or with a range. The whole range is looked at where tables hold something newer.
   *
   * @param since a version, 0 or more; if it is so old that what changed since is not known any
   *     more, the batch fails with {@code VERSION_EXPIRED}. An open {@link Snapshot} keeps its
   *     version from becoming so
   */
  public WriteBatch requireUnchanged(Keyspace keyspace, KeyRange range, long since) {
    int id = keyspace.idIn(store);
    requireOpen();
    if (since < 0) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST, "version " + since + ", allowed are 0 and up", null);
    }
    Failures.translate(() -> conditions.unchanged(id, range.from(), range.to(), since));
    return this;
  }

  private int checkCondition(Keyspace keyspace, byte[] key) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    requireOpen();
    if (merges != null) {
      merges.requireRoom(conditions.keys().size());
    }
    return id;
  }

  private void requireOpen() {
    if (batch.isSealed()) {
      throw new ApexException(
          ApexException.Code.CLOSED, "the batch was written before and takes no more", null);
    }
  }

  /**
   * Whether to commit the batch may read the disk: it has conditions or merges, or is for a
   * keyspace with {@link io.apexstore.options.KeyspaceOptions#logPreviousValues}.
   */
  public boolean isConditional() {
    return readsKeys || merges != null || !conditions.isEmpty();
  }

  /** The merges of a sealed batch that need what the store holds, or null if there are none. */
  @Nullable Merges merges() {
    return merges == null || merges.needNothing() ? null : merges;
  }

  /** The conditions of the batch, or null if there are none. */
  @Nullable Conditions conditions() {
    return conditions.isEmpty() ? null : conditions;
  }

  /** Returns how many conditions were added. */
  public int conditionCount() {
    return conditions.size();
  }

  /** Returns the bytes of the keys and bounds that conditions name. */
  public long conditionBytes() {
    return conditions.bytes();
  }

  /** Returns how many operations were added. */
  public int size() {
    return batch.operations() - internal + (merges == null ? 0 : merges.count());
  }

  /** Returns the bytes of the keys and values added. */
  public long sizeBytes() {
    return batch.userBytes() + (merges == null ? 0 : merges.bytes());
  }

  Batch sealFor(ApexStore target) {
    if (target != store) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST, "the batch was made by another store", null);
    }
    if (merges != null && !batch.isSealed()) {
      merges.settle();
    }
    Failures.translate(batch::seal);
    return batch;
  }
}

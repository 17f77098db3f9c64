package io.apexstore;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A named set of keys with its own LSM tree. All keyspaces of a store share its log and its
 * versions, so a {@link WriteBatch} over several keyspaces is atomic.
 *
 * <p>Keys have 1 B to 64 KiB, values up to 64 MiB or the limit of the store's options. The caller
 * must not change a key or value until the call has returned; an asynchronous call has copied them
 * by then.
 *
 * <p><b>Threads:</b> any. Reads take no locks; writes wait as the store's {@link
 * io.apexstore.options.SyncMode} requires. A thread that is interrupted in a call finishes the call
 * and stays interrupted. <b>Errors:</b> {@link ApexException}.
 */
public final class Keyspace {
  /** The result of a conditional write whose condition did not hold. */
  public static final long REFUSED = -1;

  // A read allocates nothing but its result. Escape analysis cannot remove this object, because it
  // is passed to tables of more than one kind.
  private static final ThreadLocal<Lookup> LOOKUPS = ThreadLocal.withInitial(Lookup::new);

  private final ApexStore store;
  private final LsmEngine engine;
  private final KeyspaceTree tree;

  Keyspace(ApexStore store, LsmEngine engine, KeyspaceTree tree) {
    this.store = store;
    this.engine = engine;
    this.tree = tree;
  }

  /** Returns the keyspace's name. */
  public String name() {
    return tree.name();
  }

  /** Whether it was dropped and not created again; see {@link ApexStore#dropKeyspace}. */
  public boolean isDropped() {
    return tree.isDropped();
  }

  /** Returns its options, including those that have their defaults. */
  public KeyspaceOptions options() {
    return tree.options();
  }

  /** Returns the key's value, an array that the caller owns, or null if there is none. */
  public byte @Nullable [] get(byte[] key) {
    Lookup lookup = begin(key, false);
    try {
      return find(lookup) ? lookup.value() : null;
    } finally {
      lookup.forget();
    }
  }

  /** Returns the key's value with the version that wrote it, or null if there is none. */
  public @Nullable VersionedValue getVersioned(byte[] key) {
    Lookup lookup = begin(key, false);
    try {
      return find(lookup) ? found(lookup) : null;
    } finally {
      lookup.forget();
    }
  }

  /**
   * Lends the key's value until it is closed, without a copy on the heap if it is long.
   *
   * @return null if there is no value
   * @throws ApexException {@code MEMORY_EXHAUSTED} if readers of large values hold too much memory
   */
  public @Nullable LentValue lend(byte[] key) {
    Lookup lookup = begin(key, false);
    try {
      lookup.lendValue(engine.lentMemory());
      return find(lookup) ? lent(lookup) : null;
    } finally {
      lookup.forget();
    }
  }

  /** Lends the key's value as of a snapshot. */
  @Nullable LentValue lendAt(byte[] key, EngineSnapshot snapshot) {
    Arguments.checkKey(key);
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, snapshot.version(), false);
    lookup.boundMemory();
    try {
      lookup.lendValue(engine.lentMemory());
      return find(lookup, snapshot.timeMs()) ? lent(lookup) : null;
    } finally {
      lookup.forget();
    }
  }

  private static LentValue lent(Lookup lookup) {
    LentMemory memory = lookup.takeLent();
    if (memory != null) {
      return LentValue.in(
          memory, lookup.lentOffset(), lookup.valueLength(), lookup.version(), lookup.expiryMs());
    }
    VersionedValue found = found(lookup);
    return LentValue.of(found.value(), found.version(), found.expiresMs());
  }

  /** Returns the key's value as of a snapshot. */
  @Nullable VersionedValue getVersionedAt(byte[] key, EngineSnapshot snapshot) {
    Arguments.checkKey(key);
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, snapshot.version(), false);
    lookup.boundMemory();
    try {
      return find(lookup, snapshot.timeMs()) ? found(lookup) : null;
    } finally {
      lookup.forget();
    }
  }

  /**
   * Copies the key's value into a segment.
   *
   * @return the value's length in bytes, also if it is longer than the segment and was not copied;
   *     -1 if there is no value
   */
  public int get(MemorySegment key, MemorySegment target) {
    Arguments.checkKey(key.byteSize());
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, Limits.VERSION_MAX, false);
    lookup.boundMemory();
    try {
      lookup.copyValueTo(target);
      return find(lookup) ? lookup.valueLength() : -1;
    } finally {
      lookup.forget();
    }
  }

  /**
   * Lends the key's value to a function for the duration of the call.
   *
   * @return what the function returned, or null if there is no value
   */
  public <R> @Nullable R getWith(byte[] key, Function<MemorySegment, R> use) {
    try (LentValue value = lend(key)) {
      return value == null ? null : use.apply(value.bytes());
    }
  }

  /** Whether the key has a value. */
  public boolean contains(byte[] key) {
    Lookup lookup = begin(key, false);
    try {
      lookup.withoutValue();
      return find(lookup);
    } finally {
      lookup.forget();
    }
  }

  /** Reads from memory only; if the answer may need the disk, the result says so. Never waits. */
  public CachedRead getCached(byte[] key) {
    return getCached(key, Integer.MAX_VALUE);
  }

  /**
   * Reads from memory only, and no long value: if the answer may need the disk, or if the value is
   * longer than {@code valueBytesMax}, the result is {@link CachedRead.NeedsDisk}. Never waits.
   */
  public CachedRead getCached(byte[] key, int valueBytesMax) {
    Lookup lookup = begin(key, true);
    lookup.limitValue(valueBytesMax);
    try {
      return switch (engine.get(tree, lookup)) {
        case NEEDS_DISK -> CachedRead.NeedsDisk.INSTANCE;
        case NOT_HERE -> CachedRead.Absent.INSTANCE;
        case FOUND ->
            !isVisible(lookup, Long.MIN_VALUE)
                ? CachedRead.Absent.INSTANCE
                : lookup.isTooLong()
                    ? CachedRead.NeedsDisk.INSTANCE
                    : new CachedRead.Found(found(lookup));
      };
    } catch (EngineException e) {
      throw Failures.of(e);
    } finally {
      lookup.forget();
    }
  }

  /**
   * Stores a value and returns the version of the commit. In a keyspace with a {@link
   * KeyspaceOptions#ttl} it expires.
   */
  public long put(byte[] key, byte[] value) {
    return store.commit(putBatch(key, value));
  }

  /** Stores a value; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> putAsync(byte[] key, byte[] value) {
    return store.commitAsync(putBatch(key, value));
  }

  /**
   * Stores a value that expires: after the given time the key has no value. The time starts with
   * this call.
   *
   * @param ttl at least 1 ms
   * @return the version of the commit
   */
  public long put(byte[] key, byte[] value, Duration ttl) {
    return store.write(store.newBatch().put(this, key, value, ttl));
  }

  /** Deletes a key, whether or not it has a value, and returns the version of the commit. */
  public long delete(byte[] key) {
    return store.commit(deleteBatch(key));
  }

  /** Deletes a key; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> deleteAsync(byte[] key) {
    return store.commitAsync(deleteBatch(key));
  }

  /**
   * Deletes all keys of a range with one write, however many keys there are. Reads and scans skip
   * the deleted keys, and compactions drop them, whole tables without reading them.
   *
   * @param range bounds of at most 64 KiB
   * @return the version of the commit
   */
  public long deleteRange(KeyRange range) {
    return store.write(store.newBatch().deleteRange(this, range));
  }

  /** Deletes all keys of a range; the stage completes like that of {@link #deleteAsync}. */
  public CompletionStage<Long> deleteRangeAsync(KeyRange range) {
    return store.writeAsync(store.newBatch().deleteRange(this, range));
  }

  /**
   * Deletes all keys that start with a prefix; see {@link #deleteRange}.
   *
   * @param prefix an empty prefix means all keys
   */
  public long deletePrefix(byte[] prefix) {
    return deleteRange(KeyRange.prefix(prefix));
  }

  /** Deletes all keys that start with a prefix; see {@link #deleteRangeAsync}. */
  public CompletionStage<Long> deletePrefixAsync(byte[] prefix) {
    return deleteRangeAsync(KeyRange.prefix(prefix));
  }

  /** Opens a cursor over a range, in ascending order, at the newest version. */
  public Cursor scan(KeyRange range) {
    return scan(range, ScanOptions.DEFAULT);
  }

  /** Opens a cursor over a range at the newest version. */
  public Cursor scan(KeyRange range, ScanOptions options) {
    try {
      return new Cursor(
          engine.scan(tree, range.from(), range.to(), options.reverse(), null),
          engine.lentMemory());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Flushes, compacts a range down to its last level, and waits until that is done. Keys that share
   * a table with the range are compacted with it. In a keyspace with {@code TIERED} or {@code
   * LAZY_LEVELING} compaction everything is compacted, in one with {@code FIFO} nothing.
   */
  public void compact(KeyRange range) {
    Failures.translate(() -> engine.compact(tree, range.from(), range.to()));
  }

  /** Opens a cursor over a range as of a snapshot. */
  Cursor scanAt(KeyRange range, ScanOptions options, EngineSnapshot snapshot) {
    try {
      return new Cursor(
          engine.scan(tree, range.from(), range.to(), options.reverse(), snapshot),
          engine.lentMemory());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Stores a value if the key has none.
   *
   * @return the version of the commit, or -1 if the key has a value
   */
  public long putIfAbsent(byte[] key, byte[] value) {
    return commitIf(store.newBatch().requireAbsent(this, key).put(this, key, value));
  }

  /**
   * Stores a value if the key still has the value that a version wrote.
   *
   * @param version the expected version, see {@link VersionedValue#version}
   * @return the version of the commit, or -1 if the key has another version, or no value
   */
  public long compareAndSet(byte[] key, long version, byte[] value) {
    return commitIf(store.newBatch().requireVersion(this, key, version).put(this, key, value));
  }

  /**
   * Deletes a key if it still has the value that a version wrote.
   *
   * @return the version of the commit, or -1 if the key has another version, or no value
   */
  public long compareAndDelete(byte[] key, long version) {
    return commitIf(store.newBatch().requireVersion(this, key, version).delete(this, key));
  }

  private long commitIf(WriteBatch batch) {
    try {
      return store.write(batch);
    } catch (ApexException e) {
      if (e.code() == ApexException.Code.CONDITION_FAILED) {
        return REFUSED;
      }
      throw e;
    }
  }

  /**
   * Replaces the key's value by the result of a function, atomically: if another writer changed the
   * value meanwhile, the function is called again with the newer value. In a keyspace without a
   * {@link KeyspaceOptions#ttl} the new value does not expire.
   *
   * @param change maps the value, or null if there is none, to the new one, or to null to delete
   *     the key; it must have no other effects
   * @return what the function returned
   * @throws ApexException {@code CONFLICT} if other writers overtook every attempt
   */
  public byte @Nullable [] update(byte[] key, UnaryOperator<byte @Nullable []> change) {
    return Updates.update(store, this, key, change);
  }

  /**
   * Adds to a counter like {@link #increment}; the stage completes with the new number. The calling
   * thread may read the disk.
   */
  public CompletionStage<Long> incrementAsync(byte[] key, long by) {
    return countAsync(key, by).thenApply(IncrementResult::sum);
  }

  /**
   * Adds to a counter like {@link #incrementAsync}; the stage completes with the new number and its
   * version, for a later {@link #compareAndSet}.
   */
  public CompletionStage<IncrementResult> countAsync(byte[] key, long by) {
    return Updates.incrementAsync(store, this, key, by);
  }

  /**
   * Adds to a counter: a value that is a whole number in decimal digits, such as {@code -12}. A key
   * without a value counts as 0. An existing expiry is kept.
   *
   * @return the new number
   * @throws ApexException {@code INVALID_REQUEST} if the value is no such number or the sum exceeds
   *     64 bits; {@code CONFLICT} if other writers overtook every attempt
   */
  public long increment(byte[] key, long by) {
    return Updates.increment(store, this, key, by);
  }

  /**
   * Merges an operand into the key's value; see {@link WriteBatch#merge(Keyspace, byte[], byte[],
   * MergeOperator)}.
   *
   * @return the version of the commit
   * @throws ApexException {@code CONFLICT} if other writers overtook every attempt
   */
  public long merge(byte[] key, byte[] operand, MergeOperator operator) {
    return store.write(store.newBatch().merge(this, key, operand, operator));
  }

  /**
   * Merges an operand into the key's value like {@link #merge}, without blocking. The operator is
   * called on a thread of the store, where it must not wait for other writes.
   */
  public CompletionStage<Long> mergeAsync(byte[] key, byte[] operand, MergeOperator operator) {
    return store.writeAsync(store.newBatch().merge(this, key, operand, operator));
  }

  int idIn(ApexStore expected) {
    if (expected != store) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "keyspace " + name() + " belongs to another store",
          null);
    }
    return tree.id();
  }

  private Batch putBatch(byte[] key, byte[] value) {
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    long ttlMs = ttlMs();
    return ttlMs == 0 ? Batch.ofPut(tree.id(), key, value) : expiringBatch(key, value, ttlMs);
  }

  private Batch expiringBatch(byte[] key, byte[] value, long ttlMs) {
    Batch batch = new Batch(key.length + value.length + 128);
    Failures.translate(() -> addExpiring(batch, key, value, ttlMs));
    batch.seal();
    return batch;
  }

  private Batch deleteBatch(byte[] key) {
    Arguments.checkKey(key);
    return Batch.ofDelete(tree.id(), key);
  }

  private boolean isVisible(Lookup lookup, long nowMs) {
    if (lookup.kind() != ValueKind.PUT) {
      return false;
    }
    long expiryMs = lookup.expiryMs();
    return expiryMs == Limits.NEVER_EXPIRES
        || expiryMs > (nowMs == Long.MIN_VALUE ? engine.nowMs() : nowMs);
  }

  private static Lookup begin(byte[] key, boolean cachedOnly) {
    Arguments.checkKey(key);
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, Limits.VERSION_MAX, cachedOnly);
    lookup.boundMemory();
    return lookup;
  }

  /** Returns the key's value as {@link #getVersioned} does, for a write that depends on it. */
  @Nullable VersionedValue readForWrite(byte[] key) {
    Lookup lookup = begin(key, false);
    try {
      boolean found = engine.read(tree, lookup) == Lookup.Outcome.FOUND;
      return found && isVisible(lookup, Long.MIN_VALUE) ? found(lookup) : null;
    } catch (EngineException e) {
      throw Failures.of(e);
    } finally {
      lookup.forget();
    }
  }

  private boolean find(Lookup lookup) {
    return find(lookup, Long.MIN_VALUE);
  }

  // At Long.MIN_VALUE the clock decides what has expired.
  private boolean find(Lookup lookup, long nowMs) {
    try {
      return engine.get(tree, lookup) == Lookup.Outcome.FOUND && isVisible(lookup, nowMs);
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  private static VersionedValue found(Lookup lookup) {
    byte[] value = lookup.value();
    if (value == null) {
      throw new IllegalStateException("a put was found without its value");
    }
    return new VersionedValue(value, lookup.version(), lookup.expiryMs());
  }

  /** Returns the default time to live of a put, in ms; 0: for ever. */
  long ttlMs() {
    return tree.options().ttl().toMillis();
  }

  /** Adds a put that expires to a batch. */
  void addExpiring(Batch batch, byte[] key, byte[] value, long ttlMs) {
    long now = engine.nowMs();
    long expiryMs = ttlMs > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + ttlMs;
    addUntil(batch, key, value, expiryMs);
  }

  /** Adds a put that expires at a time, in ms since the epoch, to a batch. */
  void addUntil(Batch batch, byte[] key, byte[] value, long expiryMs) {
    engine.putExpiring(batch, tree, key, expiryMs, MemorySegment.ofArray(value));
  }

  /** Adds a put that keeps the expiry of the value before it, in ms since the epoch, to a batch. */
  void addKeepingExpiry(Batch batch, byte[] key, byte[] value, long expiryMs) {
    engine.putKeepingExpiry(batch, tree, key, expiryMs, MemorySegment.ofArray(value));
  }

  /** Adds the result of merges to a batch: a value, or null to delete the key. */
  void addMerged(Batch batch, byte[] key, byte @Nullable [] value, long expiryMs) {
    if (value == null) {
      batch.delete(tree.id(), key);
    } else if (expiryMs != Limits.NEVER_EXPIRES) {
      addKeepingExpiry(batch, key, value, expiryMs);
    } else if (ttlMs() != 0) {
      addExpiring(batch, key, value, ttlMs());
    } else {
      batch.put(tree.id(), key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value));
    }
  }
}

package io.apexstore;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
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
 * A named set of keys with a tree of its own; all keyspaces of a store share its log and its
 * versions, so a {@link WriteBatch} over several is atomic.
 *
 * <p>Keys are 1 B to 64 KiB, values up to 64 MiB, or what the store's options say. A key or value
 * given must not be changed until the call has returned; of an asynchronous call, until it has been
 * called.
 *
 * <p><b>Threads:</b> any. Reads take no locks; writes wait for the mode of the store ({@link
 * io.apexstore.options.SyncMode}). A thread that is interrupted in a call finishes the call and
 * stays interrupted. <b>Errors:</b> {@link ApexException}.
 */
public final class Keyspace {
  /** What a conditional write answers whose condition did not hold. */
  public static final long REFUSED = -1;

  // A read allocates nothing but its result. The compiler cannot do without the object on its own:
  // it is handed on to tables of more than one kind.
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

  /** Whether it was dropped, and not made again since; see {@link ApexStore#dropKeyspace}. */
  public boolean isDropped() {
    return tree.isDropped();
  }

  /** Returns its options; all are there, also those that nobody gave. */
  public KeyspaceOptions options() {
    return tree.options();
  }

  /** Returns the key's value, an array of the caller's own, or null if there is none. */
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

  /** Returns the key's value as of a snapshot. */
  @Nullable VersionedValue getVersionedAt(byte[] key, EngineSnapshot snapshot) {
    Arguments.checkKey(key);
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, snapshot.version(), false);
    try {
      return find(lookup, snapshot.timeMs()) ? found(lookup) : null;
    } finally {
      lookup.forget();
    }
  }

  /**
   * Copies the key's value into a segment.
   *
   * @return the value's length in bytes, also where it is longer than the segment and nothing was
   *     copied; -1 if there is no value
   */
  public int get(MemorySegment key, MemorySegment target) {
    Arguments.checkKey(key.byteSize());
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, Limits.VERSION_MAX, false);
    try {
      lookup.copyValueTo(target);
      return find(lookup) ? lookup.valueLength() : -1;
    } finally {
      lookup.forget();
    }
  }

  /**
   * Lends the key's value to a function for the time of the call.
   *
   * @return what the function returned, or null if there is no value
   */
  public <R> @Nullable R getWith(byte[] key, Function<MemorySegment, R> use) {
    byte[] value = get(key);
    return value == null ? null : use.apply(MemorySegment.ofArray(value).asReadOnly());
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

  /** Reads without touching the disk, or says that this cannot be done. Never waits. */
  public CachedRead getCached(byte[] key) {
    Lookup lookup = begin(key, true);
    try {
      return switch (engine.get(tree, lookup)) {
        case NEEDS_DISK -> CachedRead.NeedsDisk.INSTANCE;
        case NOT_HERE -> CachedRead.Absent.INSTANCE;
        case FOUND ->
            isVisible(lookup, Long.MIN_VALUE)
                ? new CachedRead.Found(found(lookup))
                : CachedRead.Absent.INSTANCE;
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
    return store.commit(putBatch(key, value), null);
  }

  /** Stores a value; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> putAsync(byte[] key, byte[] value) {
    return store.commitAsync(putBatch(key, value), null);
  }

  /**
   * Stores a value that expires: after the time given, the key has no value. It counts from this
   * call on.
   *
   * @param ttl 1 ms or more
   * @return the version of the commit
   */
  public long put(byte[] key, byte[] value, Duration ttl) {
    return store.write(store.newBatch().put(this, key, value, ttl));
  }

  /** Deletes a key, whether or not it has a value, and returns the version of the commit. */
  public long delete(byte[] key) {
    return store.commit(deleteBatch(key), null);
  }

  /** Deletes a key; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> deleteAsync(byte[] key) {
    return store.commitAsync(deleteBatch(key), null);
  }

  /**
   * Deletes all keys of a range. That is one write however many keys there are: reads and scans
   * pass over what it hides, and compactions drop it, whole tables without reading them.
   *
   * @param range bounds of at most 64 KiB
   * @return the version of the commit
   */
  public long deleteRange(KeyRange range) {
    return store.write(store.newBatch().deleteRange(this, range));
  }

  /** Deletes all keys of a range; the stage completes as that of {@link #deleteAsync} does. */
  public CompletionStage<Long> deleteRangeAsync(KeyRange range) {
    return store.writeAsync(store.newBatch().deleteRange(this, range));
  }

  /**
   * Deletes all keys that begin with a prefix; see {@link #deleteRange}.
   *
   * @param prefix an empty one means all keys
   */
  public long deletePrefix(byte[] prefix) {
    return deleteRange(KeyRange.prefix(prefix));
  }

  /** Deletes all keys that begin with a prefix; see {@link #deleteRangeAsync}. */
  public CompletionStage<Long> deletePrefixAsync(byte[] prefix) {
    return deleteRangeAsync(KeyRange.prefix(prefix));
  }

  /** Walks over a range forwards, as of now. */
  public Cursor scan(KeyRange range) {
    return scan(range, ScanOptions.DEFAULT);
  }

  /** Walks over a range, as of now. */
  public Cursor scan(KeyRange range, ScanOptions options) {
    try {
      return new Cursor(engine.scan(tree, range.from(), range.to(), options.reverse(), null));
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Flushes, compacts a range down to its last level, and waits until that is done. What shares a
   * table with the range is compacted with it; of a keyspace whose compaction is {@code TIERED} or
   * {@code LAZY_LEVELING} that is everything, and of one that is {@code FIFO} nothing.
   */
  public void compact(KeyRange range) {
    Failures.translate(() -> engine.compact(tree, range.from(), range.to()));
  }

  /** Walks over a range as of a snapshot. */
  Cursor scanAt(KeyRange range, ScanOptions options, EngineSnapshot snapshot) {
    try {
      return new Cursor(engine.scan(tree, range.from(), range.to(), options.reverse(), snapshot));
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
   * Stores a value if the key's is still the one that a version gave it.
   *
   * @param version the version expected, see {@link VersionedValue#version}
   * @return the version of the commit, or -1 if the key has another version, or no value
   */
  public long compareAndSet(byte[] key, long version, byte[] value) {
    return commitIf(store.newBatch().requireVersion(this, key, version).put(this, key, value));
  }

  /**
   * Deletes a key if its value is still the one that a version gave it.
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
   * Replaces the key's value by what a function makes of it, as if nobody else wrote meanwhile: if
   * somebody did, the function is called again with the newer value. The new value does not expire.
   *
   * @param change takes the value, or null if there is none, and returns the new one, or null to
   *     delete the key; it must have no effects of its own
   * @return what the function returned
   * @throws ApexException {@code CONFLICT} if other writers came in between too often
   */
  public byte @Nullable [] update(byte[] key, UnaryOperator<byte @Nullable []> change) {
    return Updates.update(store, this, key, change);
  }

  /**
   * Does {@link #increment} without blocking on the commit: the stage completes with the new
   * number. This call may read the disk.
   */
  public CompletionStage<Long> incrementAsync(byte[] key, long by) {
    return countAsync(key, by).thenApply(IncrementResult::sum);
  }

  /**
   * Does {@link #incrementAsync}, and tells the version as well, with which a {@link
   * #compareAndSet} can follow.
   */
  public CompletionStage<IncrementResult> countAsync(byte[] key, long by) {
    return Updates.incrementAsync(store, this, key, by);
  }

  /**
   * Adds to a counter: a value that is a whole number in decimal digits, such as {@code -12}. A key
   * without a value counts as 0; one that expires goes on expiring when it did.
   *
   * @return the new number
   * @throws ApexException {@code INVALID_REQUEST} if the value is no such number, or the sum is
   *     beyond 64 bits
   */
  public long increment(byte[] key, long by) {
    return Updates.increment(store, this, key, by);
  }

  /**
   * Gives the key the value that an operator makes of the one it has; see {@link
   * WriteBatch#merge(Keyspace, byte[], byte[], MergeOperator)}.
   *
   * @return the version of the commit
   * @throws ApexException {@code CONFLICT} if other writers came in between too often
   */
  public long merge(byte[] key, byte[] operand, MergeOperator operator) {
    return store.write(store.newBatch().merge(this, key, operand, operator));
  }

  /**
   * Does {@link #merge} without blocking: the operator is called on a thread of the store, where it
   * must not wait for other writes.
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

  // At Long.MIN_VALUE, what has expired is judged by the clock.
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

  /** Whether a write logs the value that its key had before. */
  boolean logsPrevious() {
    return tree.options().logPreviousValues();
  }

  /** How long a put lives that does not say so itself, in ms; 0 for ever. */
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

  /** Adds what merges made of a key to a batch: a value, or null to delete the key. */
  void addMerged(Batch batch, byte[] key, byte @Nullable [] value, long expiryMs) {
    if (value == null) {
      batch.delete(tree.id(), key);
    } else if (expiryMs != Limits.NEVER_EXPIRES) {
      addUntil(batch, key, value, expiryMs);
    } else if (ttlMs() != 0) {
      addExpiring(batch, key, value, ttlMs());
    } else {
      batch.put(tree.id(), key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value));
    }
  }
}

package io.apexstore;

import io.apexstore.engine.KeyspaceTree;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
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
 * SyncMode}). A thread that is interrupted in a call finishes the call and stays interrupted.
 * <b>Errors:</b> {@link ApexException}.
 */
public final class Keyspace {
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
      return find(lookup) ? new VersionedValue(requireValue(lookup), lookup.version()) : null;
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
            lookup.kind() == ValueKind.PUT
                ? new CachedRead.Found(new VersionedValue(requireValue(lookup), lookup.version()))
                : CachedRead.Absent.INSTANCE;
      };
    } catch (EngineException e) {
      throw Failures.of(e);
    } finally {
      lookup.forget();
    }
  }

  /** Stores a value and returns the version of the commit. */
  public long put(byte[] key, byte[] value) {
    return store.commit(putBatch(key, value), null);
  }

  /** Stores a value; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> putAsync(byte[] key, byte[] value) {
    return store.commitAsync(putBatch(key, value), null);
  }

  /** Deletes a key, whether or not it has a value, and returns the version of the commit. */
  public long delete(byte[] key) {
    return store.commit(deleteBatch(key), null);
  }

  /** Deletes a key; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> deleteAsync(byte[] key) {
    return store.commitAsync(deleteBatch(key), null);
  }

  /** Walks over a range forwards, as of now. */
  public Cursor scan(KeyRange range) {
    return scan(range, ScanOptions.DEFAULT);
  }

  /** Walks over a range, as of now. */
  public Cursor scan(KeyRange range, ScanOptions options) {
    try {
      return new Cursor(engine.scan(tree, range.from(), range.to(), options.reverse()));
    } catch (EngineException e) {
      throw Failures.of(e);
    }
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
    return Batch.ofPut(tree.id(), key, value);
  }

  private Batch deleteBatch(byte[] key) {
    Arguments.checkKey(key);
    return Batch.ofDelete(tree.id(), key);
  }

  private static Lookup begin(byte[] key, boolean cachedOnly) {
    Arguments.checkKey(key);
    Lookup lookup = LOOKUPS.get();
    lookup.start(key, Limits.VERSION_MAX, cachedOnly);
    return lookup;
  }

  private boolean find(Lookup lookup) {
    try {
      return engine.get(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  private static byte[] requireValue(Lookup lookup) {
    byte[] value = lookup.value();
    if (value == null) {
      throw new IllegalStateException("a put was found without its value");
    }
    return value;
  }
}

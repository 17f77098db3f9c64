package io.apexstore;

import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.encryption.ProvidedKeyWrapper;
import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A durable, ordered key-value store in a directory.
 *
 * <pre>{@code
 * try (ApexStore store = ApexStore.open(Path.of("data"))) {
 *   store.put(key, value);
 *   byte[] found = store.get(key);
 * }
 * }</pre>
 *
 * <p>The methods that name no keyspace work on the one called {@code default}.
 *
 * <p><b>Threads:</b> any. Reads take no locks; all writes pass one pipeline, and those that arrive
 * together share a sync. <b>Errors:</b> {@link ApexException}; after {@link #close} every call
 * fails with {@code CLOSED}.
 */
public final class ApexStore implements AutoCloseable {
  /** The name of the keyspace that every store has. */
  public static final String DEFAULT_KEYSPACE = "default";

  private final LsmEngine engine;
  private final StoreOptions options;
  private final boolean encrypted;
  private final Keyspace defaultKeyspace;
  private final ConcurrentHashMap<String, Keyspace> keyspaces = new ConcurrentHashMap<>();

  private ApexStore(LsmEngine engine, StoreOptions options, boolean encrypted) {
    this.encrypted = encrypted;
    this.engine = engine;
    this.options = options;
    this.defaultKeyspace = new Keyspace(this, engine, engine.keyspace(DEFAULT_KEYSPACE));
    keyspaces.put(DEFAULT_KEYSPACE, defaultKeyspace);
  }

  /** Opens the store in a directory, making it if there is none, with the default options. */
  public static ApexStore open(Path directory) {
    return builder(directory).open();
  }

  /**
   * Opens the store in a directory.
   *
   * @throws ApexException {@code LOCKED} if it is open elsewhere, {@code CORRUPTION} if what was
   *     acknowledged cannot all be read back; nothing is changed then
   */
  public static ApexStore open(Path directory, StoreOptions options) {
    return builder(directory).options(options).open();
  }

  /** Returns a builder, for a store whose work shall run on executors of the caller. */
  public static Builder builder(Path directory) {
    return new Builder(directory);
  }

  /** Returns the keyspace of that name, making it if there is none. */
  public Keyspace keyspace(String name) {
    Keyspace known = existingKeyspace(name);
    return known != null ? known : known(Failures.get(() -> engine.keyspace(name)));
  }

  /**
   * Returns the keyspace of that name, or null if there is none, or it was dropped. Never makes
   * one, and waits for nothing.
   */
  public @Nullable Keyspace existingKeyspace(String name) {
    Keyspace known = keyspaces.get(name);
    if (known != null) {
      // It is the same one that is made anew.
      return known.isDropped() ? null : known;
    }
    KeyspaceTree tree = Failures.get(() -> engine.existingKeyspace(name));
    return tree == null ? null : known(tree);
  }

  private Keyspace known(KeyspaceTree tree) {
    return keyspaces.computeIfAbsent(tree.name(), name -> new Keyspace(this, engine, tree));
  }

  /**
   * Returns the keyspace of that name with these options: makes it if there is none, or else
   * changes those that it has. They hold from then on, also when the store is opened anew.
   *
   * @throws ApexException {@code INVALID_REQUEST} for options that do not go together
   */
  public Keyspace keyspace(String name, KeyspaceOptions keyspaceOptions) {
    Failures.translate(() -> engine.keyspace(name, keyspaceOptions));
    return keyspace(name);
  }

  /**
   * Drops a keyspace: deletes all its keys with one write, which feeds show as the deletion of a
   * range, and takes its name and options away. Snapshots go on seeing what they saw; otherwise it
   * reads as empty, and what is put into it fails with {@code INVALID_REQUEST}. Its room is won
   * back in the background. {@link #keyspace(String)} makes it anew, empty. If this fails half-way,
   * the keyspace is empty, but there.
   *
   * @return whether there was one
   * @throws ApexException {@code INVALID_REQUEST} for the default keyspace and internal ones
   */
  public boolean dropKeyspace(String name) {
    Arguments.checkDroppable(name);
    return Failures.get(() -> engine.dropKeyspace(name));
  }

  /** Returns the names of all keyspaces but the internal ones, in alphabetical order. */
  public List<String> keyspaceNames() {
    return engine.keyspaceNames();
  }

  /** Returns the key's value, an array of the caller's own, or null if there is none. */
  public byte @Nullable [] get(byte[] key) {
    return defaultKeyspace.get(key);
  }

  /** Returns the key's value with the version that wrote it, or null if there is none. */
  public @Nullable VersionedValue getVersioned(byte[] key) {
    return defaultKeyspace.getVersioned(key);
  }

  /** Stores a value and returns the version of the commit. */
  public long put(byte[] key, byte[] value) {
    return defaultKeyspace.put(key, value);
  }

  /** Stores a value; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> putAsync(byte[] key, byte[] value) {
    return defaultKeyspace.putAsync(key, value);
  }

  /** Deletes a key, whether or not it has a value, and returns the version of the commit. */
  public long delete(byte[] key) {
    return defaultKeyspace.delete(key);
  }

  /** Deletes a key; the stage completes with the version, never on the thread that writes. */
  public CompletionStage<Long> deleteAsync(byte[] key) {
    return defaultKeyspace.deleteAsync(key);
  }

  /** Deletes all keys of a range with one write; see {@link Keyspace#deleteRange}. */
  public long deleteRange(KeyRange range) {
    return defaultKeyspace.deleteRange(range);
  }

  /** Deletes all keys that begin with a prefix with one write; an empty one means all keys. */
  public long deletePrefix(byte[] prefix) {
    return defaultKeyspace.deletePrefix(prefix);
  }

  /** Walks over a range forwards, as of now. */
  public Cursor scan(KeyRange range) {
    return defaultKeyspace.scan(range);
  }

  /** Walks over a range, as of now. */
  public Cursor scan(KeyRange range, ScanOptions scanOptions) {
    return defaultKeyspace.scan(range, scanOptions);
  }

  /** Returns an empty batch for this store. */
  public WriteBatch newBatch() {
    return new WriteBatch(this);
  }

  /** Commits a batch and returns its version. An empty batch is a commit too. */
  public long write(WriteBatch batch) {
    return commit(batch, null);
  }

  /**
   * Commits a batch at least as carefully as the given mode says, and returns its version. A mode
   * less careful than the store's changes nothing. What the conditions of a batch are refused for
   * is as durable, too.
   */
  public long write(WriteBatch batch, SyncMode atLeast) {
    return commit(batch, atLeast);
  }

  /**
   * Commits a batch; the stage completes with the version, never on the thread that writes. The
   * conditions of a batch that has some are evaluated before this returns, which may read the disk;
   * merges are on a thread of the store, where their operators must not wait for other writes.
   */
  public CompletionStage<Long> writeAsync(WriteBatch batch) {
    return commitAsync(batch, null);
  }

  /** Commits a batch at least as carefully as the given mode says; see {@link #writeAsync}. */
  public CompletionStage<Long> writeAsync(WriteBatch batch, SyncMode atLeast) {
    return commitAsync(batch, atLeast);
  }

  /**
   * Makes the internal keyspace that entries which expire need, if there is none yet, so that the
   * first of them does not wait for the disk.
   */
  public void prepareExpiry() {
    Failures.translate(engine::prepareExpiry);
  }

  /** Returns a builder of a feed of the store's changes. */
  public ChangeFeed.Builder changes() {
    return new ChangeFeed.Builder(engine);
  }

  /** Makes everything written so far durable, whatever the mode. */
  public void sync() {
    Failures.translate(engine::sync);
  }

  /** Writes all memtables to tables and waits until that is done. */
  public void flush() {
    Failures.translate(engine::flush);
  }

  /** Flushes, compacts every keyspace down to its last level, and waits until that is done. */
  public void compact() {
    Failures.translate(engine::compact);
  }

  /**
   * Puts new keys into force while the store goes on, and waits until every table is encrypted with
   * them: the key provider is told to {@link EncryptionKeyProvider#rotate}, all data keys are
   * wrapped anew with what is then its current key, and a new data key serves every new file;
   * compactions rewrite the tables. Segments of the log keep the key they have until the retention
   * lets them go; then keys that nothing needs are dropped. If the process ends meanwhile, the next
   * open goes on. {@link StoreStats#dataKeys} shows how far it is.
   *
   * @throws ApexException {@code INVALID_REQUEST} if the store is not encrypted; {@code
   *     KEY_UNAVAILABLE} if the provider failed: nothing has changed
   */
  public void rotateKeys() {
    Failures.translate(engine::rotateKeys);
  }

  /** Returns what the store is doing and has done. */
  public StoreStats stats() {
    return Failures.get(engine::stats);
  }

  /** Returns whether the store's files are encrypted. */
  public boolean isEncrypted() {
    return encrypted;
  }

  /** Returns the options the store was opened with. */
  public StoreOptions options() {
    return options;
  }

  /**
   * Flushes and closes the store. Waits for writes under way; reads under way on other threads fail
   * with {@code CLOSED} or finish. Cursors left open are reported with where they were opened.
   *
   * @throws ApexException {@code STORAGE_FAILED} if the store had failed, perhaps at a sync in the
   *     background: it is closed, what was not durable by then may be lost. Not when closed twice
   */
  @Override
  public void close() {
    Failures.translate(engine::close);
  }

  Keyspace defaultKeyspace() {
    return defaultKeyspace;
  }

  /** Keeps the newest version readable, for as long as the snapshot is open. */
  public Snapshot snapshot() {
    return Failures.get(() -> new Snapshot(this, engine.openSnapshot()));
  }

  /**
   * Keeps an older version readable, for as long as the snapshot is open.
   *
   * @throws ApexException {@code VERSION_EXPIRED} if it is not kept any more: versions are for
   *     {@link StoreOptions#historyRetention}, and while a snapshot of them is open; {@code
   *     INVALID_REQUEST} if there is no such version yet
   */
  public Snapshot snapshotAt(long version) {
    return Failures.get(() -> new Snapshot(this, engine.openSnapshotAt(version)));
  }

  /**
   * Returns the newest version that is known to have been there at a time. Times are noted now and
   * then, some dozens in each {@link StoreOptions#historyRetention}, so that it may be some commits
   * older than the newest of that time.
   *
   * @throws ApexException {@code VERSION_EXPIRED} if no version of that time is known
   */
  public long versionAt(Instant time) {
    try {
      long version = engine.versionAt(time.toEpochMilli());
      if (version == 0) {
        throw new ApexException(
            ApexException.Code.VERSION_EXPIRED, "no version is known of " + time, null);
      }
      return version;
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Runs a function in a transaction: it reads one version, its writes are kept back until it
   * returns, and they are committed only if nothing that it read was written meanwhile. If
   * something was, it runs again, on the newest version.
   *
   * @param body must have no effects of its own but those on the transaction
   * @return what the function returned
   * @throws ApexException {@code CONFLICT} if other writers came in between too often
   */
  public <R extends @Nullable Object> R transact(Function<Transaction, R> body) {
    return Transaction.run(this, body);
  }

  private long commit(WriteBatch batch, @Nullable SyncMode atLeast) {
    Batch sealed = batch.sealFor(this);
    Conditions conditions = batch.conditions();
    Merges merges = batch.merges();
    if (merges != null) {
      return new MergeCommit(engine, sealed, merges, conditions, atLeast).commit();
    }
    if (conditions == null) {
      return commit(sealed, atLeast);
    }
    try {
      return engine.commit(sealed, conditions, atLeast);
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  private CompletionStage<Long> commitAsync(WriteBatch batch, @Nullable SyncMode atLeast) {
    Batch sealed = batch.sealFor(this);
    Conditions conditions = batch.conditions();
    Merges merges = batch.merges();
    if (merges != null) {
      return new MergeCommit(engine, sealed, merges, conditions, atLeast).commitAsync();
    }
    if (conditions == null) {
      return commitAsync(sealed, atLeast);
    }
    return Failures.translated(engine.commitAsync(sealed, conditions, atLeast));
  }

  long commit(Batch batch, @Nullable SyncMode atLeast) {
    try {
      return engine.commit(batch, atLeast);
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return Failures.translated(engine.commitAsync(batch, atLeast));
  }

  /**
   * What a store is opened with besides its options: the threads that its work runs on. Whatever is
   * not given, the store makes and ends itself.
   *
   * <p><b>Threads:</b> confined to one.
   */
  public static final class Builder {
    private final Path directory;
    private StoreOptions options = StoreOptions.defaults();
    private @Nullable Executor commits;
    private @Nullable Executor flushes;
    private @Nullable Executor compactions;
    private @Nullable Executor completions;
    private @Nullable EncryptionKeyProvider keyProvider;
    private final Map<String, UserFilter> filters = new HashMap<>();
    private UnaryOperator<Storage> storage = UnaryOperator.identity();
    private TimeSource time = TimeSource.SYSTEM;

    private Builder(Path directory) {
      this.directory = directory;
    }

    /** Sets the options; default {@link StoreOptions#defaults()}. */
    public Builder options(StoreOptions newOptions) {
      this.options = newOptions;
      return this;
    }

    /**
     * Sets where asynchronous writes are committed: a task is posted when some are queued and none
     * is posted yet, and commits all that are queued when it runs. The executor must run tasks one
     * after another, on threads that may block. Default: a thread of the store.
     */
    public Builder commitExecutor(Executor executor) {
      this.commits = executor;
      return this;
    }

    /**
     * Sets where memtables are flushed; one task at a time, may block. Default: a thread of the
     * store.
     */
    public Builder flushExecutor(Executor executor) {
      this.flushes = executor;
      return this;
    }

    /** Sets where tables are compacted; tasks may block for long. Default: threads of the store. */
    public Builder compactionExecutor(Executor executor) {
      this.compactions = executor;
      return this;
    }

    /** Sets where asynchronous writes complete. Default: the common pool. */
    public Builder completionExecutor(Executor executor) {
      this.completions = executor;
      return this;
    }

    /**
     * Has the store encrypted: a new one from its first byte on, an existing one as it is since it
     * was made. Default: not encrypted. A store that is not encrypted is not opened with a key
     * provider ({@code INVALID_REQUEST}), nor an encrypted one without ({@code KEY_UNAVAILABLE}).
     */
    public Builder keyProvider(EncryptionKeyProvider provider) {
      this.keyProvider = provider;
      return this;
    }

    /**
     * Has compactions of a keyspace leave out what a filter does not keep. The store does not
     * remember it: it holds until the store is closed.
     */
    public Builder compactionFilter(String keyspace, CompactionFilter filter) {
      filters.put(keyspace, new FilterAdapter(keyspace, filter));
      return this;
    }

    /** Puts something between the store and its files; for tests. */
    Builder storage(UnaryOperator<Storage> wrapper) {
      this.storage = wrapper;
      return this;
    }

    /** Has the store take its time from there; for tests. */
    Builder time(TimeSource source) {
      this.time = source;
      return this;
    }

    /** Opens the store; see {@link ApexStore#open(Path, StoreOptions)}. */
    public ApexStore open() {
      try {
        EngineComponents components =
            EngineComponents.onDisk(directory)
                .withStorage(storage)
                .withTime(time)
                .withEncryption(encryption())
                .withFilters(filters)
                .withExecutors(commits, flushes, compactions, completions);
        return new ApexStore(LsmEngine.open(components, options), options, keyProvider != null);
      } catch (EngineException e) {
        throw Failures.of(e);
      }
    }

    private EngineComponents.@Nullable Encryption encryption() {
      EncryptionKeyProvider given = keyProvider;
      return given == null ? null : EngineComponents.Encryption.with(new ProvidedKeyWrapper(given));
    }
  }
}

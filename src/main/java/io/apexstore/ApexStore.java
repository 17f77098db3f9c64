package io.apexstore;

import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.encryption.ProvidedKeyWrapper;
import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.Commits;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.OptimisticWrite;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.encryption.EncryptionComponents;
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
import java.util.function.Supplier;
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
 * <p><b>Threads:</b> any. Reads take no locks; all writes pass through one pipeline, and concurrent
 * ones share a sync. <b>Errors:</b> {@link ApexException}; after {@link #close} every call fails
 * with {@code CLOSED}.
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

  /** Opens the store in a directory with the default options; creates it if there is none. */
  public static ApexStore open(Path directory) {
    return builder(directory).open();
  }

  /**
   * Opens the store in a directory.
   *
   * @throws ApexException {@code LOCKED} if it is open elsewhere, {@code CORRUPTION} if not all
   *     acknowledged writes can be read; nothing is changed then
   */
  public static ApexStore open(Path directory, StoreOptions options) {
    return builder(directory).options(options).open();
  }

  /** Returns a builder, for a store that runs on executors of the caller or is encrypted. */
  public static Builder builder(Path directory) {
    return new Builder(directory);
  }

  /**
   * Returns the keyspace with a name; creates it if there is none.
   *
   * @param name well-formed Unicode text of 1 to 255 bytes in UTF-8, which does not begin with an
   *     underscore. Names are compared byte by byte
   * @throws ApexException {@code INVALID_REQUEST} for another name, or if the store has too many
   *     keyspaces
   */
  public Keyspace keyspace(String name) {
    Keyspace known = existingKeyspace(name);
    return known != null ? known : known(Failures.get(() -> engine.keyspace(name)));
  }

  /**
   * Returns the keyspace with a name, or null if there is none or it was dropped. Never creates one
   * and never waits.
   *
   * @throws ApexException {@code INVALID_REQUEST} for a name that no keyspace can have, see {@link
   *     #keyspace(String)}
   */
  public @Nullable Keyspace existingKeyspace(String name) {
    Keyspace known = keyspaces.get(name);
    if (known != null) {
      // A keyspace that is created again after a drop is the same object.
      return known.isDropped() ? null : known;
    }
    Arguments.checkName(name);
    KeyspaceTree tree = Failures.get(() -> engine.existingKeyspace(name));
    return tree == null ? null : known(tree);
  }

  /**
   * Returns an internal keyspace; creates it if there is none. It is for programs that are built on
   * the store and keep state of their own next to their users' data, as the server keeps its
   * tokens: {@link #keyspaceNames} and feeds leave it out, no other method finds it by name, and it
   * cannot be dropped.
   *
   * @param name begins with an underscore; otherwise as in {@link #keyspace(String)}
   * @throws ApexException {@code INVALID_REQUEST} for another name, or that of a keyspace that the
   *     store keeps for itself
   */
  public Keyspace internalKeyspace(String name) {
    Arguments.checkInternalName(name);
    return new Keyspace(this, engine, Failures.get(() -> engine.keyspace(name)));
  }

  private Keyspace known(KeyspaceTree tree) {
    return keyspaces.computeIfAbsent(tree.name(), name -> new Keyspace(this, engine, tree));
  }

  /**
   * Returns the keyspace with a name and these options: creates it, or changes the options that it
   * has. They are stored, and hold when the store is opened again.
   *
   * @throws ApexException {@code INVALID_REQUEST} for options that exclude each other, or a name as
   *     in {@link #keyspace(String)}
   */
  public Keyspace keyspace(String name, KeyspaceOptions keyspaceOptions) {
    Arguments.checkName(name);
    Failures.translate(() -> engine.keyspace(name, keyspaceOptions));
    return keyspace(name);
  }

  /**
   * Drops a keyspace: deletes all its keys with one write, which feeds report as a range delete,
   * and removes its name and options. Open snapshots still read its old content; otherwise it reads
   * as empty, and puts into it fail with {@code INVALID_REQUEST}. Its disk space is reclaimed in
   * the background. {@link #keyspace(String)} creates it again, empty. If the drop fails half-way,
   * the keyspace is empty but still exists.
   *
   * @return whether there was one
   * @throws ApexException {@code INVALID_REQUEST} for the default keyspace, and for a name that no
   *     keyspace can have, see {@link #keyspace(String)}
   */
  public boolean dropKeyspace(String name) {
    Arguments.checkDroppable(name);
    return Failures.get(() -> engine.dropKeyspace(name));
  }

  /** Returns the names of all keyspaces except internal ones, in alphabetical order. */
  public List<String> keyspaceNames() {
    return engine.keyspaceNames();
  }

  /** Returns the key's value, an array that the caller owns, or null if there is none. */
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

  /** Deletes all keys that start with a prefix with one write; an empty prefix means all keys. */
  public long deletePrefix(byte[] prefix) {
    return defaultKeyspace.deletePrefix(prefix);
  }

  /** Opens a cursor over a range, in ascending order, at the newest version. */
  public Cursor scan(KeyRange range) {
    return defaultKeyspace.scan(range);
  }

  /** Opens a cursor over a range at the newest version. */
  public Cursor scan(KeyRange range, ScanOptions scanOptions) {
    return defaultKeyspace.scan(range, scanOptions);
  }

  /** Returns an empty batch for this store. */
  public WriteBatch newBatch() {
    return new WriteBatch(this);
  }

  /** Commits a batch and returns its version. An empty batch is a commit, too. */
  public long write(WriteBatch batch) {
    return commit(batch, null);
  }

  /**
   * Commits a batch in the given sync mode or the store's, whichever is stronger, and returns its
   * version. A refusal is equally durable: the state that caused it is on disk before it is
   * reported.
   */
  public long write(WriteBatch batch, SyncMode atLeast) {
    return commit(batch, atLeast);
  }

  /**
   * Commits a batch; the stage completes with the version, never on the thread that writes.
   *
   * <p>Asynchronous writes of one thread are committed in the order in which it submitted them, as
   * far as they write a common keyspace: the later one gets the higher version, whether or not the
   * earlier one must be read for first, or again because another writer overtook it. If the earlier
   * one fails, the later one is committed all the same. A blocking write may overtake an
   * asynchronous one that has not completed.
   *
   * <p>The calling thread evaluates conditions and reads previous values, which may read the disk;
   * see {@link #submit}. Merge operators are called on a thread of the store, where they must not
   * wait for other writes.
   */
  public CompletionStage<Long> writeAsync(WriteBatch batch) {
    return commitAsync(batch, null, true);
  }

  /**
   * Commits a batch in the given sync mode or the store's, whichever is stronger; see {@link
   * #writeAsync(WriteBatch)}.
   */
  public CompletionStage<Long> writeAsync(WriteBatch batch, SyncMode atLeast) {
    return commitAsync(batch, atLeast, true);
  }

  /**
   * Commits a batch like {@link #writeAsync(WriteBatch, SyncMode)}, but never reads the disk on the
   * calling thread; for event loops and for the thread that writes. A thread of the store evaluates
   * conditions and reads previous values.
   *
   * @param atLeast null: the store's mode
   */
  public CompletionStage<Long> submit(WriteBatch batch, @Nullable SyncMode atLeast) {
    return commitAsync(batch, atLeast, false);
  }

  /**
   * Creates the internal keyspace for entries that expire, if there is none yet, so that the first
   * such entry does not wait for the disk.
   */
  public void prepareExpiry() {
    Failures.translate(engine::prepareExpiry);
  }

  /** Returns a builder of a feed of the store's changes. */
  public ChangeFeed.Builder changes() {
    return new ChangeFeed.Builder(engine);
  }

  /**
   * Returns the token of a change feed that is past all changes of a version, such as {@code
   * 417-3fa9c2d1}. It also identifies the commit of that version: another store gives the same
   * token to no commit, and neither does a copy of this store's directory to a commit of its own.
   *
   * @param version a version that this store has returned
   */
  public String token(long version) {
    return engine.changes().tokenAfter(version);
  }

  /** Syncs: everything written so far is durable afterwards, whatever the sync mode. */
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
   * Rotates the encryption keys while the store is in use, and waits until every table is encrypted
   * with the new data key. The provider rotates its key-encryption key, see {@link
   * EncryptionKeyProvider#rotate}; all data keys are wrapped again with the new current one, and a
   * new data key encrypts every new file. Compactions rewrite the tables. Log segments keep their
   * data key until the retention releases them; data keys that nothing uses any more are then
   * dropped. If the process ends meanwhile, the next open continues. {@link StoreStats#dataKeys}
   * shows the progress.
   *
   * @throws ApexException {@code INVALID_REQUEST} if the store is not encrypted; {@code
   *     KEY_UNAVAILABLE} if the provider failed: nothing was changed
   */
  public void rotateEncryptionKeys() {
    Failures.translate(engine::rotateDataKeys);
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
   * Flushes and closes the store. Waits for writes that were submitted; concurrent reads finish or
   * fail with {@code CLOSED}. Cursors left open are logged with the place where they were opened.
   * Closing twice does nothing.
   *
   * @throws ApexException {@code STORAGE_FAILED} if the store had failed, perhaps at a sync in the
   *     background: it is closed, and writes that were not durable may be lost
   */
  @Override
  public void close() {
    Failures.translate(engine::close);
  }

  Keyspace defaultKeyspace() {
    return defaultKeyspace;
  }

  /** Opens a snapshot of the newest version, which stays readable until the snapshot is closed. */
  public Snapshot snapshot() {
    return Failures.get(() -> new Snapshot(this, engine.openSnapshot()));
  }

  /**
   * Opens a snapshot of an older version, which stays readable until the snapshot is closed. It
   * judges expiry by the time at which that version was committed, see {@link Snapshot#timeMs}.
   *
   * @throws ApexException {@code VERSION_EXPIRED} if it is no longer kept: versions are kept for
   *     {@link StoreOptions#historyRetention}, and while a snapshot of them is open; {@code
   *     INVALID_REQUEST} if there is no such version yet
   */
  public Snapshot snapshotAt(long version) {
    return Failures.get(() -> new Snapshot(this, engine.openSnapshotAt(version)));
  }

  /**
   * Returns the newest version that is known to have existed at a time. The result may be some
   * commits older than the newest version of that time: those of the second before it, or of
   * 1/131072 of the {@link StoreOptions#historyRetention} if that is more.
   *
   * @throws ApexException {@code VERSION_EXPIRED} if no version of that time is known
   */
  public long versionAt(Instant time) {
    try {
      long version = engine.versionAt(Arguments.epochMs(time));
      if (version == 0) {
        throw new ApexException(
            ApexException.Code.VERSION_EXPIRED, "no version of " + time + " is known", null);
      }
      return version;
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /**
   * Runs a function in a transaction. It reads one version; its writes are buffered until it
   * returns, and committed only if nothing that it read was written meanwhile. Otherwise it runs
   * again on the newest version.
   *
   * @param body must have no effects except on the transaction
   * @return what the function returned
   * @throws ApexException {@code CONFLICT} if other writers overtook every attempt
   */
  public <R extends @Nullable Object> R transact(Function<Transaction, R> body) {
    return Transaction.run(this, body);
  }

  private long commit(WriteBatch batch, @Nullable SyncMode atLeast) {
    Batch sealed = batch.sealFor(this);
    Conditions conditions = batch.conditions();
    Merges merges = batch.merges();
    try {
      if (merges != null) {
        return commits().commit(new MergeWrite(commits(), sealed, merges, conditions), atLeast);
      }
      return conditions == null
          ? engine.commit(sealed, atLeast)
          : engine.commit(sealed, conditions, atLeast);
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  private CompletionStage<Long> commitAsync(
      WriteBatch batch, @Nullable SyncMode atLeast, boolean readsHere) {
    Batch sealed = batch.sealFor(this);
    Conditions conditions = batch.conditions();
    Merges merges = batch.merges();
    CompletionStage<Long> version;
    if (merges != null) {
      MergeWrite write = new MergeWrite(commits(), sealed, merges, conditions);
      version =
          commits().submit(write, merges.keyspaceIds(), sealed.length() + merges.bytes(), atLeast);
    } else if (conditions == null) {
      version =
          readsHere ? commits().commitAsync(sealed, atLeast) : commits().submit(sealed, atLeast);
    } else {
      version =
          readsHere
              ? commits().commitAsync(sealed, conditions, atLeast)
              : commits().submit(sealed, conditions, atLeast);
    }
    return Failures.translated(version);
  }

  long commit(Batch batch) {
    try {
      return engine.commit(batch, null);
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  CompletionStage<Long> commitAsync(Batch batch) {
    return Failures.translated(engine.commitAsync(batch, null));
  }

  long commit(OptimisticWrite write) {
    return Failures.get(() -> commits().commit(write, null));
  }

  CompletionStage<Long> commitAsync(OptimisticWrite write, Keyspace keyspace) {
    return Failures.translated(commits().commitAsync(write, keyspace.idIn(this), null));
  }

  /** Runs an attempt that ends with {@link #tryWrite}, again as long as it is overtaken. */
  <R extends @Nullable Object> R retry(Supplier<R> attempt) {
    return Failures.get(() -> commits().retry(attempt));
  }

  /**
   * Writes a batch without merges, in one attempt.
   *
   * @throws EngineException untranslated, for {@link #retry}
   */
  void tryWrite(WriteBatch batch) {
    var _ = commits().tryCommit(batch.sealFor(this), batch.conditions(), null);
  }

  private Commits commits() {
    return engine.commits();
  }

  /**
   * A builder of a store: its options, executors and encryption. The store creates and ends the
   * threads for which no executor is given.
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
     * Sets the executor that commits asynchronous writes. At most one task is posted at a time; it
     * commits all writes that are queued when it runs. The executor must run tasks one after
     * another, on threads that may block. Default: a thread of the store.
     */
    public Builder commitExecutor(Executor executor) {
      this.commits = executor;
      return this;
    }

    /**
     * Sets the executor that flushes memtables; one task at a time, which may block. Default: a
     * thread of the store.
     */
    public Builder flushExecutor(Executor executor) {
      this.flushes = executor;
      return this;
    }

    /**
     * Sets the executor that compacts tables; tasks may block for a long time. Default: threads of
     * the store.
     */
    public Builder compactionExecutor(Executor executor) {
      this.compactions = executor;
      return this;
    }

    /** Sets the executor on which asynchronous writes complete. Default: the common pool. */
    public Builder completionExecutor(Executor executor) {
      this.completions = executor;
      return this;
    }

    /**
     * Sets the provider of key-encryption keys: a new store is encrypted from its first byte on.
     * Default: not encrypted. Opening a store that is not encrypted with a provider fails with
     * {@code INVALID_REQUEST}, opening an encrypted one without it with {@code KEY_UNAVAILABLE}.
     */
    public Builder keyProvider(EncryptionKeyProvider provider) {
      this.keyProvider = provider;
      return this;
    }

    /**
     * Installs a filter: compactions of this keyspace drop the entries that it rejects. It is not
     * stored, and applies until the store is closed.
     *
     * @param keyspace a name as in {@link ApexStore#keyspace(String)}; it need not exist yet
     * @throws ApexException {@code INVALID_REQUEST} for a name that no keyspace can have
     */
    public Builder compactionFilter(String keyspace, CompactionFilter filter) {
      Arguments.checkName(keyspace);
      filters.put(keyspace, new FilterAdapter(keyspace, filter));
      return this;
    }

    /** Sets a wrapper around the store's files; for tests. */
    Builder storage(UnaryOperator<Storage> wrapper) {
      this.storage = wrapper;
      return this;
    }

    /** Sets the source of time; for tests. */
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

    private @Nullable EncryptionComponents encryption() {
      EncryptionKeyProvider given = keyProvider;
      return given == null ? null : EncryptionComponents.with(new ProvidedKeyWrapper(given));
    }
  }
}

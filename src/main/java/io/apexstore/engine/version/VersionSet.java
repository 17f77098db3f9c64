package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.VersionTags;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.EncryptedFiles;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.OpenFiles;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.HistoryMark;
import io.apexstore.engine.manifest.ManifestChange;
import io.apexstore.engine.manifest.ManifestWriter;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.sstable.TableContext;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The current {@link Version} of every keyspace, and the manifest that records them.
 *
 * <p>{@link #open} reads and checks the manifest and changes nothing. Then the engine recovers its
 * log. {@link #start} writes a new manifest, which also holds what recovery found. From then on
 * {@link #logAndApply} changes the set edit by edit; each edit is durable before it is visible.
 *
 * <p><b>Threads:</b> any. Edits are applied one at a time, under a lock that is held during the
 * manifest's sync. Reading takes no lock. <b>Invariants:</b> the current versions are those of the
 * manifest, or one edit older while that edit is being synced. A file is deleted only after the
 * edit that removed it is durable and the last version that refers to it was released. File ids and
 * versions are issued only below bounds that the manifest has reserved, so none is issued twice,
 * not even after a crash.
 */
public final class VersionSet implements EncryptedFiles, AutoCloseable {
  // Reserved at a time.
  private static final long VERSIONS_RESERVED = 1 << 20;
  private static final int FILE_IDS_RESERVED = 256;
  private static final Version[] NONE = {};

  private final Storage storage;
  private final FileCipherKeys fileKeys;
  private final VersionBuilder builder;
  private final UUID storeId;
  private final Set<String> filesAtOpen;
  private final long lastVersionBeforeOpen;
  private final AtomicLong nextFileId;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock, except its failure and the epoch of its data key.
  private final OpenFiles tableFiles;
  private final ManifestLog manifest;

  private volatile Companion companion = edit -> () -> {};

  // Written under the lock, read by any thread.
  private volatile StoreState state;
  // By keyspace id; null where an id has no keyspace. Never changed, only replaced.
  private volatile @Nullable Version[] current = NONE;

  /** What every edit takes along into the manifest. */
  @FunctionalInterface
  public interface Companion {
    /**
     * Adds changes to an edit, under the lock of the version set.
     *
     * @return what is called once they are durable
     */
    Runnable addTo(VersionEdit.Builder edit);
  }

  private VersionSet(
      Storage storage,
      OpenFiles tableFiles,
      BlockCache cache,
      Executor closerExecutor,
      FileCipherKeys fileKeys,
      UUID storeId,
      StoreState state,
      Set<String> filesAtOpen) {
    this.storage = storage;
    this.tableFiles = tableFiles;
    this.fileKeys = fileKeys;
    this.builder =
        new VersionBuilder(
            new TableContext(tableFiles, storeId, cache, fileKeys),
            new TableCloser(storage, closerExecutor));
    this.storeId = storeId;
    this.state = state;
    this.filesAtOpen = filesAtOpen;
    long next = state.nextFileId();
    for (String name : filesAtOpen) {
      next = Math.max(next, FileNames.idOf(name) + 1);
    }
    this.nextFileId = new AtomicLong(next);
    this.lastVersionBeforeOpen = state.isClean() ? state.cleanVersion() : state.versionCeiling();
    this.manifest = new ManifestLog(storage, storeId, nextFileId::getAndIncrement, fileKeys);
  }

  /** Opens a store that is not encrypted, without a limit of open tables. */
  public static VersionSet open(
      Storage storage, BlockCache cache, Executor closerExecutor, @Nullable UUID newStoreId) {
    OpenFiles tableFiles = new OpenFiles(storage, Integer.MAX_VALUE);
    return open(storage, tableFiles, cache, closerExecutor, FileCipherKeys.NONE, newStoreId);
  }

  /**
   * Opens the store that the manifest describes, or creates a new one in a directory that holds no
   * files of a store.
   *
   * <p>An existing store is not changed: the caller recovers the log and then calls {@link #start}.
   * All tables must exist; each is opened on its first read. A damaged table does not affect reads
   * of the others: reads of the key range that the manifest gives for it fail with {@code
   * CORRUPTION}, see {@link Version#damage}.
   *
   * @param storage the files; the caller has locked it, and closes it
   * @param tableFiles the files of tables that are open
   * @param cache for the blocks of tables; the caller closes it after the last table
   * @param closerExecutor closes and deletes tables
   * @param fileKeys what the files are encrypted with
   * @param newStoreId the id of a new store; null: the store must exist
   * @throws EngineException {@code INVALID_REQUEST} if there is no store and no id was given,
   *     {@code CORRUPTION} if the manifest is damaged, or is missing although there are tables or
   *     log segments, or names a file that is missing
   */
  public static VersionSet open(
      Storage storage,
      OpenFiles tableFiles,
      BlockCache cache,
      Executor closerExecutor,
      FileCipherKeys fileKeys,
      @Nullable UUID newStoreId) {
    try {
      StoreDirectory directory = StoreDirectory.read(storage, fileKeys, newStoreId);
      VersionSet set =
          new VersionSet(
              storage,
              tableFiles,
              cache,
              closerExecutor,
              fileKeys,
              directory.storeId(),
              directory.state(),
              directory.files());
      set.current = withChanged(NONE, set.builder.buildAll(set.state));
      return set;
    } catch (ManifestWriter.NotReplacedException e) {
      throw new EngineException(e.failure(), storage.describe() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new EngineException(Failure.READ_FAILED, storage.describe() + ": " + e.getMessage(), e);
    }
  }

  /** Has every edit from now on take something along. */
  public void takeAlong(Companion newCompanion) {
    companion = newCompanion;
  }

  /** The files of tables that are open, and how many may be. */
  public OpenFiles tableFiles() {
    return tableFiles;
  }

  /** The store's id. */
  public UUID storeId() {
    return storeId;
  }

  /** The state that the manifest holds. */
  public StoreState state() {
    return state;
  }

  /** Returns the tags of the store's versions; requires that {@link #start} began a history. */
  public VersionTags versionTags() {
    List<HistoryMark> history = state.history();
    return new VersionTags(
        history.stream().mapToLong(HistoryMark::firstVersion).toArray(),
        history.stream().mapToInt(HistoryMark::id).toArray());
  }

  /**
   * The last version that may have been issued before the store was opened. After an orderly close
   * it is the last one that was issued; after a crash, the ceiling that was reserved.
   */
  public long lastVersionBeforeOpen() {
    return lastVersionBeforeOpen;
  }

  /**
   * Starts writing: the manifest is replaced by a new one that holds the state with an edit. The
   * files that the edit names must be durable.
   *
   * @param recovered the changes of recovery; may be empty
   * @throws EngineException as {@link #logAndApply(VersionEdit, Runnable)} does
   */
  public void start(VersionEdit recovered) {
    VersionEdit.Builder edit = VersionEdit.builder().addAll(recovered);
    long ceiling = Math.max(state.versionCeiling(), lastVersionBeforeOpen + VERSIONS_RESERVED);
    apply(withDataKeysGeneration(edit.versionCeiling(ceiling)).build(), () -> {}, true);
  }

  /**
   * Replaces the manifest by a new one, which is encrypted with the newest data key, and records
   * the generation of the {@code KEYS} file: no older {@code KEYS} is accepted from then on.
   *
   * @throws EngineException as {@link #logAndApply(VersionEdit, Runnable)} does
   */
  @Override
  public void replaceManifest() {
    apply(withDataKeysGeneration(VersionEdit.builder()).build(), () -> {}, true);
  }

  /**
   * Records the generation of the {@code KEYS} file: no older {@code KEYS} is accepted from then
   * on.
   *
   * @throws EngineException as {@link #logAndApply(VersionEdit, Runnable)} does
   */
  @Override
  public void recordDataKeysGeneration() {
    logAndApply(withDataKeysGeneration(VersionEdit.builder()).build());
  }

  /** Returns the epochs of the data keys that the store's files are encrypted with. */
  @Override
  public Set<Long> dataKeyEpochsInUse() {
    Set<Long> epochs = new HashSet<>();
    epochs.add(manifest.dataKeyEpoch());
    StoreState now = state;
    now.keyspaces()
        .forEach(k -> k.tables().forEach(t -> epochs.add(t.encryption().dataKeyEpoch())));
    now.logs().forEach(log -> epochs.add(log.encryption().dataKeyEpoch()));
    return epochs;
  }

  @Override
  public boolean isWritable() {
    return failure() == null;
  }

  private VersionEdit.Builder withDataKeysGeneration(VersionEdit.Builder edit) {
    long generation = fileKeys.generation();
    return generation == 0 ? edit : edit.dataKeysGeneration(generation);
  }

  /** Applies an edit durably, see {@link #logAndApply(VersionEdit, Runnable)}. */
  public void logAndApply(VersionEdit edit) {
    apply(edit, () -> {}, false);
  }

  /**
   * Appends an edit to the manifest, syncs it, and then installs the versions that result. The
   * files of tables that the edit adds must be durable. Those of tables that it removes are deleted
   * when their last reader has gone.
   *
   * @param installed runs after {@link #current} returns the new versions and before the old ones
   *     are released, under this object's lock: it must not block
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE} if a write was
   *     refused: nothing has changed, now or after a crash, and the call may be repeated; {@code
   *     STORAGE_FAILED} if the manifest could not be written: the files that the edit names must
   *     stay where they are, since the manifest may name them after a crash, and nothing is written
   *     from then on; {@code CORRUPTION} or {@code READ_FAILED} if an added table could not be
   *     opened: nothing has changed
   * @throws IllegalArgumentException if the edit does not fit the state
   */
  public void logAndApply(VersionEdit edit, Runnable installed) {
    apply(edit, installed, false);
  }

  private void apply(VersionEdit edit, Runnable installed, boolean newManifest) {
    Map<Long, TableHandle> opened = builder.openAdded(edit);
    try {
      lock.lock();
      try {
        VersionEdit.Builder both = VersionEdit.builder();
        final Runnable recorded = companion.addTo(both);
        VersionEdit whole = withReservedFileIds(both.addAll(edit).build());
        StoreState after = state.with(whole);
        Map<Integer, Version> next = builder.buildNext(edit, after, this::currentOrNull, opened);
        // Created now: between the sync and the installation nothing may fail, not even for memory.
        @Nullable Version[] all = withChanged(current, next);
        try {
          if (newManifest) {
            manifest.start(after);
          } else if (!whole.isEmpty()) {
            manifest.append(whole, state);
          }
        } catch (EngineException e) {
          next.values().forEach(Version::release);
          throw e;
        }
        recorded.run();
        install(whole, after, next.keySet(), all, installed);
      } finally {
        lock.unlock();
      }
    } finally {
      opened.values().forEach(TableHandle::release);
    }
  }

  /**
   * Returns the current version of a keyspace, without a reference: read it only where something
   * else keeps it current.
   *
   * @throws IllegalArgumentException if the keyspace does not exist
   */
  public Version current(int keyspaceId) {
    Version version = currentOrNull(keyspaceId);
    if (version == null) {
      throw new IllegalArgumentException("keyspace " + keyspaceId + " does not exist");
    }
    return version;
  }

  private @Nullable Version currentOrNull(int keyspaceId) {
    @Nullable Version[] now = current;
    return keyspaceId >= 0 && keyspaceId < now.length ? now[keyspaceId] : null;
  }

  /**
   * Returns the current version of a keyspace, with a reference that the caller releases.
   *
   * @throws IllegalArgumentException if the keyspace does not exist
   */
  public Version retainCurrent(int keyspaceId) {
    while (true) {
      Version version = current(keyspaceId);
      if (version.tryRetain()) {
        return version;
      }
      Thread.onSpinWait();
    }
  }

  /** Returns a file id that was never issued before. */
  public long newFileId() {
    long id = nextFileId.getAndIncrement();
    if (id >= state.nextFileId()) {
      reserveFileIds();
    }
    return id;
  }

  /**
   * Requests that blocks of a new table are put into the cache when the edit that adds it is
   * applied, before readers see the table.
   *
   * @param dataBlocks numbers of the blocks; none if the table is abandoned
   */
  public void wantCached(long fileId, BitSet dataBlocks) {
    builder.wantCached(fileId, dataBlocks);
  }

  /** No version above this one may be issued before {@link #reserveVersions} has returned. */
  public long versionCeiling() {
    return state.versionCeiling();
  }

  /**
   * Reserves versions up to the given one and the 1,048,576 after it, unless the given one is
   * reserved already.
   *
   * @throws EngineException as {@link #logAndApply(VersionEdit, Runnable)} does
   */
  public void reserveVersions(long upTo) {
    if (state.versionCeiling() < upTo) {
      logAndApply(VersionEdit.builder().versionCeiling(upTo + VERSIONS_RESERVED).build());
    }
  }

  /**
   * Deletes files that were in the directory at open and do not belong to the store: tables and log
   * segments that the manifest does not name, and temporary files. The log must have been replayed,
   * so that the manifest is known to be the newest.
   */
  public void deleteOrphans() {
    StoreDirectory.deleteOrphans(storage, filesAtOpen, state);
  }

  /** The failure after which nothing is written any more, or null. */
  public @Nullable IOException failure() {
    return manifest.failure();
  }

  /**
   * Records in the manifest that the store is closed in order.
   *
   * @param lastVersion the last version that was issued
   */
  public void markClean(long lastVersion) {
    logAndApply(VersionEdit.builder().cleanShutdown(lastVersion).build());
  }

  /**
   * Releases the current versions and closes the manifest. Each table is closed when its last
   * reader has gone.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      @Nullable Version[] last = current;
      current = NONE;
      for (Version version : last) {
        if (version != null) {
          version.release();
        }
      }
      manifest.close();
    } finally {
      lock.unlock();
    }
  }

  private void reserveFileIds() {
    lock.lock();
    try {
      // Before start() nothing is reserved: a file created then is an orphan unless start() names
      // it.
      if (manifest.isStarted()) {
        logAndApply(VersionEdit.builder().build());
      }
    } finally {
      lock.unlock();
    }
  }

  private VersionEdit withReservedFileIds(VersionEdit edit) {
    long next = nextFileId.get();
    if (state.nextFileId() - next >= FILE_IDS_RESERVED / 2) {
      return edit;
    }
    return VersionEdit.builder().nextFileId(next + FILE_IDS_RESERVED).addAll(edit).build();
  }

  private static @Nullable Version[] withChanged(
      @Nullable Version[] before, Map<Integer, Version> changed) {
    int length = before.length;
    for (int id : changed.keySet()) {
      length = Math.max(length, id + 1);
    }
    @Nullable Version[] after = Arrays.copyOf(before, length);
    changed.forEach((id, version) -> after[id] = version);
    return after;
  }

  // From now on the manifest keeps the data keys of the files that it names in use.
  private void releaseFileKeys(ManifestChange change) {
    if (change instanceof ManifestChange.TableAdded c) {
      fileKeys.release(c.table().fileId());
    } else if (change instanceof ManifestChange.LogAdopted c) {
      fileKeys.release(c.fileId());
    }
  }

  private void install(
      VersionEdit edit,
      StoreState after,
      Set<Integer> changed,
      @Nullable Version[] now,
      Runnable installed) {
    @Nullable Version[] previous = current;
    state = after;
    current = now;
    edit.changes().forEach(this::releaseFileKeys);
    try {
      installed.run();
    } finally {
      for (int id : changed) {
        Version replaced = id < previous.length ? previous[id] : null;
        if (replaced != null) {
          retire(replaced, now[id]);
        }
      }
    }
  }

  private static void retire(Version old, @Nullable Version successor) {
    for (TableHandle handle : old.handles()) {
      if (successor == null || successor.handle(handle.fileId()) == null) {
        handle.markObsolete();
      }
    }
    old.release();
  }
}

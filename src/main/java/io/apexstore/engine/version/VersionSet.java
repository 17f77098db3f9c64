package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.EncryptedFiles;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestChange;
import io.apexstore.engine.manifest.ManifestWriter;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.sstable.TableContext;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The current {@link Version} of every keyspace and the manifest behind them.
 *
 * <p>Life: {@link #open} reads and checks and changes nothing; the engine recovers its log; {@link
 * #start} makes a new manifest that also holds what recovery found; from then on {@link
 * #logAndApply} moves on edit by edit, each durable before it shows.
 *
 * <p><b>Threads:</b> any. Edits are applied one at a time, under a lock that is held over the
 * manifest's sync; reading takes no lock. <b>Invariants:</b> what is current is what the manifest
 * says, or one edit older while that edit is being synced. A file is deleted only after the edit
 * that removed it is durable and the last version that refers to it was released. File ids and
 * versions are given out only below bounds that the manifest has reserved, so none is given out
 * twice, not even after a crash.
 */
public final class VersionSet implements EncryptedFiles, AutoCloseable {
  /** How many versions are reserved at a time. */
  public static final long VERSIONS_RESERVED = 1 << 20;

  private static final int FILE_IDS_RESERVED = 256;

  private final Storage storage;
  private final FileCipherKeys keys;
  private final VersionBuilder maker;
  private final UUID storeId;
  private final Set<String> filesAtOpen;
  private final long lastVersionBefore;
  private final AtomicLong nextFileId;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock, but for its failure and the epoch of its key.
  private final ManifestLog manifest;

  // Written under the lock, read by anybody.
  private volatile StoreState state;
  private volatile Map<Integer, Version> current = Map.of();

  private VersionSet(
      Storage storage,
      BlockCache cache,
      Executor closerExecutor,
      FileCipherKeys keys,
      UUID storeId,
      StoreState state,
      Set<String> filesAtOpen) {
    this.storage = storage;
    this.keys = keys;
    this.maker =
        new VersionBuilder(
            new TableContext(storage, storeId, cache, keys),
            new TableCloser(storage, closerExecutor));
    this.storeId = storeId;
    this.state = state;
    this.filesAtOpen = filesAtOpen;
    long next = state.nextFileId();
    for (String name : filesAtOpen) {
      next = Math.max(next, FileNames.idOf(name) + 1);
    }
    this.nextFileId = new AtomicLong(next);
    this.lastVersionBefore = state.isClean() ? state.cleanVersion() : state.versionCeiling();
    this.manifest = new ManifestLog(storage, storeId, nextFileId::getAndIncrement, keys);
  }

  /** Opens a store that is not encrypted; see the other {@code open}. */
  public static VersionSet open(
      Storage storage, BlockCache cache, Executor closerExecutor, @Nullable UUID newStoreId) {
    return open(storage, cache, closerExecutor, FileCipherKeys.NONE, newStoreId);
  }

  /**
   * Opens what the manifest describes, or makes a new store in a directory without files of one.
   *
   * <p>In an existing store nothing is changed: the caller recovers the log and then calls {@link
   * #start}. Tables must exist; each is opened when it is first read. One that is damaged does not
   * keep the others from being read: what the manifest says is its range fails with {@code
   * CORRUPTION} from then on, see {@link Version#damage}.
   *
   * @param storage the files; stays the caller's, who has locked it
   * @param cache for the blocks of tables; stays the caller's, who closes it after the last table
   * @param closerExecutor where tables are closed and deleted
   * @param keys what the files are encrypted with
   * @param newStoreId the id of the store if it is a new one; null: the store must exist
   * @throws EngineException {@code INVALID_REQUEST} if there is no store and none shall be made,
   *     {@code CORRUPTION} if the manifest is damaged, or is missing where tables or log segments
   *     are, or names a file that is missing
   */
  public static VersionSet open(
      Storage storage,
      BlockCache cache,
      Executor closerExecutor,
      FileCipherKeys keys,
      @Nullable UUID newStoreId) {
    try {
      StoreDirectory directory = StoreDirectory.read(storage, keys, newStoreId);
      VersionSet set =
          new VersionSet(
              storage,
              cache,
              closerExecutor,
              keys,
              directory.storeId(),
              directory.state(),
              directory.files());
      set.current = Map.copyOf(set.maker.all(set.state));
      return set;
    } catch (ManifestWriter.NotReplacedException e) {
      Failure failure = e.isDiskFull() ? Failure.DISK_FULL : Failure.STORAGE_FAILED;
      throw new EngineException(failure, storage.describe() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new EngineException(Failure.READ_FAILED, storage.describe() + ": " + e.getMessage(), e);
    }
  }

  /** The store's id. */
  public UUID storeId() {
    return storeId;
  }

  /** What the manifest says. */
  public StoreState state() {
    return state;
  }

  /**
   * Every version up to this one may have been given out before the store was opened. After an
   * orderly close it is the last that was; after a crash, the ceiling that was reserved.
   */
  public long lastVersionBefore() {
    return lastVersionBefore;
  }

  /**
   * Begins to write: a new manifest that holds the state, changed by an edit, takes the place of
   * the one there is. The files that the edit names must be durable.
   *
   * @param recovered what recovery changes; may be empty
   */
  public void start(VersionEdit recovered) {
    VersionEdit.Builder edit = VersionEdit.builder().addAll(recovered);
    long ceiling = Math.max(state.versionCeiling(), lastVersionBefore + VERSIONS_RESERVED);
    apply(withKeys(edit.versionCeiling(ceiling)).build(), () -> {}, true);
  }

  /**
   * {@inheritDoc}
   *
   * @throws EngineException as {@link #logAndApply(VersionEdit, Runnable)} does
   */
  @Override
  public void replaceManifest() {
    apply(withKeys(VersionEdit.builder()).build(), () -> {}, true);
  }

  @Override
  public void recordDataKeysGeneration() {
    logAndApply(withKeys(VersionEdit.builder()).build());
  }

  @Override
  public Set<Long> dataKeyEpochsInUse() {
    Set<Long> epochs = new HashSet<>();
    epochs.add(manifest.keyEpoch());
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

  private VersionEdit.Builder withKeys(VersionEdit.Builder edit) {
    long generation = keys.generation();
    return generation == 0 ? edit : edit.dataKeysGeneration(generation);
  }

  /** Makes an edit durable and then current, see {@link #logAndApply(VersionEdit, Runnable)}. */
  public void logAndApply(VersionEdit edit) {
    apply(edit, () -> {}, false);
  }

  /**
   * Makes an edit durable and then current. The files of tables that it adds must be durable; those
   * that it removes are deleted when their last reader has left.
   *
   * @param installed runs when {@link #current} gives the new versions and before the old ones are
   *     released, under this object's lock: it must not block
   * @throws EngineException {@code DISK_FULL} if there was no room: nothing has changed, now or
   *     after a crash, and the call may be repeated; {@code STORAGE_FAILED} if the manifest could
   *     not be written: the files that the edit names must be left where they are, for after a
   *     crash it may turn out to hold; nothing is written any more
   * @throws IllegalArgumentException if the edit does not fit the state
   */
  public void logAndApply(VersionEdit edit, Runnable installed) {
    apply(edit, installed, false);
  }

  private void apply(VersionEdit edit, Runnable installed, boolean newManifest) {
    Map<Long, TableHandle> opened = maker.openAdded(edit);
    try {
      lock.lock();
      try {
        VersionEdit whole = withReservedFileIds(edit);
        StoreState after = state.with(whole);
        Map<Integer, Version> next = maker.next(edit, after, current, opened);
        // Made now: between the edit's sync and its showing nothing may fail, not even for memory.
        Map<Integer, Version> all = withUnchanged(after, next);
        try {
          if (newManifest) {
            manifest.begin(after);
          } else if (!whole.isEmpty()) {
            manifest.append(whole, state);
          }
        } catch (EngineException e) {
          next.values().forEach(Version::release);
          throw e;
        }
        install(whole, after, all, installed);
      } finally {
        lock.unlock();
      }
    } finally {
      opened.values().forEach(TableHandle::release);
    }
  }

  /** The current version of a keyspace; read it only where something else keeps it current. */
  public Version current(int keyspaceId) {
    Version version = current.get(keyspaceId);
    if (version == null) {
      throw new IllegalArgumentException("keyspace " + keyspaceId + " does not exist");
    }
    return version;
  }

  /** The current version of a keyspace, with a reference that the caller releases. */
  public Version retainCurrent(int keyspaceId) {
    while (true) {
      Version version = current(keyspaceId);
      if (version.tryRetain()) {
        return version;
      }
      Thread.onSpinWait();
    }
  }

  /** Returns a file id that was never given out before. */
  public long newFileId() {
    long id = nextFileId.getAndIncrement();
    if (id >= state.nextFileId()) {
      reserveFileIds();
    }
    return id;
  }

  /**
   * Has blocks of a table that was just written put into the cache when the edit that adds it is
   * applied, before readers see the table.
   *
   * @param dataBlocks which, by their numbers; none if the table is given up
   */
  public void wantCached(long fileId, BitSet dataBlocks) {
    maker.wantCached(fileId, dataBlocks);
  }

  /** No version above this one may be given out before {@link #reserveVersions} has returned. */
  public long versionCeiling() {
    return state.versionCeiling();
  }

  /** Makes sure that versions up to the given one, and well beyond, may be given out. */
  public void reserveVersions(long upTo) {
    if (state.versionCeiling() < upTo) {
      logAndApply(VersionEdit.builder().versionCeiling(upTo + VERSIONS_RESERVED).build());
    }
  }

  /**
   * Deletes what was in the directory at open and does not belong to the store: tables and log
   * segments that the manifest does not name, and temporary files. Requires {@link #start}.
   */
  public void deleteOrphans() {
    StoreDirectory.deleteOrphans(storage, filesAtOpen, state);
  }

  /** Why nothing can be written any more, or null while it can. */
  public @Nullable IOException failure() {
    return manifest.failure();
  }

  /** Notes in the manifest that the store is being closed in order. */
  public void markClean(long lastVersion) {
    logAndApply(VersionEdit.builder().cleanShutdown(lastVersion).build());
  }

  /** Releases the current versions and closes the manifest. Tables close with their last reader. */
  @Override
  public void close() {
    lock.lock();
    try {
      Map<Integer, Version> last = current;
      current = Map.of();
      last.values().forEach(Version::release);
      manifest.close();
    } finally {
      lock.unlock();
    }
  }

  private void reserveFileIds() {
    lock.lock();
    try {
      // Before start() nothing is reserved: what was made is left over unless start() names it.
      if (manifest.hasBegun()) {
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

  private Map<Integer, Version> withUnchanged(StoreState after, Map<Integer, Version> changed) {
    Map<Integer, Version> all = new HashMap<>(current);
    all.putAll(changed);
    all.keySet().retainAll(after.keyspaces().stream().map(k -> k.meta().id()).toList());
    return Map.copyOf(all);
  }

  /** The manifest keeps the keys of what it names from being dropped. */
  private void releaseKeys(ManifestChange change) {
    if (change instanceof ManifestChange.TableAdded c) {
      keys.release(c.table().fileId());
    } else if (change instanceof ManifestChange.LogAdopted c) {
      keys.release(c.fileId());
    }
  }

  private void install(
      VersionEdit edit, StoreState after, Map<Integer, Version> now, Runnable installed) {
    Map<Integer, Version> before = current;
    state = after;
    current = now;
    edit.changes().forEach(this::releaseKeys);
    try {
      installed.run();
    } finally {
      before.forEach(
          (id, version) -> {
            if (now.get(id) != version) {
              retire(version, now.get(id));
            }
          });
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

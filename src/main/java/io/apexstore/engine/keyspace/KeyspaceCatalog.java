package io.apexstore.engine.keyspace;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.KeyspaceNames;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.read.MemTableHandle;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;

/**
 * Creates keyspaces, changes their options and drops them. Each change is in the manifest before it
 * takes effect.
 *
 * <p>A keyspace that was dropped keeps its id, its name and its tree, for snapshots may still read
 * the tree. It is found by name only to be created again; compactions remove its entries.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class KeyspaceCatalog {
  // Dropped ones count: each takes kilobytes of memory, and every flush looks at it.
  private static final int KEYSPACES_MAX = 10_000;

  private final Keyspaces keyspaces;
  private final VersionSet versions;
  private final MemoryChunks chunks;
  private final WritePath writes;
  private final CompactionStrategy standardCompaction;

  /** What a change of the keyspaces needs of the write path. */
  public interface WritePath {
    /** Returns the newest version that readers see. */
    long publishedVersion();

    /** Adds the deletion of what the store keeps about the entries of a keyspace to a batch. */
    void deleteIndexEntries(Batch batch, KeyspaceTree tree);

    /** Commits a batch durably, and waits for it. */
    void commit(Batch batch);

    /** Seals the active memtable of a keyspace between two groups of commits. */
    void seal(KeyspaceTree tree);
  }

  /**
   * Creates a catalog.
   *
   * @param chunks memory of new memtables
   * @param standardCompaction strategy of new keyspaces whose options name none
   */
  public KeyspaceCatalog(
      Keyspaces keyspaces,
      VersionSet versions,
      MemoryChunks chunks,
      WritePath writes,
      CompactionStrategy standardCompaction) {
    this.keyspaces = keyspaces;
    this.versions = versions;
    this.chunks = chunks;
    this.writes = writes;
    this.standardCompaction = standardCompaction;
  }

  /**
   * Returns the compaction strategy of a new keyspace whose options name none.
   *
   * @param standardCompaction the store's
   */
  public static CompactionStrategy standardCompaction(
      String name, CompactionStrategy standardCompaction) {
    return KeyspaceNames.isInternal(name) ? CompactionStrategy.LEVELED : standardCompaction;
  }

  /** Returns the tree of a keyspace that the manifest holds, with an empty memtable. */
  public static KeyspaceTree tree(KeyspaceState state, VersionSet versions, MemoryChunks chunks) {
    long flushedTo = versions.state().flushedTo(state);
    return tree(state.meta(), state.dropped(), flushedTo, versions, chunks);
  }

  private static KeyspaceTree tree(
      KeyspaceMeta meta, boolean dropped, long version, VersionSet versions, MemoryChunks chunks) {
    MemTableHandle active = new MemTableHandle(new MemTable(chunks), version);
    ReadView view = ReadView.of(active, versions.current(meta.id()));
    return new KeyspaceTree(meta.id(), meta.name(), meta.options(), dropped, view);
  }

  /**
   * Returns the keyspace of a name. If there is none, it is created with default options.
   *
   * @throws EngineException as {@link #withOptions} does
   */
  public KeyspaceTree getOrCreate(String name) {
    KeyspaceTree existing = keyspaces.existing(name);
    return existing != null ? existing : withOptions(name, KeyspaceOptions.defaults());
  }

  /**
   * Returns the keyspace of a name with the given options: it is created, created again after it
   * was dropped, or changed.
   *
   * @param options if they name no compaction strategy, an existing keyspace keeps its own and a
   *     new one gets the store's
   * @throws EngineException {@code INVALID_REQUEST} for options that do not fit together, a name
   *     that {@link KeyspaceNames#check} refuses, or one keyspace too many
   */
  public KeyspaceTree withOptions(String name, KeyspaceOptions options) {
    KeyspaceTree known = keyspaces.named(name);
    KeyspaceOptions whole =
        options.orCompaction(
            known == null || known.isDropped()
                ? standardCompaction(name, standardCompaction)
                : known.compaction());
    requireConsistent(whole);
    if (known == null) {
      return create(name, whole);
    }
    if (known.isDropped() || !whole.equals(known.options())) {
      versions.logAndApply(VersionEdit.builder().changeKeyspace(known.id(), whole).build());
      show(known, whole, false);
    }
    return known;
  }

  private KeyspaceTree create(String name, KeyspaceOptions options) {
    KeyspaceNames.check(name);
    requireRoom(keyspaces.all().size());
    KeyspaceMeta meta = new KeyspaceMeta(versions.state().nextKeyspaceId(), name, options);
    versions.logAndApply(VersionEdit.builder().createKeyspace(meta).build());
    KeyspaceTree tree = tree(meta, false, writes.publishedVersion(), versions, chunks);
    keyspaces.add(tree);
    return tree;
  }

  /**
   * Drops a keyspace, durably. One logged write deletes all its keys, so snapshots still see them
   * and change feeds show the deletion. From then on no one finds the keyspace by its name or puts
   * anything into it.
   *
   * @return whether there was such a keyspace
   */
  public boolean drop(String name) {
    KeyspaceTree tree = keyspaces.existing(name);
    if (tree == null) {
      return false;
    }
    KeyspaceOptions before = tree.options();
    // First, so that no put comes after the deletion. The default strategy lets compactions remove
    // all that the deletion covers.
    KeyspaceOptions none = KeyspaceOptions.defaults().orCompaction(CompactionStrategy.LEVELED);
    show(tree, none, true);
    try {
      Batch batch = new Batch(16);
      batch.deleteRange(tree.id(), new byte[0], null);
      writes.deleteIndexEntries(batch, tree);
      batch.seal();
      writes.commit(batch);
      versions.logAndApply(VersionEdit.builder().dropKeyspace(tree.id()).build());
    } catch (RuntimeException | Error e) {
      show(tree, before, false);
      throw e;
    }
    writes.seal(tree);
    return true;
  }

  /** Fails if a store with this many keyspaces, dropped ones included, takes no more. */
  static void requireRoom(int keyspaceCount) {
    if (keyspaceCount >= KEYSPACES_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "the store has "
              + keyspaceCount
              + " keyspaces, dropped ones included, and takes no more; a dropped one can be created"
              + " again");
    }
  }

  /** Fails if options do not fit together. They name a compaction strategy. */
  static void requireConsistent(KeyspaceOptions options) {
    CompactionStrategy compaction = options.compaction();
    boolean limited = options.fifoBytesMax() > 0 || options.fifoAgeMax().isPositive();
    if (compaction == null || compaction.deletesOldest() == limited) {
      return;
    }
    throw new EngineException(
        Failure.INVALID_REQUEST,
        limited
            ? "fifo_max_bytes and fifo_max_age are for compaction fifo, not " + compaction
            : "compaction " + compaction + " needs fifo_max_bytes or fifo_max_age");
  }

  private void show(KeyspaceTree tree, KeyspaceOptions options, boolean dropped) {
    tree.setState(options, dropped);
    keyspaces.optionsChanged();
  }
}

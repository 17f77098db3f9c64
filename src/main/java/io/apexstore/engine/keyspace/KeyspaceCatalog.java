package io.apexstore.engine.keyspace;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.read.MemTableHandle;
import io.apexstore.engine.read.ReadView;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.util.function.UnaryOperator;

/**
 * Makes keyspaces, changes their settings and drops them.
 *
 * <p><b>Threads:</b> one at a time, under the engine's lock for changes of keyspaces.
 */
public final class KeyspaceCatalog {
  private static final int NAME_LENGTH_MAX = 255;
  // Those that were dropped count; each takes kilobytes of memory, and its share of each flush.
  private static final int KEYSPACES_MAX = 10_000;

  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;

  public KeyspaceCatalog(EngineParts parts, Keyspaces keyspaces, MemTableWriter writes) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.writes = writes;
  }

  /** Returns the settings of a keyspace that is made without saying anything about it. */
  public static KeyspaceSettings standard(String name, StoreOptions options) {
    boolean chosen =
        !name.startsWith(Keyspaces.INTERNAL_PREFIX)
            && options.compaction() != CompactionStrategy.FIFO;
    return chosen ? KeyspaceSettings.with(options.compaction()) : KeyspaceSettings.DEFAULT;
  }

  /**
   * Returns the keyspace of that name, made, made anew or changed to have certain settings.
   *
   * @param settings makes them of those that it has, or would have
   * @throws EngineException {@code INVALID_REQUEST} for a name that is empty or too long, or where
   *     there are too many
   */
  public KeyspaceTree withSettings(String name, UnaryOperator<KeyspaceSettings> settings) {
    KeyspaceTree known = keyspaces.named(name);
    KeyspaceSettings before =
        known == null || known.settings().dropped()
            ? standard(name, parts.options())
            : known.settings();
    if (known == null) {
      return make(name, settings.apply(before));
    }
    change(known, settings.apply(before));
    return known;
  }

  private KeyspaceTree make(String name, KeyspaceSettings settings) {
    if (name.isEmpty() || name.length() > NAME_LENGTH_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name of " + name.length() + " characters, allowed are 1 to " + NAME_LENGTH_MAX);
    }
    requireRoom(keyspaces.all().size());
    int id = parts.versions().state().nextKeyspaceId();
    KeyspaceMeta meta = new KeyspaceMeta(id, name, settings.toOptions());
    parts.versions().logAndApply(VersionEdit.builder().createKeyspace(meta).build());
    MemTableHandle active = new MemTableHandle(new MemTable(parts.chunks()), writes.published());
    KeyspaceTree tree =
        new KeyspaceTree(id, name, settings, ReadView.of(active, parts.versions().current(id)));
    keyspaces.add(tree);
    return tree;
  }

  /** Fails if a store with so many keyspaces, dropped ones included, takes no more. */
  static void requireRoom(int keyspaceCount) {
    if (keyspaceCount >= KEYSPACES_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "the store has "
              + keyspaceCount
              + " keyspaces, those included that were dropped, and takes no more; a name that was"
              + " dropped can be made anew");
    }
  }

  /**
   * Drops a keyspace: deletes all its keys with one logged write, so that snapshots go on seeing
   * them and feeds learn of it, and lets nobody find it or put anything into it from then on. What
   * is left of the tree is compacted away; it is the one that is made anew, empty, if its name is
   * ever asked for again.
   *
   * @return whether there was one
   */
  public boolean drop(String name, CommitPipeline pipeline) {
    KeyspaceTree tree = keyspaces.named(name);
    if (tree == null || tree.settings().dropped()) {
      return false;
    }
    KeyspaceSettings before = tree.settings();
    // First, so that no put comes behind the deletion.
    show(tree, KeyspaceSettings.ofDropped());
    try {
      Batch batch = new Batch(16);
      batch.deleteRange(tree.id(), new byte[0], null);
      batch.seal();
      pipeline.commit(batch, SyncMode.GROUP);
      log(tree, KeyspaceSettings.ofDropped());
    } catch (RuntimeException | Error e) {
      show(tree, before);
      throw e;
    }
    pipeline.runAsLeader(() -> writes.seal(tree));
    return true;
  }

  /** Gives a keyspace other settings, durably. */
  private void change(KeyspaceTree tree, KeyspaceSettings settings) {
    if (!settings.equals(tree.settings())) {
      log(tree, settings);
      show(tree, settings);
    }
  }

  private void log(KeyspaceTree tree, KeyspaceSettings settings) {
    parts
        .versions()
        .logAndApply(VersionEdit.builder().changeKeyspace(tree.id(), settings.toOptions()).build());
  }

  private void show(KeyspaceTree tree, KeyspaceSettings settings) {
    tree.settings(settings);
    keyspaces.settingsChanged();
  }
}

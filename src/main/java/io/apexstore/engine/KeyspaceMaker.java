package io.apexstore.engine;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.compaction.Strategy;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.memtable.MemTable;

/**
 * Makes keyspaces and changes their settings.
 *
 * <p><b>Threads:</b> one at a time, under the engine's lock for changes of keyspaces.
 */
final class KeyspaceMaker {
  private static final int NAME_LENGTH_MAX = 255;

  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final WritePath writes;

  KeyspaceMaker(EngineParts parts, Keyspaces keyspaces, WritePath writes) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.writes = writes;
  }

  /** Returns the settings of a keyspace that is made without saying anything about it. */
  static KeyspaceSettings standard(String name, EngineOptions options) {
    boolean chosen =
        !name.startsWith(LsmEngine.INTERNAL_PREFIX) && options.compaction() != Strategy.FIFO;
    return chosen ? KeyspaceSettings.with(options.compaction()) : KeyspaceSettings.DEFAULT;
  }

  /**
   * Makes a keyspace of a name that none has.
   *
   * @throws EngineException {@code INVALID_REQUEST} for a name that is empty or too long
   */
  KeyspaceTree make(String name, KeyspaceSettings settings) {
    if (name.isEmpty() || name.length() > NAME_LENGTH_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name of " + name.length() + " characters, allowed are 1 to " + NAME_LENGTH_MAX);
    }
    int id = parts.versions().state().nextKeyspaceId();
    KeyspaceMeta meta = new KeyspaceMeta(id, name, settings.toOptions());
    parts.versions().logAndApply(VersionEdit.builder().createKeyspace(meta).build());
    MemRef active = new MemRef(new MemTable(parts.chunks()), writes.published());
    KeyspaceTree tree =
        new KeyspaceTree(id, name, settings, ReadView.of(active, parts.versions().current(id)));
    keyspaces.add(tree);
    return tree;
  }

  /** Gives a keyspace other settings, durably. */
  void change(KeyspaceTree tree, KeyspaceSettings settings) {
    if (!settings.equals(tree.settings())) {
      parts
          .versions()
          .logAndApply(
              VersionEdit.builder().changeKeyspace(tree.id(), settings.toOptions()).build());
      tree.settings(settings);
      keyspaces.settingsChanged();
    }
  }
}

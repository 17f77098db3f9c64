package io.apexstore.engine.manifest;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.file.EncryptionTag;
import io.apexstore.options.KeyspaceOptions;
import java.util.Map;

/** One thing that a {@link VersionEdit} changes. {@code toString} is its line in a dump. */
public sealed interface ManifestChange {
  /**
   * File ids below this one may have been given out.
   *
   * @param fileId never less than before
   */
  record NextFileId(long fileId) implements ManifestChange {
    @Override
    public String toString() {
      return "next file id " + fileId;
    }
  }

  /**
   * Keyspace ids below this one have been given out.
   *
   * @param keyspaceId never less than before
   */
  record NextKeyspaceId(int keyspaceId) implements ManifestChange {
    @Override
    public String toString() {
      return "next keyspace id " + keyspaceId;
    }
  }

  /**
   * Versions up to this one may have been given out, and after an unclean end are not given again.
   *
   * @param version never less than before
   */
  record VersionCeiling(long version) implements ManifestChange {
    @Override
    public String toString() {
      return "version ceiling " + version;
    }
  }

  /**
   * A keyspace begins.
   *
   * @param keyspace with an id that no keyspace of the store has had
   */
  record KeyspaceCreated(KeyspaceMeta keyspace) implements ManifestChange {
    @Override
    public String toString() {
      return "keyspace "
          + keyspace.id()
          + " created: "
          + keyspace.name()
          + describe(KeyspaceOptionsText.of(keyspace.options()));
    }
  }

  private static String describe(Map<String, String> options) {
    return options.isEmpty() ? "" : " " + options;
  }

  /**
   * A keyspace has other options from now on. One that was dropped is created again.
   *
   * @param keyspaceId an existing one
   * @param options all of them; they name a compaction strategy, {@code LEVELED} unless another was
   *     given
   */
  record KeyspaceChanged(int keyspaceId, KeyspaceOptions options) implements ManifestChange {
    /** Adds the compaction strategy to options that name none. */
    public KeyspaceChanged {
      options = options.orCompaction(KeyspaceOptionsText.DEFAULT_COMPACTION);
    }

    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " changed: " + KeyspaceOptionsText.of(options);
    }
  }

  /**
   * A keyspace is dropped: its name finds it only to create it again, and it has the default
   * options. Its tables stay until compactions have removed their entries, for snapshots may read
   * them.
   *
   * @param keyspaceId an existing one
   */
  record KeyspaceDropped(int keyspaceId) implements ManifestChange {
    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " dropped";
    }
  }

  /**
   * All of a keyspace's commits up to a version are in tables.
   *
   * @param keyspaceId an existing one
   * @param version never less than before
   */
  record FlushedTo(int keyspaceId, long version) implements ManifestChange {
    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " flushed to version " + version;
    }
  }

  /**
   * A table belongs to its keyspace from now on.
   *
   * @param table with a file id that the keyspace does not have
   */
  record TableAdded(TableMeta table) implements ManifestChange {
    @Override
    public String toString() {
      return "table "
          + table.fileId()
          + " added: keyspace "
          + table.keyspaceId()
          + " level "
          + table.level()
          + ' '
          + KeyText.of(table.smallestKey())
          + " … "
          + KeyText.of(table.largestKey())
          + " versions "
          + table.minVersion()
          + "–"
          + table.maxVersion()
          + ", "
          + table.entryCount()
          + " entries, "
          + table.tombstoneCount()
          + " tombstones, "
          + (table.rangeCount() == 0 ? "" : table.rangeCount() + " ranges deleted, ")
          + table.fileBytes()
          + " bytes"
          + (table.oldestExpiryMs() == 0 ? "" : ", oldest expiry " + table.oldestExpiryMs() + " ms")
          + (table.key().equals(EncryptionTag.NONE) ? "" : ", " + table.key());
    }
  }

  /**
   * A table does not belong to its keyspace any more.
   *
   * @param keyspaceId an existing one
   * @param fileId one of its tables
   */
  record TableRemoved(int keyspaceId, long fileId) implements ManifestChange {
    @Override
    public String toString() {
      return "table " + fileId + " removed: keyspace " + keyspaceId;
    }
  }

  /**
   * A log segment is read at recovery from now on, after all that were adopted before it.
   *
   * @param fileId number of the segment
   * @param key what it is encrypted with
   */
  record LogAdopted(long fileId, EncryptionTag key) implements ManifestChange {
    @Override
    public String toString() {
      return "log " + fileId + " adopted" + (key.equals(EncryptionTag.NONE) ? "" : ", " + key);
    }
  }

  /**
   * Nothing past this offset of the segment is ever read.
   *
   * @param fileId an adopted segment
   * @param endOffset bytes from the file's start
   * @param lastVersion the newest version before that offset
   */
  record LogEnded(long fileId, long endOffset, long lastVersion) implements ManifestChange {
    @Override
    public String toString() {
      return "log " + fileId + " ended: offset " + endOffset + ", last version " + lastVersion;
    }
  }

  /**
   * A log segment is not needed any more.
   *
   * @param fileId an adopted segment
   */
  record LogDropped(long fileId) implements ManifestChange {
    @Override
    public String toString() {
      return "log " + fileId + " dropped";
    }
  }

  /**
   * Below this version only snapshots can be read any more: what they do not see may be gone.
   *
   * @param version if it is less than before, nothing changes
   */
  record ReadableSince(long version) implements ManifestChange {
    @Override
    public String toString() {
      return "readable since version " + version;
    }
  }

  /**
   * At some time some version was the newest.
   *
   * @param mark time and version, neither less than those of the mark before
   * @param forgetBeforeMs marks of an earlier time are forgotten, but for the last of them
   */
  record Marked(TimeMark mark, long forgetBeforeMs) implements ManifestChange {
    @Override
    public String toString() {
      return mark + ", marks before " + forgetBeforeMs + " ms forgotten";
    }
  }

  /**
   * The store was closed in order. Holds only while it is in the manifest's last edit.
   *
   * @param lastVersion the newest version ever given out
   */
  record CleanShutdown(long lastVersion) implements ManifestChange {
    @Override
    public String toString() {
      return "clean shutdown: last version " + lastVersion;
    }
  }

  /**
   * An older file {@code KEYS} than this is not the store's any more.
   *
   * @param generation never less than before
   */
  record KeysGeneration(long generation) implements ManifestChange {
    @Override
    public String toString() {
      return "keys generation " + generation;
    }
  }
}

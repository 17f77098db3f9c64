package io.apexstore.engine.manifest;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.options.KeyspaceOptions;
import java.util.HexFormat;
import java.util.Map;

/** One change in a {@link VersionEdit}. {@code toString} returns its line in a dump. */
public sealed interface ManifestChange {
  /**
   * File ids below this one may have been used.
   *
   * @param fileId never decreases
   */
  record NextFileId(long fileId) implements ManifestChange {
    @Override
    public String toString() {
      return "next file id " + fileId;
    }
  }

  /**
   * Keyspace ids below this one have been used.
   *
   * @param keyspaceId never decreases
   */
  record NextKeyspaceId(int keyspaceId) implements ManifestChange {
    @Override
    public String toString() {
      return "next keyspace id " + keyspaceId;
    }
  }

  /**
   * Versions up to this one may have been used. After an unclean shutdown none of them is used
   * again.
   *
   * @param version never decreases
   */
  record VersionCeiling(long version) implements ManifestChange {
    @Override
    public String toString() {
      return "version ceiling " + version;
    }
  }

  /**
   * A keyspace was created.
   *
   * @param keyspace its id has never been used in the store
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
   * @param keyspaceId an existing keyspace
   */
  record KeyspaceDropped(int keyspaceId) implements ManifestChange {
    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " dropped";
    }
  }

  /**
   * A part of the store's history begins. It replaces the part before it if that one has no
   * versions.
   *
   * @param mark its first version never decreases
   */
  record HistoryBegun(HistoryMark mark) implements ManifestChange {
    @Override
    public String toString() {
      return "history "
          + HexFormat.of().toHexDigits(mark.id())
          + " begins at version "
          + mark.firstVersion()
          + ", opened at version "
          + mark.openedAtVersion();
    }
  }

  /**
   * All commits of a keyspace up to a version are in tables.
   *
   * @param keyspaceId an existing keyspace
   * @param version never decreases
   */
  record FlushedTo(int keyspaceId, long version) implements ManifestChange {
    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " flushed to version " + version;
    }
  }

  /**
   * All commits of all keyspaces up to a version are in tables. So a flush costs one change,
   * however many keyspaces there are that no one writes to.
   *
   * @param version never decreases
   */
  record AllFlushedTo(long version) implements ManifestChange {
    @Override
    public String toString() {
      return "all keyspaces flushed to version " + version;
    }
  }

  /**
   * A table was added to its keyspace.
   *
   * @param table its file id differs from those of the keyspace's other tables
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
          + (table.rangeTombstoneCount() == 0
              ? ""
              : table.rangeTombstoneCount() + " range tombstones, ")
          + table.fileBytes()
          + " bytes"
          + (table.oldestExpiryMs() == 0 ? "" : ", oldest expiry " + table.oldestExpiryMs() + " ms")
          + (table.encryption().isEncrypted() ? ", " + table.encryption() : "");
    }
  }

  /**
   * A table was removed from its keyspace.
   *
   * @param keyspaceId an existing keyspace
   * @param fileId one of its tables
   */
  record TableRemoved(int keyspaceId, long fileId) implements ManifestChange {
    @Override
    public String toString() {
      return "table " + fileId + " removed: keyspace " + keyspaceId;
    }
  }

  /**
   * A log segment was added to the store. Recovery reads segments in the order in which they were
   * adopted.
   *
   * @param fileId number of the segment
   * @param encryption identifies the key that the file is encrypted with
   */
  record LogAdopted(long fileId, EncryptionTag encryption) implements ManifestChange {
    @Override
    public String toString() {
      return "log " + fileId + " adopted" + (encryption.isEncrypted() ? ", " + encryption : "");
    }
  }

  /**
   * A log segment got its logical end, past which nothing is ever read.
   *
   * @param fileId an adopted segment
   * @param endOffset the logical end, in bytes from the file's start
   * @param lastVersion the newest version before the logical end
   */
  record LogEnded(long fileId, long endOffset, long lastVersion) implements ManifestChange {
    @Override
    public String toString() {
      return "log " + fileId + " ended: offset " + endOffset + ", last version " + lastVersion;
    }
  }

  /**
   * A log segment was removed from the store.
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
   * Versions below this one can be read only through existing snapshots: other entries may have
   * been dropped.
   *
   * @param version has no effect if it is less than an earlier one
   */
  record ReadableSince(long version) implements ManifestChange {
    @Override
    public String toString() {
      return "readable since version " + version;
    }
  }

  /**
   * A time mark was added.
   *
   * @param mark neither its time nor its version is less than that of the preceding mark
   * @param dropBeforeMs earlier marks are dropped, except the last of them
   */
  record TimeMarkAdded(TimeMark mark, long dropBeforeMs) implements ManifestChange {
    @Override
    public String toString() {
      return mark + ", marks before " + dropBeforeMs + " ms dropped";
    }
  }

  /**
   * The store was closed cleanly. Valid only in the manifest's last edit.
   *
   * @param lastVersion the newest version ever used
   */
  record CleanShutdown(long lastVersion) implements ManifestChange {
    @Override
    public String toString() {
      return "clean shutdown: last version " + lastVersion;
    }
  }

  /**
   * An older generation of the file {@code KEYS} than this is refused.
   *
   * @param generation never decreases
   */
  record DataKeysGeneration(long generation) implements ManifestChange {
    @Override
    public String toString() {
      return "KEYS generation " + generation;
    }
  }
}

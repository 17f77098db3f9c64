package io.apexstore.engine.manifest;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.encryption.EncryptionTag;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

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
          + (keyspace.options().isEmpty() ? "" : " " + keyspace.options());
    }
  }

  /**
   * The options of a keyspace were changed.
   *
   * @param keyspaceId an existing keyspace
   * @param options all of its options, sorted by name
   */
  record KeyspaceChanged(int keyspaceId, Map<String, String> options) implements ManifestChange {
    /** Copies the options, sorted by name. */
    public KeyspaceChanged {
      options = Collections.unmodifiableMap(new TreeMap<>(options));
    }

    @Override
    public String toString() {
      return "keyspace " + keyspaceId + " changed: " + options;
    }
  }

  /**
   * A keyspace and all its tables were dropped.
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

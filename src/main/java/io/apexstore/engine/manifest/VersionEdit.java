package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.options.KeyspaceOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * A step from one state of the store to the next. Its changes apply in their order, all or none.
 * Immutable. {@code toString} returns one line for each change.
 *
 * @param changes in the order in which they apply
 */
public record VersionEdit(List<ManifestChange> changes) {
  /** Copies the list. */
  public VersionEdit {
    changes = List.copyOf(changes);
  }

  /** Returns a builder without changes. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns whether there are no changes. */
  public boolean isEmpty() {
    return changes.isEmpty();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (ManifestChange change : changes) {
      text.append(change).append('\n');
    }
    return text.toString();
  }

  /**
   * A builder of edits.
   *
   * <p><b>Threads:</b> one at a time.
   */
  public static final class Builder {
    private final List<ManifestChange> changes = new ArrayList<>();

    private Builder() {}

    /** Adds one change. */
    public Builder add(ManifestChange change) {
      changes.add(change);
      return this;
    }

    /** Adds all changes of another edit. */
    public Builder addAll(VersionEdit edit) {
      changes.addAll(edit.changes());
      return this;
    }

    /** Adds {@link ManifestChange.NextFileId}. */
    public Builder nextFileId(long fileId) {
      return add(new ManifestChange.NextFileId(fileId));
    }

    /** Adds {@link ManifestChange.NextKeyspaceId}. */
    public Builder nextKeyspaceId(int keyspaceId) {
      return add(new ManifestChange.NextKeyspaceId(keyspaceId));
    }

    /** Adds {@link ManifestChange.VersionCeiling}. */
    public Builder versionCeiling(long version) {
      return add(new ManifestChange.VersionCeiling(version));
    }

    /** Adds {@link ManifestChange.KeyspaceCreated}. */
    public Builder createKeyspace(KeyspaceMeta keyspace) {
      return add(new ManifestChange.KeyspaceCreated(keyspace));
    }

    /** Adds {@link ManifestChange.KeyspaceChanged}. */
    public Builder changeKeyspace(int keyspaceId, KeyspaceOptions options) {
      return add(new ManifestChange.KeyspaceChanged(keyspaceId, options));
    }

    /** Adds {@link ManifestChange.KeyspaceDropped}. */
    public Builder dropKeyspace(int keyspaceId) {
      return add(new ManifestChange.KeyspaceDropped(keyspaceId));
    }

    /** Adds {@link ManifestChange.FlushedTo}. */
    public Builder flushedTo(int keyspaceId, long version) {
      return add(new ManifestChange.FlushedTo(keyspaceId, version));
    }

    /** Adds {@link ManifestChange.AllFlushedTo}. */
    public Builder allFlushedTo(long version) {
      return add(new ManifestChange.AllFlushedTo(version));
    }

    /** Adds {@link ManifestChange.TableAdded}. */
    public Builder addTable(TableMeta table) {
      return add(new ManifestChange.TableAdded(table));
    }

    /** Adds {@link ManifestChange.TableRemoved}. */
    public Builder removeTable(TableMeta table) {
      return add(new ManifestChange.TableRemoved(table.keyspaceId(), table.fileId()));
    }

    /** Adds the changes that move a table to another level. */
    public Builder moveTable(TableMeta table, int level) {
      return removeTable(table).addTable(table.atLevel(level));
    }

    /** Adds {@link ManifestChange.LogAdopted} for a segment that is not encrypted. */
    public Builder adoptLog(long fileId) {
      return adoptLog(fileId, EncryptionTag.NONE);
    }

    /** Adds {@link ManifestChange.LogAdopted}. */
    public Builder adoptLog(long fileId, EncryptionTag encryption) {
      return add(new ManifestChange.LogAdopted(fileId, encryption));
    }

    /** Adds {@link ManifestChange.LogEnded}. */
    public Builder endLog(long fileId, long endOffset, long lastVersion) {
      return add(new ManifestChange.LogEnded(fileId, endOffset, lastVersion));
    }

    /** Adds {@link ManifestChange.LogDropped}. */
    public Builder dropLog(long fileId) {
      return add(new ManifestChange.LogDropped(fileId));
    }

    /** Adds {@link ManifestChange.ReadableSince}. */
    public Builder readableSince(long version) {
      return add(new ManifestChange.ReadableSince(version));
    }

    /** Adds {@link ManifestChange.TimeMarkAdded}. */
    public Builder addTimeMark(TimeMark mark, long dropBeforeMs) {
      return add(new ManifestChange.TimeMarkAdded(mark, dropBeforeMs));
    }

    /** Adds {@link ManifestChange.CleanShutdown}. */
    public Builder cleanShutdown(long lastVersion) {
      return add(new ManifestChange.CleanShutdown(lastVersion));
    }

    /** Adds {@link ManifestChange.DataKeysGeneration}. */
    public Builder dataKeysGeneration(long generation) {
      return add(new ManifestChange.DataKeysGeneration(generation));
    }

    /** Adds {@link ManifestChange.HistoryBegun}. */
    public Builder beginHistory(HistoryMark mark) {
      return add(new ManifestChange.HistoryBegun(mark));
    }

    /** Returns the edit. */
    public VersionEdit build() {
      return new VersionEdit(changes);
    }
  }
}

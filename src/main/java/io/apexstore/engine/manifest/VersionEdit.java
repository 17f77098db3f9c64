package io.apexstore.engine.manifest;

import io.apexstore.engine.base.KeyTag;
import io.apexstore.engine.base.TableMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A step from one state of the store to the next: all of its changes hold, in their order, or none.
 * Immutable. {@code toString} gives one line a change.
 *
 * @param changes in the order in which they apply
 */
public record VersionEdit(List<Change> changes) {
  /** Copies the list. */
  public VersionEdit {
    changes = List.copyOf(changes);
  }

  /** Returns a builder without changes. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether nothing changes. */
  public boolean isEmpty() {
    return changes.isEmpty();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Change change : changes) {
      text.append(change).append('\n');
    }
    return text.toString();
  }

  /**
   * Gathers changes.
   *
   * <p><b>Threads:</b> one at a time.
   */
  public static final class Builder {
    private final List<Change> changes = new ArrayList<>();

    private Builder() {}

    /** Adds one change. */
    public Builder add(Change change) {
      changes.add(change);
      return this;
    }

    /** Adds all changes of another edit. */
    public Builder addAll(VersionEdit edit) {
      changes.addAll(edit.changes());
      return this;
    }

    /** Adds {@link Change.NextFileId}. */
    public Builder nextFileId(long fileId) {
      return add(new Change.NextFileId(fileId));
    }

    /** Adds {@link Change.NextKeyspaceId}. */
    public Builder nextKeyspaceId(int keyspaceId) {
      return add(new Change.NextKeyspaceId(keyspaceId));
    }

    /** Adds {@link Change.VersionCeiling}. */
    public Builder versionCeiling(long version) {
      return add(new Change.VersionCeiling(version));
    }

    /** Adds {@link Change.KeyspaceCreated}. */
    public Builder createKeyspace(KeyspaceMeta keyspace) {
      return add(new Change.KeyspaceCreated(keyspace));
    }

    /** Adds {@link Change.KeyspaceChanged}. */
    public Builder changeKeyspace(int keyspaceId, Map<String, String> options) {
      return add(new Change.KeyspaceChanged(keyspaceId, options));
    }

    /** Adds {@link Change.KeyspaceDropped}. */
    public Builder dropKeyspace(int keyspaceId) {
      return add(new Change.KeyspaceDropped(keyspaceId));
    }

    /** Adds {@link Change.FlushedTo}. */
    public Builder flushedTo(int keyspaceId, long version) {
      return add(new Change.FlushedTo(keyspaceId, version));
    }

    /** Adds {@link Change.TableAdded}. */
    public Builder addTable(TableMeta table) {
      return add(new Change.TableAdded(table));
    }

    /** Adds {@link Change.TableRemoved}. */
    public Builder removeTable(TableMeta table) {
      return add(new Change.TableRemoved(table.keyspaceId(), table.fileId()));
    }

    /** Adds what takes a table to another level. */
    public Builder moveTable(TableMeta table, int level) {
      return removeTable(table).addTable(table.atLevel(level));
    }

    /** Adds {@link Change.LogAdopted} for a segment that is not encrypted. */
    public Builder adoptLog(long fileId) {
      return adoptLog(fileId, KeyTag.NONE);
    }

    /** Adds {@link Change.LogAdopted}. */
    public Builder adoptLog(long fileId, KeyTag key) {
      return add(new Change.LogAdopted(fileId, key));
    }

    /** Adds {@link Change.LogEnded}. */
    public Builder endLog(long fileId, long endOffset, long lastVersion) {
      return add(new Change.LogEnded(fileId, endOffset, lastVersion));
    }

    /** Adds {@link Change.LogDropped}. */
    public Builder dropLog(long fileId) {
      return add(new Change.LogDropped(fileId));
    }

    /** Adds {@link Change.ReadableSince}. */
    public Builder readableSince(long version) {
      return add(new Change.ReadableSince(version));
    }

    /** Adds {@link Change.Marked}. */
    public Builder mark(TimeMark mark, long forgetBeforeMs) {
      return add(new Change.Marked(mark, forgetBeforeMs));
    }

    /** Adds {@link Change.CleanShutdown}. */
    public Builder cleanShutdown(long lastVersion) {
      return add(new Change.CleanShutdown(lastVersion));
    }

    /** Adds {@link Change.KeysGeneration}. */
    public Builder keysGeneration(long generation) {
      return add(new Change.KeysGeneration(generation));
    }

    /** Returns the edit. */
    public VersionEdit build() {
      return new VersionEdit(changes);
    }
  }
}

package io.apexstore.engine.manifest;

import java.util.List;

/**
 * The state of one keyspace in the manifest. Immutable.
 *
 * @param meta id, name and options
 * @param flushedTo every commit up to this version is in tables; replay of the log skips it
 * @param tables all tables, in ascending order of file ids
 */
public record KeyspaceState(KeyspaceMeta meta, long flushedTo, List<TableMeta> tables) {
  /** Copies the list. */
  public KeyspaceState {
    tables = List.copyOf(tables);
  }
}

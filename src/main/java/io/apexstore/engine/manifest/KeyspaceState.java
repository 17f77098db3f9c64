package io.apexstore.engine.manifest;

import java.util.List;

/**
 * What the manifest records about one keyspace. Immutable.
 *
 * @param meta id, name and options
 * @param dropped whether it is dropped: its name finds it only to create it again, and its tables
 *     hold what snapshots may still read and compactions have not removed yet
 * @param flushedTo every commit up to this version is in tables; replay skips it
 * @param tables all tables, by ascending file id
 */
public record KeyspaceState(
    KeyspaceMeta meta, boolean dropped, long flushedTo, List<TableMeta> tables) {
  /** Copies the list. */
  public KeyspaceState {
    tables = List.copyOf(tables);
  }
}

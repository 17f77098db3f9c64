package io.apexstore.engine.manifest;

import java.util.List;

/**
 * What the manifest says about one keyspace. Immutable.
 *
 * @param meta id, name and options
 * @param flushedTo every commit up to this version is in tables; replay skips it
 * @param tables all tables, by rising file id
 */
public record KeyspaceState(KeyspaceMeta meta, long flushedTo, List<TableMeta> tables) {
  /** Copies the list. */
  public KeyspaceState {
    tables = List.copyOf(tables);
  }
}

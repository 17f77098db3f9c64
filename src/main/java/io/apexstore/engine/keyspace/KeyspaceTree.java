package io.apexstore.engine.keyspace;

import io.apexstore.engine.read.ReadView;

/**
 * One keyspace: the LSM tree that its current {@link ReadView} shows.
 *
 * <p><b>Threads:</b> {@link #view} by any; the view is replaced under the engine's state lock only.
 */
public final class KeyspaceTree {
  private final int id;
  private final String name;
  private volatile KeyspaceSettings settings;
  private volatile ReadView view;

  /** Whether it is among those whose active memtable holds something; the write path's own. */
  public boolean isWritten;

  public KeyspaceTree(int id, String name, KeyspaceSettings settings, ReadView view) {
    this.id = id;
    this.name = name;
    this.settings = settings;
    this.view = view;
  }

  /** The keyspace's number in the log. */
  public int id() {
    return id;
  }

  /** The keyspace's name. */
  public String name() {
    return name;
  }

  /** What is special about it. */
  public KeyspaceSettings settings() {
    return settings;
  }

  /** Takes other settings, which the manifest has. */
  void settings(KeyspaceSettings newSettings) {
    settings = newSettings;
  }

  public ReadView view() {
    return view;
  }

  /** Shows another view; returns the one that was current, for the caller to retire. */
  ReadView show(ReadView newView) {
    ReadView old = view;
    view = newView;
    return old;
  }
}

package io.apexstore.engine.keyspace;

import io.apexstore.engine.read.ReadView;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One keyspace: its options and the LSM tree that its current {@link ReadView} shows.
 *
 * <p><b>Threads:</b> reads by any; the options are replaced by one thread at a time, the view under
 * the lock of {@link Keyspaces}.
 */
public final class KeyspaceTree {
  private final int id;
  private final String name;
  private volatile State state;
  private volatile ReadView view;
  private final AtomicLong expiryDueMs = new AtomicLong(Long.MAX_VALUE);

  /**
   * Whether the keyspace is among those whose active memtable may hold entries. Only the leader of
   * the write path uses it.
   */
  public boolean isWritten;

  private record State(KeyspaceOptions options, CompactionStrategy compaction, boolean dropped) {
    static State of(KeyspaceOptions options, boolean dropped) {
      return new State(options, Objects.requireNonNull(options.compaction()), dropped);
    }
  }

  /**
   * Creates a keyspace.
   *
   * @param id its number in the log and in the manifest
   * @param options its options, which name a compaction strategy
   * @param dropped whether it is dropped
   * @param view its memtable and tables
   */
  public KeyspaceTree(
      int id, String name, KeyspaceOptions options, boolean dropped, ReadView view) {
    this.id = id;
    this.name = name;
    this.state = State.of(options, dropped);
    this.view = view;
  }

  /** The keyspace's number in the log and in the manifest. */
  public int id() {
    return id;
  }

  /** The keyspace's name. */
  public String name() {
    return name;
  }

  /** The keyspace's options; they name a compaction strategy. */
  public KeyspaceOptions options() {
    return state.options;
  }

  /** How compactions merge the keyspace's tables. */
  public CompactionStrategy compaction() {
    return state.compaction;
  }

  /**
   * Whether the keyspace is dropped: it takes no put, and its name finds it only to create it
   * again.
   */
  public boolean isDropped() {
    return state.dropped;
  }

  void setState(KeyspaceOptions options, boolean dropped) {
    state = State.of(options, dropped);
  }

  /**
   * The earliest time, in ms since the epoch, at which the sweep of expired entries has to look at
   * the keyspace; {@link Long#MAX_VALUE} for never. Only the sweep uses it.
   */
  public AtomicLong expiryDueMs() {
    return expiryDueMs;
  }

  /** The current view. It is released once no reader inside a section can still see it. */
  public ReadView view() {
    return view;
  }

  /** Replaces the view; returns the one before, which the caller retires. */
  ReadView replaceView(ReadView newView) {
    ReadView old = view;
    view = newView;
    return old;
  }
}

package io.apexstore.engine.keyspace;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The keyspaces of an open store, and the one way to show another view of one.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> views are replaced under one lock, so each change
 * starts from the view that the change before it made; a view that was replaced is released once no
 * reader can still be looking at it without holding it.
 */
public final class Keyspaces {
  /** What the names of the keyspaces begin with that the store makes for itself. */
  static final String INTERNAL_PREFIX = "_";

  private static final KeyspaceTree[] NONE = {};

  private final ReadEpochs epochs;
  private final Executor closer;
  private final ReentrantLock lock = new ReentrantLock();
  // By id; null where an id has no keyspace.
  private volatile @Nullable KeyspaceTree[] byId = NONE;
  private volatile List<KeyspaceTree> all = List.of();
  private final Map<String, KeyspaceTree> byName = new ConcurrentHashMap<>();
  private volatile boolean anyLogsPrevious;
  private volatile boolean anyDropped;

  public Keyspaces(ReadEpochs epochs, Executor closer) {
    this.epochs = epochs;
    this.closer = closer;
  }

  public void add(KeyspaceTree tree) {
    lock.lock();
    try {
      @Nullable KeyspaceTree[] old = byId;
      @Nullable KeyspaceTree[] grown = Arrays.copyOf(old, Math.max(old.length, tree.id() + 1));
      grown[tree.id()] = tree;
      byId = grown;
      List<KeyspaceTree> more = new ArrayList<>(all);
      more.add(tree);
      all = List.copyOf(more);
      byName.put(tree.name(), tree);
      anyLogsPrevious |= tree.settings().logsPrevious();
      anyDropped |= tree.settings().dropped();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the keyspace of an id, or null if there is none. */
  public @Nullable KeyspaceTree find(int id) {
    @Nullable KeyspaceTree[] known = byId;
    return id >= 0 && id < known.length ? known[id] : null;
  }

  /** Returns the keyspace of an id that a commit names. */
  public KeyspaceTree get(int id) {
    KeyspaceTree tree = find(id);
    if (tree == null) {
      throw new EngineException(
          Failure.CORRUPTION, "keyspace " + id + " is named by a commit and does not exist");
    }
    return tree;
  }

  /** Returns the keyspace of a name, also one that is dropped, or null if there is none. */
  public @Nullable KeyspaceTree named(String name) {
    return byName.get(name);
  }

  /** Returns the keyspace of a name, or null if there is none or it is dropped. */
  public @Nullable KeyspaceTree existing(String name) {
    KeyspaceTree known = named(name);
    return known == null || known.settings().dropped() ? null : known;
  }

  /** Returns all keyspaces, in the order in which they were added. */
  public List<KeyspaceTree> all() {
    return all;
  }

  /** The greatest age in ms that the settings of a keyspace name, 0 if none does. */
  public long fifoAgeMsMax() {
    long longest = 0;
    for (KeyspaceTree tree : all) {
      longest = Math.max(longest, tree.settings().fifoAgeMs());
    }
    return longest;
  }

  /** Whether a keyspace logs previous values; asked by every commit. */
  public boolean anyLogsPrevious() {
    return anyLogsPrevious;
  }

  /** Whether a keyspace is dropped; asked by every group of commits. */
  public boolean anyDropped() {
    return anyDropped;
  }

  /**
   * Returns why a commit is refused: it puts something into a keyspace that is dropped; or null.
   */
  public @Nullable EngineException refusal(Batch batch) {
    KeyspaceTree only = find(batch.onlyKeyspaceId());
    if (only != null && !only.settings().dropped()) {
      return null;
    }
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = find(operation.keyspaceId());
      if (tree != null && tree.settings().dropped() && operation.kind() == ValueKind.PUT) {
        return new EngineException(
            Failure.INVALID_REQUEST, "keyspace " + tree.name() + " was dropped");
      }
    }
    return null;
  }

  /** Returns the names of those that are neither internal nor dropped, in alphabetical order. */
  public List<String> names() {
    return all.stream()
        .filter(tree -> !tree.settings().dropped())
        .map(KeyspaceTree::name)
        .filter(name -> !name.startsWith(INTERNAL_PREFIX))
        .sorted()
        .toList();
  }

  /** Takes note of other settings of a keyspace. */
  void settingsChanged() {
    lock.lock();
    try {
      anyLogsPrevious = all.stream().anyMatch(tree -> tree.settings().logsPrevious());
      anyDropped = all.stream().anyMatch(tree -> tree.settings().dropped());
    } finally {
      lock.unlock();
    }
  }

  /** Shows the view that the change makes of the current one. */
  public void change(KeyspaceTree tree, UnaryOperator<ReadView> change) {
    ReadView old;
    lock.lock();
    try {
      old = tree.show(change.apply(tree.view()));
    } finally {
      lock.unlock();
    }
    retire(old);
  }

  /** Releases every current view; for a store that takes no more readers. */
  public void releaseAll() {
    for (KeyspaceTree tree : all()) {
      tree.view().release();
    }
  }

  private void retire(ReadView old) {
    closer.execute(
        () -> {
          epochs.synchronize();
          old.release();
        });
  }
}

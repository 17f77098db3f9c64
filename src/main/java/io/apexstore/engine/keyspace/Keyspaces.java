package io.apexstore.engine.keyspace;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.KeyspaceNames;
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
 * The keyspaces of an open store, by id and by name. It is the only place that replaces the view of
 * a keyspace.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> views are replaced under one lock, so each change
 * starts from the result of the one before it; a replaced view is released once no reader can still
 * see it without holding it.
 */
public final class Keyspaces {
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

  /**
   * Creates an empty set of keyspaces.
   *
   * @param epochs the sections of readers that hold no view
   * @param closer where replaced views are released; the task waits for readers
   */
  public Keyspaces(ReadEpochs epochs, Executor closer) {
    this.epochs = epochs;
    this.closer = closer;
  }

  /** Adds a keyspace with an id and a name that none of them has. */
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
      anyLogsPrevious |= tree.options().logPreviousValues();
      anyDropped |= tree.isDropped();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the keyspace of an id, or null if there is none. */
  public @Nullable KeyspaceTree find(int id) {
    @Nullable KeyspaceTree[] known = byId;
    return id >= 0 && id < known.length ? known[id] : null;
  }

  /**
   * Returns the keyspace of an id that a commit names.
   *
   * @throws EngineException {@code CORRUPTION} if there is none
   */
  public KeyspaceTree get(int id) {
    KeyspaceTree tree = find(id);
    if (tree == null) {
      throw new EngineException(
          Failure.CORRUPTION, "a commit names keyspace " + id + ", which does not exist");
    }
    return tree;
  }

  /** Returns the keyspace of a name, also a dropped one, or null if there is none. */
  public @Nullable KeyspaceTree named(String name) {
    return byName.get(name);
  }

  /** Returns the keyspace of a name, or null if there is none or it is dropped. */
  public @Nullable KeyspaceTree existing(String name) {
    KeyspaceTree known = named(name);
    return known == null || known.isDropped() ? null : known;
  }

  /** Returns all keyspaces, in the order in which they were added. */
  public List<KeyspaceTree> all() {
    return all;
  }

  /** Returns the greatest {@code fifoAgeMax} of a keyspace in ms, 0 if none has one. */
  public long fifoAgeMsMax() {
    long longest = 0;
    for (KeyspaceTree tree : all) {
      longest = Math.max(longest, tree.options().fifoAgeMax().toMillis());
    }
    return longest;
  }

  /** Whether a keyspace logs previous values. Every commit asks this, so it is one read. */
  public boolean anyLogsPrevious() {
    return anyLogsPrevious;
  }

  /** Whether a keyspace is dropped. Every group of commits asks this, so it is one read. */
  public boolean anyDropped() {
    return anyDropped;
  }

  /** Returns the refusal of a commit that puts into a dropped keyspace, or null. */
  public @Nullable EngineException refusal(Batch batch) {
    KeyspaceTree only = find(batch.onlyKeyspaceId());
    if (only != null && !only.isDropped()) {
      return null;
    }
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = find(operation.keyspaceId());
      if (tree != null && tree.isDropped() && operation.kind() == ValueKind.PUT) {
        return new EngineException(
            Failure.INVALID_REQUEST, "keyspace " + tree.name() + " was dropped");
      }
    }
    return null;
  }

  /**
   * Returns the names of the keyspaces that are neither internal nor dropped, in alphabetical
   * order.
   */
  public List<String> names() {
    return all.stream()
        .filter(tree -> !tree.isDropped())
        .map(KeyspaceTree::name)
        .filter(name -> !KeyspaceNames.isInternal(name))
        .sorted()
        .toList();
  }

  /** Must be called after the options of a keyspace, or whether it is dropped, have changed. */
  void optionsChanged() {
    lock.lock();
    try {
      anyLogsPrevious = all.stream().anyMatch(tree -> tree.options().logPreviousValues());
      anyDropped = all.stream().anyMatch(KeyspaceTree::isDropped);
    } finally {
      lock.unlock();
    }
  }

  /** Replaces the view of a keyspace by the one that the change computes from the current one. */
  public void change(KeyspaceTree tree, UnaryOperator<ReadView> change) {
    ReadView old;
    lock.lock();
    try {
      old = tree.replaceView(change.apply(tree.view()));
    } finally {
      lock.unlock();
    }
    retire(old);
  }

  /** Releases every current view. The store must take no more readers. */
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

package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.SnapshotList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * The submitter's evaluation of the conditions of a commit: against what is published, from memory
 * and from disk. The writer checks what changes afterwards, see {@link ConditionRecheck}.
 *
 * <p><b>Threads:</b> any. It may read the disk.
 */
public final class ConditionEvaluator {
  private final ReadEpochs epochs;
  private final Keyspaces keyspaces;
  private final LongSupplier published;
  private final SnapshotList snapshots;
  private final TimeSource clock;
  private final RecentCommits recent;

  /**
   * Creates the evaluator.
   *
   * @param published the newest version that readers see
   * @param recent the same as the {@link ConditionRecheck}'s
   */
  public ConditionEvaluator(
      ReadEpochs epochs,
      Keyspaces keyspaces,
      LongSupplier published,
      SnapshotList snapshots,
      TimeSource clock,
      RecentCommits recent) {
    this.epochs = epochs;
    this.keyspaces = keyspaces;
    this.published = published;
    this.snapshots = snapshots;
    this.clock = clock;
    this.recent = recent;
  }

  /**
   * Evaluates the conditions and notes as of which version they hold.
   *
   * @param requireOpen throws if the store is closed
   * @throws EngineException {@code CONDITION_FAILED} or {@code OVERTAKEN} if one does not hold,
   *     {@code VERSION_EXPIRED} if the changes since the version of a range condition are no longer
   *     known
   */
  void evaluate(Conditions conditions, Runnable requireOpen) {
    if (!conditions.ranges().isEmpty()) {
      recent.want();
    }
    Map<Integer, ReadView> views = new HashMap<>();
    try {
      long newest = retain(conditions, views, requireOpen);
      // A view contains all commits up to its own bound, and may lack what only older readers see.
      long asOf = newest;
      for (ReadView view : views.values()) {
        asOf = Math.min(asOf, view.newestVersion());
      }
      for (Conditions.OfKey condition : conditions.keys()) {
        ReadView view = view(views, condition.keyspaceId());
        evaluate(condition, view, Math.min(newest, view.newestVersion()));
      }
      long unchangedSince = conditions.rangesHeldAsOf();
      for (Conditions.OfRange condition : conditions.ranges()) {
        ReadView view = view(views, condition.keyspaceId());
        long since = Math.max(condition.since(), unchangedSince);
        evaluate(condition, view, since, Math.min(newest, view.newestVersion()));
      }
      conditions.evaluatedAsOf(asOf);
    } finally {
      views.values().forEach(ReadView::release);
    }
  }

  // Retains a view of each keyspace; returns the newest version published by then.
  private long retain(Conditions conditions, Map<Integer, ReadView> views, Runnable requireOpen) {
    int ticket = epochs.enter();
    try {
      requireOpen.run();
      conditions.keys().forEach(condition -> retain(condition.keyspaceId(), views));
      conditions.ranges().forEach(condition -> retain(condition.keyspaceId(), views));
      return published.getAsLong();
    } finally {
      epochs.exit(ticket);
    }
  }

  private void retain(int keyspaceId, Map<Integer, ReadView> views) {
    if (!views.containsKey(keyspaceId)) {
      ReadView view = keyspaces.get(keyspaceId).view();
      if (!view.tryRetain()) {
        throw new IllegalStateException("a current view was released");
      }
      views.put(keyspaceId, view);
    }
  }

  private static ReadView view(Map<Integer, ReadView> views, int keyspaceId) {
    return Objects.requireNonNull(views.get(keyspaceId));
  }

  private void evaluate(Conditions.OfKey condition, ReadView view, long asOf) {
    Lookup lookup = new Lookup();
    lookup.start(condition.key(), asOf, false);
    lookup.withoutValue();
    boolean found = view.get(lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    condition.found(found ? lookup.version() : 0, found ? lookup.expiryMs() : Limits.NEVER_EXPIRES);
    long now = clock.currentTimeMs();
    if (!condition.holdsAt(now)) {
      throw condition.failure(now);
    }
  }

  // The range is known to be unchanged up to since; only what changed after that is read.
  private void evaluate(Conditions.OfRange condition, ReadView view, long since, long asOf) {
    if (condition.since() > published.getAsLong()) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "version "
              + condition.since()
              + " does not exist yet, the newest is "
              + published.getAsLong());
    }
    long floor = snapshots.changesKnownSince();
    if (since < floor) {
      throw new EngineException(
          Failure.VERSION_EXPIRED,
          "the changes since version "
              + condition.since()
              + " are no longer known, only those since version "
              + floor);
    }
    long deletion = view.rangeTombstoneSince(since, asOf, condition.from(), condition.to());
    if (deletion > 0) {
      throw condition.rangeFailure(deletion);
    }
    List<InternalIterator> sources = new ArrayList<>();
    view.addIteratorsSince(since, asOf, condition.from(), condition.to(), sources);
    byte[] from = condition.from();
    try (InternalIterator entries = MergingIterator.asOfVersion(sources)) {
      if (from == null) {
        entries.seekToFirst();
      } else {
        entries.seek(from, from.length);
      }
      for (; entries.isValid(); entries.next()) {
        if (!condition.contains(condition.keyspaceId(), entries.key(), 0, entries.keyLength())) {
          return;
        }
        if (entries.version() > since) {
          throw condition.failure(
              Arrays.copyOf(entries.key(), entries.keyLength()), entries.version());
        }
      }
    }
  }
}

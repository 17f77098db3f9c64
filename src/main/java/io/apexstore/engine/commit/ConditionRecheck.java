package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The writer's check of the conditions of a group's commits. It looks only at what changed after
 * they were evaluated, and only in memory: in the memtables, and in earlier commits of the same
 * group, which are not applied yet.
 *
 * <p>If a memtable was flushed meanwhile, memory does not reach back far enough, and the commit
 * must be evaluated again.
 *
 * <p><b>Threads:</b> the pipeline's leader only.
 */
public final class ConditionRecheck {
  private final ReadEpochs epochs;
  private final Keyspaces keyspaces;
  private final TimeSource clock;
  private final RecentCommits recent;
  private final Lookup lookup = new Lookup();

  /**
   * Creates the check.
   *
   * @param recent the same as the {@link ConditionEvaluator}'s
   */
  public ConditionRecheck(
      ReadEpochs epochs, Keyspaces keyspaces, TimeSource clock, RecentCommits recent) {
    this.epochs = epochs;
    this.keyspaces = keyspaces;
    this.clock = clock;
    this.recent = recent;
  }

  /** Whether commits of a group must be refused although they have no conditions. */
  boolean mayRefuseAny(Commit group) {
    if (!keyspaces.anyDropped()) {
      return false;
    }
    for (Commit c = group; c != null; c = c.next) {
      if (keyspaces.refusal(c.batch) != null) {
        return true;
      }
    }
    return false;
  }

  /** Notes a commit that is being applied. */
  void applied(Batch batch, long version) {
    recent.applied(batch, version);
  }

  /**
   * Decides which commits of a group leave it, and notes the reason in each: it is refused, must be
   * evaluated again, or is deferred.
   *
   * @param lastVersion the newest version assigned before the group
   */
  void settle(Commit group, long lastVersion, DeferredCommits deferred) {
    int ticket = epochs.enter();
    try {
      Pass pass = new Pass(lastVersion, clock.currentTimeMs());
      boolean anyDropped = keyspaces.anyDropped();
      for (Commit c = group; c != null; c = c.next) {
        deferred.reach(c);
        c.failure = anyDropped ? keyspaces.refusal(c.batch) : null;
        if (c.failure != null || c.isPreparationFailed()) {
          continue;
        }
        if (deferred.mustDefer(c)) {
          deferred.defer(c);
        } else if (c.conditions == null || pass.admits(c, c.conditions)) {
          pass.accept(c.batch);
        } else {
          deferred.deferOvertaken(c);
        }
      }
    } finally {
      epochs.exit(ticket);
    }
  }

  private record Key(int keyspaceId, ByteBuffer bytes) {}

  // The version is 0 for a deletion; commitVersion is the commit's in any case.
  private record Entry(long version, long expiryMs, long commitVersion) {}

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record RangeTombstone(
      int keyspaceId, byte[] from, byte @Nullable [] to, long commitVersion) {
    boolean covers(int keyspace, byte[] key) {
      return keyspace == keyspaceId
          && Keys.compare(from, key) <= 0
          && (to == null || Keys.compare(to, key) > 0);
    }
  }

  /** The check of one group. */
  private final class Pass {
    private final long lastVersion;
    private final long nowMs;
    private final List<Batch> accepted = new ArrayList<>();
    private final Map<Key, Entry> overlay = new HashMap<>();
    private final List<RangeTombstone> tombstones = new ArrayList<>();
    // The overlay contains this many of the accepted batches.
    private int overlaid;

    Pass(long lastVersion, long nowMs) {
      this.lastVersion = lastVersion;
      this.nowMs = nowMs;
    }

    void accept(Batch batch) {
      accepted.add(batch);
    }

    boolean admits(Commit commit, Conditions conditions) {
      return admitsKeys(commit, conditions) && admitsRanges(commit, conditions);
    }

    private boolean admitsKeys(Commit commit, Conditions conditions) {
      for (Conditions.OfKey condition : conditions.keys()) {
        Entry earlier = fromGroup(condition);
        if (earlier != null) {
          condition.found(earlier.version, earlier.expiryMs);
        } else if (!lookInMemory(condition, conditions.asOf())) {
          commit.checkAgain = true;
          return false;
        }
        if (!condition.holdsAt(nowMs)) {
          commit.failure = condition.failure(nowMs);
          return false;
        }
      }
      return true;
    }

    private boolean admitsRanges(Commit commit, Conditions conditions) {
      long asOf = conditions.asOf();
      for (Conditions.OfRange condition : conditions.ranges()) {
        if (!recent.reachBackTo(asOf)) {
          commit.checkAgain = true;
          return false;
        }
        commit.failure = recent.violation(condition, asOf);
        for (int i = 0; i < accepted.size() && commit.failure == null; i++) {
          commit.failure = RecentCommits.violation(condition, accepted.get(i), lastVersion + i + 1);
        }
        if (commit.failure != null) {
          return false;
        }
      }
      return true;
    }

    private @Nullable Entry fromGroup(Conditions.OfKey condition) {
      for (; overlaid < accepted.size(); overlaid++) {
        overlay(accepted.get(overlaid), lastVersion + overlaid + 1);
      }
      Entry newest =
          overlay.isEmpty()
              ? null
              : overlay.get(new Key(condition.keyspaceId(), ByteBuffer.wrap(condition.key())));
      // From the newest. An entry of the same batch was put after its range tombstone.
      for (int i = tombstones.size() - 1; i >= 0; i--) {
        RangeTombstone range = tombstones.get(i);
        if (newest != null && newest.commitVersion >= range.commitVersion) {
          return newest;
        }
        if (range.covers(condition.keyspaceId(), condition.key())) {
          return new Entry(0, Limits.NEVER_EXPIRES, range.commitVersion);
        }
      }
      return newest;
    }

    private void overlay(Batch batch, long version) {
      BatchReader operation = batch.reader();
      while (operation.next()) {
        if (operation.isRange()) {
          tombstones.add(
              new RangeTombstone(
                  operation.keyspaceId(), operation.key(), operation.rangeEnd(), version));
          continue;
        }
        ByteBuffer key =
            ByteBuffer.wrap(operation.bytes(), operation.keyOffset(), operation.keyLength());
        boolean isPut = operation.kind() == ValueKind.PUT;
        overlay.put(
            new Key(operation.keyspaceId(), key),
            new Entry(
                isPut ? version : 0, isPut ? operation.expiryMs() : Limits.NEVER_EXPIRES, version));
      }
    }
  }

  // Notes the newest entry of the key if it is newer; false if memory does not reach back to asOf.
  private boolean lookInMemory(Conditions.OfKey condition, long asOf) {
    ReadView view = keyspaces.get(condition.keyspaceId()).view();
    if (view.flushedTo() > asOf) {
      return false;
    }
    lookup.start(condition.key(), Limits.VERSION_MAX, true);
    lookup.withoutValue();
    if (view.getFromMemory(lookup) == Lookup.Outcome.FOUND && lookup.version() > asOf) {
      boolean isPut = lookup.kind() == ValueKind.PUT;
      condition.found(
          isPut ? lookup.version() : 0, isPut ? lookup.expiryMs() : Limits.NEVER_EXPIRES);
    }
    return true;
  }
}

package io.apexstore.engine.crash;

import io.apexstore.engine.crash.StoreContent.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The commits of a run, in their order: what each changes, and when it was submitted, acknowledged
 * as durable, or found to have died with its process. Times are steps of the storage.
 *
 * <p>From it follows what a store may hold after a power cut at any step: the state after some
 * prefix of the commits submitted by then, not shorter than those acknowledged by then.
 */
final class CrashHistory {
  private static final int NEVER = Integer.MAX_VALUE;

  /**
   * A put, or a deletion where there is no entry.
   *
   * @param to of the deletion of a range, which begins with the key, the first key behind it
   */
  record Change(String keyspace, String key, @Nullable Entry entry, @Nullable String to) {
    void applyTo(StoreContent content) {
      if (to != null) {
        content.removeRange(keyspace, key, to);
      } else if (entry == null) {
        content.remove(keyspace, key);
      } else {
        content.put(keyspace, key, entry);
      }
    }
  }

  /** One commit. */
  static final class Commit {
    final int number;
    final List<Change> changes;
    final @Nullable Precondition precondition;
    final int batchBytes;
    final int submittedAt;
    final long submittedMs;
    private int acknowledgedAt = NEVER;
    private int diedAt = NEVER;
    private int returnedAt = NEVER;
    private long returnedMs = Long.MAX_VALUE;
    private long version;

    Commit(
        int number,
        List<Change> changes,
        @Nullable Precondition precondition,
        int batchBytes,
        int submittedAt,
        long submittedMs) {
      this.number = number;
      this.changes = changes;
      this.precondition = precondition;
      this.batchBytes = batchBytes;
      this.submittedAt = submittedAt;
      this.submittedMs = submittedMs;
    }

    /** The commit returned its version: from now on the store may not give that out again. */
    void returned(long itsVersion, int step, long nowMs) {
      version = itsVersion;
      returnedAt = step;
      returnedMs = nowMs;
    }

    boolean hasReturned() {
      return returnedAt != NEVER;
    }

    /** Returns its version if it had told it by a step, or 0. */
    long versionAt(int step) {
      return returnedAt <= step ? version : 0;
    }

    private boolean mayBeMadeAfter(StoreContent before) {
      return precondition == null || precondition.holds(before, submittedMs, returnedMs);
    }
  }

  private final List<Commit> commits = new ArrayList<>();

  /** Makes a value that tells which commit it is from. */
  static byte[] value(int commit, SplittableRandom random, int length) {
    byte[] value = new byte[Math.max(8, length)];
    if (random.nextBoolean()) {
      random.nextBytes(value); // Otherwise zeros, which compress.
    }
    ByteBuffer.wrap(value).putInt(commit).putInt(value.length);
    return value;
  }

  /** Says which commit a value is from, as far as it is one of ours. */
  static String originOf(byte[] value) {
    return value.length < 8 ? "" : "of commit " + ByteBuffer.wrap(value).getInt();
  }

  Commit submit(
      List<Change> changes,
      @Nullable Precondition precondition,
      int batchBytes,
      int step,
      long nowMs) {
    Commit commit =
        new Commit(commits.size(), List.copyOf(changes), precondition, batchBytes, step, nowMs);
    commits.add(commit);
    return commit;
  }

  int nextNumber() {
    return commits.size();
  }

  /** All commits up to this one, and it, are durable. */
  void acknowledge(Commit upTo, int step) {
    for (int i = upTo.number; i >= 0; i--) {
      Commit commit = commits.get(i);
      if (commit.acknowledgedAt == NEVER && commit.diedAt == NEVER) {
        commit.acknowledgedAt = step;
      } else if (commit.diedAt == NEVER) {
        return;
      }
    }
  }

  /** Somebody was told of a commit that put a value: it must be durable. */
  void told(byte[] value, int step) {
    Commit commit = commits.get(ByteBuffer.wrap(value).getInt());
    if (commit.diedAt != NEVER) {
      throw new AssertionError("commit " + commit.number + " was told of, and was lost before");
    }
    acknowledge(commit, step);
  }

  /** Everything that was committed and has returned is durable. */
  void acknowledgeReturned(int step) {
    for (int i = commits.size() - 1; i >= 0; i--) {
      if (commits.get(i).hasReturned() && commits.get(i).diedAt == NEVER) {
        acknowledge(commits.get(i), step);
        return;
      }
    }
  }

  /** Nothing of this commit was stored, nor will be. */
  void died(Commit commit, int step) {
    commit.diedAt = step;
  }

  /** The commit's condition did not hold: nothing of it was there at any time. */
  void refused(Commit commit) {
    commit.diedAt = commit.submittedAt;
  }

  /** What may be there after a power cut just before a step. */
  Expectation at(int step) {
    List<Commit> alive = new ArrayList<>();
    int least = 0;
    long versionMin = 0;
    for (Commit commit : commits) {
      if (commit.submittedAt >= step) {
        break;
      }
      if (commit.returnedAt <= step) {
        versionMin = Math.max(versionMin, commit.version);
      }
      if (commit.diedAt > step) {
        alive.add(commit);
        least = commit.acknowledgedAt <= step ? alive.size() : least;
      }
    }
    return new Expectation(step, alive, least, versionMin);
  }

  /**
   * What may be found.
   *
   * @param step when the power was cut
   * @param commits those submitted, in order
   * @param least how many of them must be there
   * @param versionGiven the newest version that somebody has seen
   */
  record Expectation(int step, List<Commit> commits, int least, long versionGiven) {
    /**
     * Returns how many commits make up the content. Each puts something of its own that stays, so
     * that is one number.
     *
     * @throws AssertionError if no number from {@link #least} on does, or one of those commits was
     *     made against its condition
     */
    int prefixOf(StoreContent found) {
      StoreContent content = found.emptied();
      StoreContent atLeast = content;
      int prefix = -1;
      Commit wrong = null;
      for (int n = 0; n <= commits.size() && prefix < 0; n++) {
        if (n > 0) {
          Commit commit = commits.get(n - 1);
          wrong = wrong == null && !commit.mayBeMadeAfter(content) ? commit : wrong;
          commit.changes.forEach(change -> change.applyTo(content));
        }
        if (n == least) {
          atLeast = content.copy();
        }
        prefix = content.explains(found) ? n : prefix;
      }
      if (prefix >= least && wrong == null) {
        return prefix;
      }
      throw new AssertionError(
          wrong != null
              ? "commit " + wrong.number + " was made against its condition: " + wrong.precondition
              : (prefix >= 0
                      ? "only " + prefix + " commits are there"
                      : "what is there is no prefix of the commits")
                  + "; acknowledged were "
                  + least
                  + " of "
                  + commits.size()
                  + ", against which it differs first at "
                  + atLeast.firstDifference(found));
    }

    /** Returns what the first commits make up, seen at a time. */
    StoreContent contentOf(int prefix, long nowMs) {
      StoreContent content = new StoreContent(nowMs);
      commits
          .subList(0, prefix)
          .forEach(commit -> commit.changes.forEach(change -> change.applyTo(content)));
      return content;
    }

    /** Returns the changes of the first commits, in order. */
    List<Change> changesOf(int prefix) {
      return commits.subList(0, prefix).stream()
          .flatMap(commit -> commit.changes.stream())
          .toList();
    }

    /** Returns when the last commit was submitted, in ms since the epoch. */
    long timeSubmitted() {
      return commits.isEmpty() ? 1_700_000_000_000L : commits.getLast().submittedMs;
    }

    /** Returns a time, in ms since the epoch, that the store may not fall behind. */
    long timeReached() {
      return commits.subList(0, least).stream()
          .mapToLong(commit -> commit.submittedMs)
          .max()
          .orElse(0);
    }

    /** Returns how many commits have told their version. */
    int returned() {
      int returned = 0;
      for (int i = 0; i < commits.size(); i++) {
        returned = commits.get(i).hasReturned() ? i + 1 : returned;
      }
      return returned;
    }

    /** Returns the bytes of the commits from a number on that have told their version. */
    long returnedBytesFrom(int first) {
      return commits.subList(first, commits.size()).stream()
          .filter(Commit::hasReturned)
          .mapToLong(commit -> commit.batchBytes)
          .sum();
    }
  }

  /** After a restart: the commits from a number on, of those expected, died with their process. */
  void cutTo(Expectation expectation, int prefix, int step) {
    for (int i = prefix; i < expectation.commits().size(); i++) {
      died(expectation.commits().get(i), step);
    }
  }
}

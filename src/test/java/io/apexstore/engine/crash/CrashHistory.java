package io.apexstore.engine.crash;

import io.apexstore.engine.crash.StoreContent.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The commits of a run in order: the changes of each, and the steps of the storage at which it was
 * submitted, acknowledged as durable, or found to be lost with its process.
 *
 * <p>It determines the possible content of a store after a power cut at any step: the result of a
 * prefix of the commits submitted by then that includes all those acknowledged by then.
 */
final class CrashHistory {
  private static final int NEVER = Integer.MAX_VALUE;

  /**
   * A put, or a tombstone if there is no entry.
   *
   * @param to the exclusive end of a range tombstone, which begins at the key; null: of one key
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

    /** The commit returned its version: the store must not use it again. */
    void returned(long itsVersion, int step, long nowMs) {
      version = itsVersion;
      returnedAt = step;
      returnedMs = nowMs;
    }

    boolean hasReturned() {
      return returnedAt != NEVER;
    }

    /** Returns its version if it had returned by a step, or 0. */
    long versionAt(int step) {
      return returnedAt <= step ? version : 0;
    }

    private boolean mayBeMadeAfter(StoreContent before) {
      return precondition == null || precondition.holds(before, submittedMs, returnedMs);
    }
  }

  private final List<Commit> commits = new ArrayList<>();

  /** Creates a value that contains the number of its commit. */
  static byte[] value(int commit, SplittableRandom random, int length) {
    byte[] value = new byte[Math.max(8, length)];
    if (random.nextBoolean()) {
      random.nextBytes(value); // Otherwise zeros, which compress.
    }
    ByteBuffer.wrap(value).putInt(commit).putInt(value.length);
    return value;
  }

  /** Returns the number of the commit of a value, as text. */
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

  /** Records that all commits up to and including this one are durable. */
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

  /** Records that the feed returned a put of this value: its commit must be durable. */
  void delivered(byte[] value, int step) {
    Commit commit = commits.get(ByteBuffer.wrap(value).getInt());
    if (commit.diedAt != NEVER) {
      throw new AssertionError("commit " + commit.number + " is in the feed although it was lost");
    }
    acknowledge(commit, step);
  }

  /** Records that every commit that has returned is durable. */
  void acknowledgeReturned(int step) {
    for (int i = commits.size() - 1; i >= 0; i--) {
      if (commits.get(i).hasReturned() && commits.get(i).diedAt == NEVER) {
        acknowledge(commits.get(i), step);
        return;
      }
    }
  }

  /** Records that the commit is lost. */
  void died(Commit commit, int step) {
    commit.diedAt = step;
  }

  /** Records that the condition of the commit did not hold: it was never visible. */
  void refused(Commit commit) {
    commit.diedAt = commit.submittedAt;
  }

  /** Returns the possible content after a power cut just before a step. */
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
   * The possible content after a power cut.
   *
   * @param step the step of the power cut
   * @param commits the submitted commits, in order
   * @param least the number of them that must be present
   * @param versionGiven the newest version that was returned
   */
  record Expectation(int step, List<Commit> commits, int least, long versionGiven) {
    /**
     * Returns the number of commits that yield the content. It is unique, because each commit puts
     * a unique value that stays.
     *
     * @throws AssertionError if no number from {@link #least} on does, or one of the commits
     *     violates its condition
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
              ? "commit " + wrong.number + " violates its condition: " + wrong.precondition
              : (prefix >= 0
                      ? "only " + prefix + " commits are present"
                      : "the content is no prefix of the commits")
                  + "; acknowledged: "
                  + least
                  + " of "
                  + commits.size()
                  + "; first difference from these: "
                  + atLeast.firstDifference(found));
    }

    /** Returns the content that the first commits yield, as of a time. */
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

    /** Returns the time at which the last commit was submitted, in ms since the epoch. */
    long timeSubmitted() {
      return commits.isEmpty() ? 1_700_000_000_000L : commits.getLast().submittedMs;
    }

    /** Returns the earliest time, in ms since the epoch, that the clock of the store may have. */
    long timeReached() {
      return commits.subList(0, least).stream()
          .mapToLong(commit -> commit.submittedMs)
          .max()
          .orElse(0);
    }

    /** Returns the number of commits up to the last one that has returned. */
    int returned() {
      int returned = 0;
      for (int i = 0; i < commits.size(); i++) {
        returned = commits.get(i).hasReturned() ? i + 1 : returned;
      }
      return returned;
    }

    /** Returns the bytes of the commits from a number on that have returned. */
    long returnedBytesFrom(int first) {
      return commits.subList(first, commits.size()).stream()
          .filter(Commit::hasReturned)
          .mapToLong(commit -> commit.batchBytes)
          .sum();
    }
  }

  /** Records, after a restart, that the commits after a prefix were lost with their process. */
  void cutTo(Expectation expectation, int prefix, int step) {
    for (int i = prefix; i < expectation.commits().size(); i++) {
      died(expectation.commits().get(i), step);
    }
  }
}

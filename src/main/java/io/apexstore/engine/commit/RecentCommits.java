package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.EngineException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The most recent commits, kept while conditions on ranges are used: the writer checks such a
 * condition against the commits between its evaluation and its own commit.
 *
 * <p><b>Threads:</b> {@link #want} by any; the rest by the pipeline's leader. <b>Invariants:</b>
 * every commit above {@link #completeAbove} is kept; nothing is kept while no condition on a range
 * is used.
 */
public final class RecentCommits {
  private static final int COMMITS_MAX = 16_384;
  private static final long BYTES_MAX = 8 << 20;
  // After this many commits without a condition on a range, commits are no longer kept.
  private static final int UNASKED_MAX = 65_536;

  private volatile boolean wanted;
  private final ArrayDeque<Kept> commits = new ArrayDeque<>();
  private long bytes;
  private long completeAbove = Long.MAX_VALUE;
  // Of the commits applied since the store was opened.
  private long newest;
  private int unasked;

  /** Creates an empty list of commits. */
  public RecentCommits() {}

  private record Kept(long version, Batch batch) {}

  /**
   * Keeps commits from now on. An evaluation calls it before it reads the version as of which it
   * evaluates a range.
   */
  void want() {
    if (!wanted) {
      wanted = true;
    }
  }

  /** Notes a commit that is being applied. */
  void applied(Batch batch, long version) {
    newest = version;
    if (!wanted) {
      return;
    }
    if (++unasked > UNASKED_MAX) {
      forget();
      return;
    }
    if (completeAbove == Long.MAX_VALUE) {
      completeAbove = version - 1;
    }
    commits.add(new Kept(version, batch));
    bytes += batch.length();
    while (commits.size() > COMMITS_MAX || bytes > BYTES_MAX) {
      Kept oldest = commits.remove();
      bytes -= oldest.batch.length();
      completeAbove = oldest.version;
    }
  }

  private void forget() {
    wanted = false;
    commits.clear();
    bytes = 0;
    completeAbove = Long.MAX_VALUE;
    unasked = 0;
  }

  /** Whether all commits above a version are known. */
  boolean reachBackTo(long version) {
    unasked = 0;
    return version >= newest || version >= completeAbove;
  }

  /** Returns the violation of a condition by a commit above a version, or null. */
  @Nullable EngineException violation(Conditions.OfRange condition, long aboveVersion) {
    Iterator<Kept> newestFirst = commits.descendingIterator();
    while (newestFirst.hasNext()) {
      Kept kept = newestFirst.next();
      if (kept.version <= aboveVersion) {
        return null;
      }
      EngineException violation = violation(condition, kept.batch, kept.version);
      if (violation != null) {
        return violation;
      }
    }
    return null;
  }

  /** Returns the violation of a condition by one commit, or null. */
  static @Nullable EngineException violation(
      Conditions.OfRange condition, Batch batch, long version) {
    BatchReader operation = batch.reader();
    while (operation.next()) {
      if (operation.isRangeDelete()) {
        if (condition.overlaps(operation.keyspaceId(), operation.key(), operation.rangeEnd())) {
          return condition.rangeFailure(version);
        }
        continue;
      }
      int offset = operation.keyOffset();
      int length = operation.keyLength();
      if (condition.contains(operation.keyspaceId(), operation.bytes(), offset, length)) {
        byte[] key = Arrays.copyOfRange(operation.bytes(), offset, offset + length);
        return condition.failure(key, version);
      }
    }
    return null;
  }
}

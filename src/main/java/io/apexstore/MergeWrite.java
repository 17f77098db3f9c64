package io.apexstore;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.commit.Commits;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.OptimisticWrite;
import org.jspecify.annotations.Nullable;

/**
 * The write of a batch whose merges need what the store holds: it folds them onto that, and is
 * committed if none of their keys was written meanwhile.
 *
 * <p><b>Threads:</b> one at a time: the submitter's, or for asynchronous writes those on which the
 * store reads for them. Operators are called there, never on the thread that writes.
 */
final class MergeWrite implements OptimisticWrite {
  private final Commits commits;
  private final Batch batch;
  private final Merges merges;
  private final @Nullable Conditions wanted;

  /**
   * Creates the write.
   *
   * @param batch everything else that is committed, sealed
   * @param wanted the caller's conditions; if one does not hold, the write fails
   */
  MergeWrite(Commits commits, Batch batch, Merges merges, @Nullable Conditions wanted) {
    this.commits = commits;
    this.batch = batch;
    this.merges = merges;
    this.wanted = wanted;
  }

  @Override
  public Prepared prepare() {
    Conditions conditions = new Conditions();
    if (wanted != null) {
      // First: operators may rely on these conditions, and their failure takes precedence.
      commits.evaluate(wanted);
      conditions.addAll(wanted);
    }
    Batch whole = batch.copy();
    merges.evaluate(whole, conditions);
    whole.seal();
    return new Prepared(whole, conditions);
  }
}

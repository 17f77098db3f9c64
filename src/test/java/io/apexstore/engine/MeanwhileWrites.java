package io.apexstore.engine;

import io.apexstore.engine.commit.ConditionEvaluator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Writes between the evaluation of the conditions of a commit and its check by the writer. */
public final class MeanwhileWrites {
  private MeanwhileWrites() {}

  /** Runs the writes if the caller evaluates conditions; to be called when a clock is read. */
  public static void run(AtomicReference<@Nullable Runnable> writes) {
    // Not for the conditions of these writes themselves.
    Runnable run = writes.get();
    if (run == null || !isCheck()) {
      return;
    }
    writes.set(null);
    run.run();
    writes.set(run);
  }

  private static boolean isCheck() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame -> frame.getClassName().equals(ConditionEvaluator.class.getName())));
  }
}

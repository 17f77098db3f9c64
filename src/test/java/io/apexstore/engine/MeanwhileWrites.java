package io.apexstore.engine;

import io.apexstore.engine.commit.ConditionEvaluator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Writes that come after the conditions of a commit were looked at and before it is made. */
public final class MeanwhileWrites {
  private MeanwhileWrites() {}

  /** To be called where the time is asked for: does something if it is asked for conditions. */
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

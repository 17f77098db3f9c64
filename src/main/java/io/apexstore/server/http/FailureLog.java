package io.apexstore.server.http;

import io.apexstore.engine.base.SafeLogger;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log lines of failed requests. A fault that every request meets would write a line for each of
 * them; of each kind of problem, {@value #LINES_MAX} lines a minute are written, and the first line
 * after a minute says how many were left out.
 *
 * <p><b>Threads:</b> any. <b>Errors:</b> none: a logger that throws does not change an answer.
 */
final class FailureLog {
  /** Lines of one kind in one minute. */
  static final int LINES_MAX = 20;

  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final System.Logger LOG = SafeLogger.of(Problems.class);

  private final LongSupplier nanoTime;
  private final System.Logger log;
  private final Map<Problem.Kind, Minute> minutes = new EnumMap<>(Problem.Kind.class);

  FailureLog() {
    this(System::nanoTime, LOG);
  }

  FailureLog(LongSupplier nanoTime, System.Logger log) {
    this.nanoTime = nanoTime;
    this.log = log;
    for (Problem.Kind kind : Problem.Kind.values()) {
      minutes.put(kind, new Minute(nanoTime.getAsLong()));
    }
  }

  /** Writes a line about a request that failed with this kind of problem. */
  void write(Problem.Kind kind, Supplier<String> line) {
    write(kind, line, null);
  }

  /** Writes a line with the stack trace of its cause. */
  void write(Problem.Kind kind, Supplier<String> line, @Nullable Throwable cause) {
    long omitted = Objects.requireNonNull(minutes.get(kind)).take(nanoTime.getAsLong());
    if (omitted < 0) {
      return;
    }
    String text =
        omitted == 0
            ? line.get()
            : line.get() + " (and " + omitted + " more of this kind, which are not logged)";
    log.log(System.Logger.Level.ERROR, text, cause);
  }

  /** The lines of one kind in the current minute. */
  private static final class Minute {
    private long startNanos;
    private int written;
    private long omitted;

    Minute(long startNanos) {
      this.startNanos = startNanos;
    }

    /** Returns the number of lines that were omitted before this one, or -1 to omit it, too. */
    synchronized long take(long nowNanos) {
      if (nowNanos - startNanos >= MINUTE_NANOS) {
        startNanos = nowNanos;
        written = 0;
      }
      if (written == LINES_MAX) {
        omitted++;
        return -1;
      }
      written++;
      long before = omitted;
      omitted = 0;
      return before;
    }
  }
}

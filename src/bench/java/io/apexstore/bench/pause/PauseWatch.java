package io.apexstore.bench.pause;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Notes the pauses of a measuring thread that are longer than {@value #PAUSE_MS_MIN} ms, and finds
 * their causes afterwards. A cause is either the machine, if it stopped all threads, or the store:
 * everything else, including pauses of the collector and a lack of cores.
 *
 * <p><b>Threads:</b> confined to the measuring thread.
 */
public final class PauseWatch {
  /** Shorter pauses are ignored. */
  public static final long PAUSE_MS_MIN = 10;

  private static final long PAUSE_NANOS_MIN = PAUSE_MS_MIN * 1_000_000;
  private static final long CLOCK_PERIOD_NANOS = 5_000_000;
  // An event that explains a smaller share of a pause is not its cause.
  private static final double SHARE_MIN = 0.4;

  /**
   * The pauses of a period.
   *
   * @param count the number of pauses of 10 ms and more
   * @param longestMs the length of the longest one
   * @param longestOfStoreMs the length of the longest one that the store, or the JVM for it, caused
   * @param ofMachine the number of pauses that the machine caused
   */
  public record Findings(int count, double longestMs, double longestOfStoreMs, int ofMachine) {}

  private record Pause(
      long fromNanos, long toNanos, Instant end, ThreadClock spent, boolean inOperation) {
    long nanos() {
      return toNanos - fromNanos;
    }
  }

  private record Cause(boolean ofMachine, String text) {}

  private final Hiccups hiccups = new Hiccups();
  private final FlightEvents events = new FlightEvents();
  private final List<Pause> pauses = new ArrayList<>();
  private final long began = System.nanoTime();
  private final String thread = Thread.currentThread().getName();
  private ThreadClock clock = ThreadClock.now();
  private long clockRead = began;

  /** Reports a period in which the thread did not look at the clock. Cheap, called often. */
  public void saw(long fromNanos, long toNanos, boolean inOperation) {
    if (toNanos - fromNanos >= PAUSE_NANOS_MIN) {
      ThreadClock now = ThreadClock.now();
      pauses.add(new Pause(fromNanos, toNanos, Instant.now(), now.minus(clock), inOperation));
      clock = now;
      clockRead = System.nanoTime();
    }
  }

  /** Reads the CPU clock of the thread now and then; to be called while it has nothing to do. */
  public void idle(long nowNanos) {
    if (nowNanos - clockRead >= CLOCK_PERIOD_NANOS) {
      clock = ThreadClock.now();
      clockRead = nowNanos;
    }
  }

  /** Ends the watch, prints each pause with its cause, and returns a summary. */
  public Findings stop(PrintStream out) throws IOException {
    hiccups.close();
    List<FlightEvents.Event> seen = events.stop();
    double longest = 0;
    double longestOfStore = 0;
    int ofMachine = 0;
    for (Pause pause : pauses) {
      Cause cause = causeOf(pause, seen);
      double ms = pause.nanos() / 1e6;
      longest = Math.max(longest, ms);
      if (cause.ofMachine) {
        ofMachine++;
      } else {
        longestOfStore = Math.max(longestOfStore, ms);
      }
      out.printf(
          Locale.ROOT,
          "pause of %.1f ms at %.2f s, %s, ran %.1f, queued %.1f: %s: %s%n",
          ms,
          (pause.fromNanos - began) / 1e9,
          pause.inOperation ? "in an operation" : "between operations",
          pause.spent.ranNanos() / 1e6,
          pause.spent.queuedNanos() / 1e6,
          cause.ofMachine ? "the machine" : "the store",
          cause.text);
    }
    return new Findings(pauses.size(), longest, longestOfStore, ofMachine);
  }

  private Cause causeOf(Pause pause, List<FlightEvents.Event> seen) {
    double enough = pause.nanos() * SHARE_MIN;
    Instant from = pause.end.minus(Duration.ofNanos(pause.nanos()));
    List<String> others = new ArrayList<>();
    for (FlightEvents.Event event : seen) {
      long common = event.common(from, pause.end);
      boolean own = event.thread().map(thread::equals).orElse(true);
      if (own && common >= enough) {
        return new Cause(false, event.what());
      }
      if (!own && common >= enough && !event.what().startsWith("ThreadPark")) {
        others.add(event.what() + " of " + event.thread().orElse(""));
      }
    }
    String meanwhile = others.isEmpty() ? "" : "; meanwhile " + String.join(", ", others);
    long machine = 0;
    long crowded = 0;
    for (Hiccups.Gap gap : hiccups.gaps()) {
      long common = gap.common(pause.fromNanos, pause.toNanos);
      machine += gap.isOfMachine() ? common : 0;
      crowded += gap.isOfMachine() ? 0 : common;
    }
    if (machine >= enough) {
      return new Cause(true, "an idle thread could not run either" + meanwhile);
    }
    if (pause.spent.queuedNanos() >= enough) {
      return new Cause(
          false, (crowded > 0 ? "all cores were busy" : "waited for a core") + meanwhile);
    }
    if (pause.spent.ranNanos() >= enough) {
      return new Cause(false, "it ran, in the kernel or outside" + meanwhile);
    }
    return new Cause(false, "it waited for something" + meanwhile);
  }
}

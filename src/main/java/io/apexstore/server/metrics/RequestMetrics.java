package io.apexstore.server.metrics;

import io.apexstore.server.operation.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The requests of all event loops together: counts since the start, and percentiles of the time
 * that the last seconds' requests took.
 *
 * <p><b>Threads:</b> any; {@link #sample} by one at a time.
 */
public final class RequestMetrics {
  /** Samples that percentiles look back over; at one a second, ten seconds. */
  private static final int WINDOW_SAMPLES = 10;

  private static final List<Operation> OPERATIONS = List.of(Operation.values());

  private final List<LoopRecorder> loops = new CopyOnWriteArrayList<>();
  private final Deque<long[][]> samples = new ArrayDeque<>();
  private volatile List<OperationFigures> latest;

  /** Creates metrics without any requests. */
  public RequestMetrics() {
    this.latest = figures(noCounts(), noCounts());
  }

  /**
   * One operation's figures.
   *
   * @param operation the operation
   * @param succeeded answers below 400 since the start
   * @param refused answers of 400 to 499 since the start
   * @param failed answers of 500 and above since the start
   * @param nanos time they all took together, in ns
   * @param recent requests of the window
   * @param p50Nanos half of those took no longer, in ns
   * @param p99Nanos 99 in 100 of those took no longer, in ns
   * @param p999Nanos 999 in 1000 of those took no longer, in ns
   * @param maxNanos none of those took longer, in ns
   */
  public record OperationFigures(
      Operation operation,
      long succeeded,
      long refused,
      long failed,
      long nanos,
      long recent,
      long p50Nanos,
      long p99Nanos,
      long p999Nanos,
      long maxNanos) {}

  /** Returns a recorder for one event loop. */
  public LoopRecorder newLoop() {
    LoopRecorder loop = new LoopRecorder();
    loops.add(loop);
    return loop;
  }

  /** Moves the window on; to be called once a second. */
  public void sample() {
    long[][] now = latencyCounts();
    long[][] before = samples.isEmpty() ? noCounts() : samples.getFirst();
    latest = figures(now, before);
    samples.addLast(now);
    if (samples.size() > WINDOW_SAMPLES) {
      samples.removeFirst();
    }
  }

  /** Returns the figures: counts as of now, percentiles as of the last sample. */
  public List<OperationFigures> figures() {
    List<OperationFigures> current = new ArrayList<>();
    for (OperationFigures sampled : latest) {
      Operation operation = sampled.operation();
      current.add(
          new OperationFigures(
              operation,
              sum(operation, 0),
              sum(operation, 1),
              sum(operation, 2),
              loops.stream().mapToLong(loop -> loop.nanos(operation)).sum(),
              sampled.recent(),
              sampled.p50Nanos(),
              sampled.p99Nanos(),
              sampled.p999Nanos(),
              sampled.maxNanos()));
    }
    return current;
  }

  private List<OperationFigures> figures(long[][] now, long[][] before) {
    List<OperationFigures> all = new ArrayList<>();
    for (Operation operation : OPERATIONS) {
      long[] window = new long[LatencyHistogram.BUCKETS];
      long total = 0;
      for (int i = 0; i < window.length; i++) {
        window[i] = now[operation.index()][i] - before[operation.index()][i];
        total += window[i];
      }
      all.add(
          new OperationFigures(
              operation,
              0,
              0,
              0,
              0,
              total,
              LatencyHistogram.percentile(window, 0.5),
              LatencyHistogram.percentile(window, 0.99),
              LatencyHistogram.percentile(window, 0.999),
              LatencyHistogram.percentile(window, 1)));
    }
    return List.copyOf(all);
  }

  private long sum(Operation operation, int statusClass) {
    return loops.stream().mapToLong(loop -> loop.count(operation, statusClass)).sum();
  }

  private long[][] latencyCounts() {
    long[][] counts = noCounts();
    for (LoopRecorder loop : loops) {
      for (Operation operation : OPERATIONS) {
        loop.latency(operation).addTo(counts[operation.index()]);
      }
    }
    return counts;
  }

  private long[][] noCounts() {
    return new long[OPERATIONS.size()][LatencyHistogram.BUCKETS];
  }
}

package io.apexstore.server.metrics;

import io.apexstore.server.operation.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Counts and latencies of the requests of all event loops, by operation: counts since the start,
 * and percentiles of the latencies of the last ten seconds.
 *
 * <p><b>Threads:</b> any; calls of {@link #sample} must not overlap.
 */
public final class RequestMetrics {
  /** The samples in the window of the percentiles: ten seconds at one sample per second. */
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
   * The figures of one operation.
   *
   * @param operation the operation
   * @param succeeded the answers with a status below 400 since the start
   * @param refused the answers with a status of 400 to 499 since the start
   * @param failed the answers with a status of 500 or above since the start
   * @param nanos the total latency of all requests since the start, in ns
   * @param recent the requests in the window
   * @param p50Nanos the median latency in the window, in ns
   * @param p99Nanos the 99th percentile of the latency in the window, in ns
   * @param p999Nanos the 99.9th percentile of the latency in the window, in ns
   * @param maxNanos the longest latency in the window, in ns
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

  /** Adds the recorder of one event loop and returns it. */
  public LoopRecorder newLoop() {
    LoopRecorder loop = new LoopRecorder();
    loops.add(loop);
    return loop;
  }

  /** Advances the window. Must be called once per second. */
  public void sample() {
    long[][] now = latencyCounts();
    long[][] before = samples.isEmpty() ? noCounts() : samples.getFirst();
    latest = figures(now, before);
    samples.addLast(now);
    if (samples.size() > WINDOW_SAMPLES) {
      samples.removeFirst();
    }
  }

  /** Returns the figures. Counts are current; percentiles are as of the last sample. */
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

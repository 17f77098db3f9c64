package io.apexstore.server.metrics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
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

  private final List<String> operations;
  private final Map<String, Integer> indexByOperation = new HashMap<>();
  private final List<LoopRecorder> loops = new CopyOnWriteArrayList<>();
  private final Deque<long[][]> samples = new ArrayDeque<>();
  private volatile List<OperationFigures> latest;

  /** Creates metrics for the operations with these names. */
  public RequestMetrics(Collection<String> operationNames) {
    this.operations = List.copyOf(new TreeSet<>(operationNames));
    for (String operation : operations) {
      indexByOperation.put(operation, indexByOperation.size());
    }
    this.latest = figures(noCounts(), noCounts());
  }

  /**
   * The figures of one operation.
   *
   * @param operation the name of the operation
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
      String operation,
      long succeeded,
      long refused,
      long failed,
      long nanos,
      long recent,
      long p50Nanos,
      long p99Nanos,
      long p999Nanos,
      long maxNanos) {}

  /** Returns the names of the operations. */
  public List<String> operations() {
    return operations;
  }

  /** Adds the recorder of one event loop and returns it. */
  public LoopRecorder newLoop() {
    LoopRecorder loop = new LoopRecorder(indexByOperation);
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
      int index = Objects.requireNonNull(indexByOperation.get(sampled.operation()));
      current.add(
          new OperationFigures(
              sampled.operation(),
              sum(index, 0),
              sum(index, 1),
              sum(index, 2),
              loops.stream().mapToLong(loop -> loop.nanos(index)).sum(),
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
    for (int operation = 0; operation < operations.size(); operation++) {
      long[] window = new long[LatencyHistogram.BUCKETS];
      long total = 0;
      for (int i = 0; i < window.length; i++) {
        window[i] = now[operation][i] - before[operation][i];
        total += window[i];
      }
      all.add(
          new OperationFigures(
              operations.get(operation),
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

  private long sum(int operation, int statusClass) {
    return loops.stream().mapToLong(loop -> loop.count(operation, statusClass)).sum();
  }

  private long[][] latencyCounts() {
    long[][] counts = noCounts();
    for (LoopRecorder loop : loops) {
      for (int operation = 0; operation < counts.length; operation++) {
        loop.latency(operation).addTo(counts[operation]);
      }
    }
    return counts;
  }

  private long[][] noCounts() {
    return new long[operations.size()][LatencyHistogram.BUCKETS];
  }
}

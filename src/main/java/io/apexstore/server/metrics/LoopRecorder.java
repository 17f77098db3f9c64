package io.apexstore.server.metrics;

import io.apexstore.server.operation.Operation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters for the requests of one event loop.
 *
 * <p><b>Threads:</b> {@link #ended} only on the event loop; any thread reads the counters, and may
 * see a value with a short delay.
 */
public final class LoopRecorder {
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  /** Status classes: 0 is 2xx and 3xx, 1 is 4xx, 2 is 5xx. */
  static final int CLASSES = 3;

  private final long[][] countsByClass;
  private final long[] nanos;
  private final LatencyHistogram[] latencies;

  LoopRecorder() {
    int operations = Operation.values().length;
    this.countsByClass = new long[operations][CLASSES];
    this.nanos = new long[operations];
    this.latencies = new LatencyHistogram[operations];
    for (int i = 0; i < operations; i++) {
      latencies[i] = new LatencyHistogram();
    }
  }

  /**
   * Counts a request that has ended.
   *
   * @param tookNanos the time from the head of the request to the end of its answer
   */
  public void ended(Operation operation, int status, long tookNanos) {
    int index = operation.index();
    add(countsByClass[index], status < 400 ? 0 : status < 500 ? 1 : 2, 1);
    add(nanos, index, tookNanos);
    latencies[index].record(tookNanos);
  }

  private static void add(long[] counters, int index, long value) {
    LONGS.setOpaque(counters, index, counters[index] + value);
  }

  long count(Operation operation, int statusClass) {
    return (long) LONGS.getOpaque(countsByClass[operation.index()], statusClass);
  }

  long nanos(Operation operation) {
    return (long) LONGS.getOpaque(nanos, operation.index());
  }

  LatencyHistogram latency(Operation operation) {
    return latencies[operation.index()];
  }
}

package io.apexstore.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.operation.Operation;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  @Test
  void aBucketHoldsTimesWithinASixteenth() {
    for (long nanos = 1; nanos < 1L << 39; nanos += 1 + nanos / 7) {
      int bucket = LatencyHistogram.bucketOf(nanos);
      long upper = LatencyHistogram.upperBound(bucket);
      assertTrue(upper >= nanos && upper - nanos <= nanos / 16 + 1, nanos + " in " + upper);
      assertEquals(bucket, LatencyHistogram.bucketOf(upper));
      assertEquals(bucket + 1, LatencyHistogram.bucketOf(upper + 1));
    }
    assertEquals(0, LatencyHistogram.bucketOf(-1));
    assertEquals(LatencyHistogram.BUCKETS - 1, LatencyHistogram.bucketOf(Long.MAX_VALUE));
  }

  @Test
  void countsOfAllLoopsAreSummedByOutcome() {
    RequestMetrics metrics = new RequestMetrics();
    LoopRecorder one = metrics.newLoop();
    LoopRecorder two = metrics.newLoop();
    one.ended(Operation.GET, 200, 10);
    two.ended(Operation.GET, 304, 10);
    two.ended(Operation.GET, 404, 10);
    two.ended(Operation.GET, 503, 10);
    two.ended(Operation.PUT, 200, 10);
    RequestMetrics.OperationFigures get = metrics.figures().getFirst();
    assertEquals(Operation.GET, get.operation());
    assertEquals(2, get.succeeded());
    assertEquals(1, get.refused());
    assertEquals(1, get.failed());
    assertEquals(40, get.nanos());
  }

  @Test
  void percentilesLookBackOverTenSamples() {
    RequestMetrics metrics = new RequestMetrics();
    LoopRecorder loop = metrics.newLoop();
    for (int i = 0; i < 990; i++) {
      loop.ended(Operation.GET, 200, 1_000);
    }
    for (int i = 0; i < 10; i++) {
      loop.ended(Operation.GET, 200, 1_000_000);
    }
    metrics.sample();
    RequestMetrics.OperationFigures get = metrics.figures().getFirst();
    assertEquals(1_000, get.recent());
    assertNear(1_000, get.p50Nanos());
    assertNear(1_000, get.p99Nanos());
    assertNear(1_000_000, get.p999Nanos());
    for (int i = 0; i < 11; i++) {
      metrics.sample();
    }
    assertEquals(0, metrics.figures().getFirst().recent());
    assertEquals(0, metrics.figures().getFirst().p99Nanos());
    assertEquals(1_000, metrics.figures().getFirst().succeeded());
  }

  /** Within a bucket. */
  private static void assertNear(long expected, long actual) {
    assertTrue(Math.abs(actual - expected) <= expected / 16, expected + " is not " + actual);
  }
}

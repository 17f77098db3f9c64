package io.apexstore.bench.job;

import java.util.concurrent.ThreadLocalRandom;
import site.ycsb.generator.CounterGenerator;
import site.ycsb.generator.NumberGenerator;
import site.ycsb.generator.ScrambledZipfianGenerator;
import site.ycsb.generator.SkewedLatestGenerator;

/**
 * The operations of one thread, drawn in advance with YCSB's own generators.
 *
 * <p>New records get the numbers {@code base + i × threads + thread}, so that no two threads insert
 * the same record.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class YcsbOperations {
  private static final int SCAN_LENGTH_MAX = 100;

  private final YcsbMix.Action[] actions;
  private final long[] numbers;
  private final byte[] lengths;
  private final long base;
  private long inserts;

  private YcsbOperations(int count, long base) {
    this.actions = new YcsbMix.Action[count];
    this.numbers = new long[count];
    this.lengths = new byte[count];
    this.base = base;
  }

  /** Draws operations on records of which the first {@code base} exist already. */
  static YcsbOperations draw(YcsbMix mix, int count, long base, int threads, int thread) {
    YcsbOperations operations = new YcsbOperations(count, base);
    CounterGenerator newest = new CounterGenerator(base);
    NumberGenerator chooser =
        mix.latest()
            ? new SkewedLatestGenerator(newest)
            : new ScrambledZipfianGenerator(0, base - 1);
    for (int i = 0; i < count; i++) {
      YcsbMix.Action action = mix.action(ThreadLocalRandom.current().nextInt(100));
      operations.actions[i] = action;
      operations.lengths[i] = (byte) (1 + ThreadLocalRandom.current().nextInt(SCAN_LENGTH_MAX));
      if (action == YcsbMix.Action.INSERT) {
        operations.numbers[i] = base + operations.inserts * threads + thread;
        operations.inserts++;
        newest.nextValue();
      } else {
        operations.numbers[i] =
            existing(chooser.nextValue().longValue(), base, operations.inserts, threads, thread);
      }
    }
    return operations;
  }

  /** Converts a number of the generator, where a thread's inserts follow the base, to a record. */
  private static long existing(long drawn, long base, long inserts, int threads, int thread) {
    if (drawn < base) {
      return Math.max(0, drawn);
    }
    long own = Math.min(drawn - base, inserts - 1);
    return own < 0 ? base - 1 : base + own * threads + thread;
  }

  int count() {
    return actions.length;
  }

  long base() {
    return base;
  }

  long inserts() {
    return inserts;
  }

  YcsbMix.Action action(int i) {
    return actions[i];
  }

  long number(int i) {
    return numbers[i];
  }

  int length(int i) {
    return lengths[i];
  }
}

package io.apexstore.bench.load;

import io.apexstore.bench.store.KeyOrder;
import io.apexstore.bench.store.KeyShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Keys of 16 bytes and values of 1000, computed from the number of the key. The second half of a
 * value repeats the random first half, so that compression can save half. A second generation
 * overwrites one key in ten and deletes another one in ten.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class LargeData {
  static final int VALUE_BYTES = 1000;
  static final int ENTRY_BYTES = KeyShape.LENGTH + VALUE_BYTES;

  private static final int HALF = VALUE_BYTES / 2;
  private static final int ONE_IN = 10;

  private final byte[] key = new byte[KeyShape.LENGTH];
  private final byte[] value = new byte[VALUE_BYTES];
  private final MemorySegment valueSegment = MemorySegment.ofArray(value);

  /** The effect of the second generation on a key. */
  enum Fate {
    STAYS,
    OVERWRITTEN,
    DELETED
  }

  static Fate fate(long number) {
    return switch ((int) Long.remainderUnsigned(KeyOrder.mix(~number), ONE_IN)) {
      case 0 -> Fate.DELETED;
      case 1 -> Fate.OVERWRITTEN;
      default -> Fate.STAYS;
    };
  }

  /** Returns the key of a number; valid until the next call. */
  byte[] key(long number) {
    KeyShape.BINARY.fill(key, number);
    return key;
  }

  /** Returns an absent key; valid until the next call. */
  byte[] absentKey(long number) {
    KeyShape.BINARY.fillAbsent(key, number);
    return key;
  }

  /** Returns the value of a number in a generation, 0 or 1; valid until the next call. */
  byte[] value(long number, int generation) {
    long state = KeyOrder.mix(2 * number + generation);
    for (int at = 0; at < HALF; at += Long.BYTES) {
      state += 0x9E3779B97F4A7C15L;
      valueSegment.set(ValueLayout.JAVA_LONG_UNALIGNED, at, KeyOrder.mix(state));
    }
    System.arraycopy(value, 0, value, HALF, HALF);
    return value;
  }

  boolean isKey(long number, byte[] found) {
    return Arrays.equals(key(number), found);
  }

  boolean isValue(long number, int generation, byte[] found) {
    return Arrays.equals(value(number, generation), found);
  }
}

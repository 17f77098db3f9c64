package io.apexstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The allocation of reads: only their results. Many operations are measured, so that occasional
 * allocations of the virtual machine vanish, while a single byte for each operation does not.
 */
class ReadAllocationTest {
  private static final int KEYS = 20_000;
  private static final int VALUE_BYTES = 100;
  private static final int OPERATIONS = 200_000;
  private static final int WARM_UPS = 8;

  /** An array of this many bytes with its header, rounded up: at most 16 + 7 bytes more. */
  private static final int RESULT_BYTES_MAX = VALUE_BYTES + 23;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  @TempDir Path directory;
  private ApexStore store;
  private final byte[] key = new byte[16];
  private int next;

  @BeforeEach
  void fill() {
    store = ApexStore.open(directory, StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL));
    for (int i = 0; i < KEYS; i++) {
      setKey(i);
      store.put(key.clone(), new byte[VALUE_BYTES]);
    }
    store.compact();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  @Tag("stress")
  void aPointReadOfACachedKeyAllocatesOnlyItsResult() {
    double bytes =
        bytesEach(
            () -> {
              for (int i = 0; i < OPERATIONS; i++) {
                setKey(Math.floorMod(next++ * 7919, KEYS));
                assertNotNull(store.get(key));
              }
            });
    assertTrue(bytes >= VALUE_BYTES && bytes <= RESULT_BYTES_MAX + 1, "bytes a read: " + bytes);
  }

  @Test
  @Tag("stress")
  void aPointReadIntoTheCallersSegmentAllocatesNothing() {
    Keyspace keyspace = store.keyspace("default");
    MemorySegment keySegment = MemorySegment.ofArray(key);
    MemorySegment target = MemorySegment.ofArray(new byte[VALUE_BYTES]);
    double bytes =
        bytesEach(
            () -> {
              for (int i = 0; i < OPERATIONS; i++) {
                setKey(Math.floorMod(next++ * 7919, KEYS));
                assertEquals(VALUE_BYTES, keyspace.get(keySegment, target));
              }
            });
    assertTrue(bytes <= 1, "bytes a read: " + bytes);
  }

  @Test
  void aReadOfAnAbsentKeyAllocatesNothing() {
    double bytes =
        bytesEach(
            () -> {
              for (int i = 0; i < OPERATIONS; i++) {
                setKey(KEYS + next++ % KEYS);
                assertNull(store.get(key));
              }
            });
    assertTrue(bytes <= 1, "bytes a read: " + bytes);
  }

  @Test
  @Tag("stress")
  void aStepOfAScanAllocatesNothing() {
    assertStepsAllocateNothing(ScanOptions.DEFAULT);
  }

  @Test
  void aStepBackwardsAllocatesNothing() {
    assertStepsAllocateNothing(ScanOptions.REVERSE);
  }

  @Test
  @Tag("stress")
  void aStepThatMergesTablesAndMemtableAllocatesNothing() {
    for (int i = 0; i < KEYS; i += 10) {
      setKey(i);
      store.put(key.clone(), new byte[VALUE_BYTES]);
    }
    assertStepsAllocateNothing(ScanOptions.DEFAULT);
  }

  private void assertStepsAllocateNothing(ScanOptions options) {
    // Opening a cursor may allocate; for each step that is less than a byte.
    double bytes =
        bytesEach(
            () -> {
              int steps = 0;
              long sum = 0;
              while (steps < OPERATIONS) {
                try (Cursor cursor = store.scan(KeyRange.all(), options)) {
                  while (cursor.next()) {
                    sum += cursor.valueLength() + cursor.version();
                    steps++;
                  }
                }
              }
              assertTrue(sum > 0);
            });
    assertTrue(bytes <= 1, "bytes a step: " + bytes);
  }

  @Test
  void lendingTheKeyOfEachStepAllocatesNothing() {
    Function<MemorySegment, Boolean> use = segment -> segment.byteSize() == key.length;
    double bytes =
        bytesEach(
            () -> {
              int steps = 0;
              while (steps < OPERATIONS) {
                try (Cursor cursor = store.scan(KeyRange.all())) {
                  while (cursor.next()) {
                    assertTrue(cursor.withKey(use));
                    steps++;
                  }
                }
              }
            });
    assertTrue(bytes <= 1, "bytes a step: " + bytes);
  }

  private static double bytesEach(Runnable operations) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < WARM_UPS; i++) {
      operations.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    operations.run();
    long after = threads.getCurrentThreadAllocatedBytes();
    return (after - before) / (double) OPERATIONS;
  }

  private void setKey(int number) {
    LONG.set(key, 0, (long) number);
  }
}

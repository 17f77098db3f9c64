package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.apexstore.engine.io.MemoryStorage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches of any length are written in pieces and come back whole. */
@ExtendWith(QuietLogs.class)
class LongBatchTest {
  private static final LogOptions SEGMENTS = new LogOptions(1 << 20, 8 << 20, 64 << 20, 0, 2);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void groupsOfLongAndShortBatchesAreReplayed(long defaultSeed) throws IOException {
    Random random = new Random(Long.getLong("seed", defaultSeed));
    MemoryStorage storage = new MemoryStorage();
    List<byte[]> batches = new ArrayList<>();
    try (LogStore store = open(storage)) {
      while (batches.size() < 40) {
        for (int i = random.nextInt(6); i >= 0; i--) {
          byte[] batch = new byte[random.nextInt(3) == 0 ? random.nextInt(3 << 20) : 100];
          random.nextBytes(batch);
          batches.add(batch);
          store.log.add(batches.size(), 1, batch, batch.length);
        }
        store.log.write();
      }
      store.log.sync();
    }
    try (LogStore again = open(storage)) {
      assertEquals(batches.size(), again.replayed.size());
      for (int i = 0; i < batches.size(); i++) {
        assertArrayEquals(batches.get(i), again.replayed.get(i).batch(), "version " + (i + 1));
      }
    }
  }

  @Test
  void writingALongBatchTakesNoMemoryForAnotherCopy() throws IOException {
    byte[] batch = new byte[32 << 20];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (LogStore store =
        open(new MemoryStorage(), new LogOptions(1 << 20, 64 << 20, 128 << 20, 0, 2))) {
      store.log.add(1, 1, batch, 100);
      store.log.write();
      long before = threads.getCurrentThreadAllocatedBytes();
      store.log.add(2, 1, batch, batch.length);
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < 1 << 20, allocated + " bytes");
    }
  }

  private static LogStore open(MemoryStorage storage) throws IOException {
    return open(storage, SEGMENTS);
  }

  private static LogStore open(MemoryStorage storage, LogOptions options) throws IOException {
    return LogStore.open(storage, options, LogStore.NO_BACKGROUND);
  }
}

package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.Compression;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flushes and compactions of large values keep no copy of a value on the heap. */
@Tag("stress")
class LargeValueJobsTest {
  private static final int VALUE_BYTES = 48 << 20;
  private static final long HEAP_BYTES_MAX = 8 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "LZ4, false, false",
    "LZ4, true, false",
    "LZ4, false, true",
    "LZ4, true, true",
    "NONE, true, false",
    "NONE, true, true"
  })
  void theHeapHoldsNoLargeValueWhileItIsFlushedAndCompacted(
      Compression compression, boolean compressible, boolean encrypted) throws IOException {
    byte[] value = value(compressible);
    StoreOptions options =
        TestStore.options(SyncMode.INTERVAL)
            .withMemtableBytesMax(256 << 20)
            .withCompression(compression);
    EngineComponents components =
        new EngineComponents(FileStorage.open(directory), TimeSource.SYSTEM, EngineExecutors.OWN)
            .withEncryption(encrypted ? EncryptionComponents.with(new TestWrapper(1)) : null);
    try (LsmEngine engine = LsmEngine.open(components, options)) {
      KeyspaceTree keyspace = engine.keyspace("default");
      warmUp(engine, keyspace);
      for (String key : new String[] {"a", "b"}) {
        put(engine, keyspace, key, value);
        long flush = allocatedBy(engine::flush);
        assertTrue(flush < HEAP_BYTES_MAX, "flush: " + flush + " bytes");
      }
      long merges = engine.stats().writes().compactions();
      long compaction = allocatedBy(engine::compact);
      assertTrue(compaction < HEAP_BYTES_MAX, "compaction: " + compaction + " bytes");
      assertTrue(engine.stats().writes().compactions() > merges);
      checkValue(engine, keyspace, "a", value);
      checkValue(engine, keyspace, "b", value);
    }
  }

  /** Loads the classes and creates the buffers that a job needs once. */
  private static void warmUp(LsmEngine engine, KeyspaceTree keyspace) {
    for (int i = 0; i < 3; i++) {
      put(engine, keyspace, "a", new byte[300 << 10]);
      engine.flush();
    }
    engine.compact();
  }

  private long allocatedBy(Runnable job) {
    long before = threads.getTotalThreadAllocatedBytes();
    job.run();
    return threads.getTotalThreadAllocatedBytes() - before;
  }

  private static byte[] value(boolean compressible) {
    byte[] value = new byte[VALUE_BYTES];
    if (compressible) {
      for (int i = 0; i < VALUE_BYTES; i++) {
        value[i] = (byte) (i % 1000 == 0 ? i / 1000 : i % 251);
      }
    } else {
      new Random(1).nextBytes(value);
    }
    return value;
  }

  private static void put(LsmEngine engine, KeyspaceTree keyspace, String key, byte[] value) {
    Batch batch = new Batch(64);
    batch.put(keyspace.id(), key.getBytes(StandardCharsets.UTF_8), 0, MemorySegment.ofArray(value));
    batch.seal();
    engine.commit(batch, null);
  }

  private static void checkValue(
      LsmEngine engine, KeyspaceTree keyspace, String key, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(VALUE_BYTES);
      Lookup lookup = new Lookup();
      lookup.start(key.getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE, false);
      lookup.copyValueTo(target);
      assertEquals(Lookup.Outcome.FOUND, engine.get(keyspace, lookup));
      assertEquals(VALUE_BYTES, lookup.valueLength());
      assertEquals(-1, target.mismatch(MemorySegment.ofArray(value)));
    }
  }
}

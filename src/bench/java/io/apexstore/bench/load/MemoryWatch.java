package io.apexstore.bench.load;

import io.apexstore.ApexStore;
import io.apexstore.stats.StoreStats;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Samples the memory of this process periodically and keeps the peaks.
 *
 * <p><b>Threads:</b> its own thread samples; the peaks are read after {@link #close}.
 */
final class MemoryWatch implements AutoCloseable {
  private static final long EVERY_MS = 50;
  private static final Path STATUS = Path.of("/proc/self/status");

  private final List<BufferPoolMXBean> pools =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread looker = new Thread(this::look, "memory-watch");

  // The store that is sampled. Guarded by this, so that no sample meets a closing store.
  private @Nullable ApexStore store;

  private long heapBytes;
  private long anonymousBytes;
  private long fileBytes;
  private long directBytes;
  private long memtableBytes;
  private long cacheBytes;
  private long tableBytes;
  private long accountedBytes;

  MemoryWatch() {
    looker.setDaemon(true);
    looker.start();
  }

  /** Samples this store from now on; null: none. */
  synchronized void watch(@Nullable ApexStore newStore) {
    store = newStore;
  }

  private void look() {
    try {
      while (!ended.await(EVERY_MS, TimeUnit.MILLISECONDS)) {
        lookOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void lookOnce() {
    Runtime runtime = Runtime.getRuntime();
    heapBytes = Math.max(heapBytes, runtime.totalMemory() - runtime.freeMemory());
    for (BufferPoolMXBean pool : pools) {
      if (pool.getName().equals("direct")) {
        directBytes = Math.max(directBytes, pool.getMemoryUsed());
      }
    }
    anonymousBytes = Math.max(anonymousBytes, statusBytes("RssAnon:"));
    fileBytes = Math.max(fileBytes, statusBytes("RssFile:"));
    ApexStore watched = store;
    if (watched != null) {
      StoreStats stats = watched.stats();
      long memtables = stats.memtables().activeBytes() + stats.memtables().sealedBytes();
      long cache = stats.cache().bytes();
      memtableBytes = Math.max(memtableBytes, memtables);
      cacheBytes = Math.max(cacheBytes, cache);
      tableBytes = Math.max(tableBytes, stats.tableMemoryBytes());
      accountedBytes = Math.max(accountedBytes, memtables + cache + stats.tableMemoryBytes());
    }
  }

  /** Returns a figure that Linux has of this process, in bytes; 0 on other systems. */
  private static long statusBytes(String name) {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(name)) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Peak of resident memory that no file backs: heap, arenas, the JVM's own. */
  long anonymousBytes() {
    return anonymousBytes;
  }

  /** Peak of the memory outside the heap that the store reported. */
  long accountedBytes() {
    return accountedBytes;
  }

  /** Returns the peaks in MiB. */
  JsonObject figures() {
    return new JsonObject()
        .put("heap_mib", heapBytes >> 20)
        .put("rss_mib", statusBytes("VmHWM:") >> 20)
        .put("rss_anonymous_mib", anonymousBytes >> 20)
        .put("rss_file_mib", fileBytes >> 20)
        .put("direct_mib", directBytes >> 20)
        .put("store_mib", accountedBytes >> 20)
        .put("memtables_mib", memtableBytes >> 20)
        .put("cache_mib", cacheBytes >> 20)
        .put("filters_and_indexes_mib", tableBytes >> 20);
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      looker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

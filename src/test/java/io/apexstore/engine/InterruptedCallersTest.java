package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.FileStorage;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt of a caller during a get, put, scan, flush or close does no harm. */
@Timeout(120)
class InterruptedCallersTest {
  private static final int THREADS = 4;
  private static final int OPERATIONS = 400;

  @TempDir Path temp;

  private final Map<String, String> expected = new ConcurrentSkipListMap<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  private void work(TestStore store, int id) {
    Random random = new Random(id);
    try {
      for (int i = 0; i < OPERATIONS; i++) {
        String key = "t" + id + "-" + random.nextInt(100);
        switch (random.nextInt(20)) {
          case 0 -> store.scan();
          case 1 -> store.engine().flush();
          case 2 -> store.engine().sync();
          case 3, 4, 5, 6, 7, 8 -> assertEquals(expected.get(key), store.get(key));
          default -> {
            String value = "value " + i + "-".repeat(random.nextInt(2_000));
            store.put(key, value);
            expected.put(key, value);
          }
        }
        Thread.interrupted();
      }
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  @Test
  @Tag("stress")
  void nothingFailsAndNothingIsLost() throws Exception {
    try (TestStore store = TestStore.open(FileStorage.open(temp), SyncMode.GROUP)) {
      List<Thread> threads = new ArrayList<>();
      for (int id = 0; id < THREADS; id++) {
        int mine = id;
        Runnable work = () -> work(store, mine);
        threads.add((id % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual()).start(work));
      }
      Random random = new Random(9);
      while (threads.stream().anyMatch(Thread::isAlive)) {
        threads.get(random.nextInt(THREADS)).interrupt();
        LockSupport.parkNanos(random.nextInt(200_000));
      }
      failures.forEach(Throwable::printStackTrace);
      assertTrue(failures.isEmpty(), failures::toString);
      assertEquals(expected, store.scan());
    }
    try (TestStore again = TestStore.open(FileStorage.open(temp), SyncMode.GROUP)) {
      assertEquals(expected, again.scan());
    }
  }

  @Test
  void anInterruptedThreadCanUseAStoreAndStaysInterrupted() throws Exception {
    AtomicBoolean interruptedToTheEnd = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  try (TestStore store = TestStore.open(FileStorage.open(temp), SyncMode.EVERY)) {
                    store.put("a", "1");
                    assertEquals("1", store.get("a"));
                    store.engine().flush();
                    store.engine().compact();
                    assertEquals(Map.of("a", "1"), store.scan());
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                  interruptedToTheEnd.set(Thread.currentThread().isInterrupted());
                });
    thread.join();
    failures.forEach(Throwable::printStackTrace);
    assertTrue(failures.isEmpty(), failures::toString);
    assertTrue(interruptedToTheEnd.get());
    try (TestStore again = TestStore.open(FileStorage.open(temp), SyncMode.EVERY)) {
      assertEquals(Map.of("a", "1"), again.scan());
    }
  }
}

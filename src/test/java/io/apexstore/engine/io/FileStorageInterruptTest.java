package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt at any point affects neither the interrupted thread nor any other. */
class FileStorageInterruptTest {
  private static final int SHARED_BYTES = 64 << 10;
  private static final int THREADS = 4;
  private static final int ROUNDS = 150;

  @TempDir Path temp;

  /** A thread's work on shared files and on files of its own. */
  private static final class Worker implements Runnable {
    final Storage storage;
    final ReadFile shared;
    final byte[] expected;
    final int id;
    final ConcurrentLinkedQueue<Throwable> failures;
    final AtomicLong interruptsKept = new AtomicLong();

    Worker(
        Storage storage,
        ReadFile shared,
        byte[] expected,
        int id,
        ConcurrentLinkedQueue<Throwable> failures) {
      this.storage = storage;
      this.shared = shared;
      this.expected = expected;
      this.id = id;
      this.failures = failures;
    }

    @Override
    public void run() {
      try {
        for (int round = 0; round < ROUNDS; round++) {
          round(new Random(id * 1_000L + round), "w" + id + "-" + round);
          if (Thread.interrupted()) {
            interruptsKept.incrementAndGet();
          }
        }
      } catch (Throwable e) {
        failures.add(e);
      }
    }

    private void round(Random random, String name) throws Exception {
      byte[] bytes = new byte[10_000];
      random.nextBytes(bytes);
      try (AppendFile file = storage.create(name)) {
        file.append(ByteBuffer.wrap(bytes));
        file.append(ByteBuffer.allocateDirect(100));
        file.sync();
      }
      storage.rename(name, name + ".x");
      storage.syncDirectory();
      try (ReadFile file = storage.open(name + ".x")) {
        ByteBuffer target = ByteBuffer.allocate(bytes.length);
        file.read(0, target);
        assertArrayEquals(bytes, target.array());
      }
      try (RegionFile region = storage.createRegion(name, 20_000)) {
        region.write(random.nextInt(10_000), bytes, 0, bytes.length);
        region.sync();
      }
      storage.openRegion(name).close();
      assertTrue(storage.list().contains(name));
      storage.delete(name + ".x");
      storage.delete(name);
      readShared(random);
      storage.lock("LOCK" + id).close();
      assertTrue(storage.usableBytes() > 0);
    }

    private void readShared(Random random) throws Exception {
      for (int i = 0; i < 50; i++) {
        int offset = random.nextInt(SHARED_BYTES - 4096);
        ByteBuffer target = ByteBuffer.allocateDirect(4096);
        shared.read(offset, target);
        assertTrue(target.flip().equals(ByteBuffer.wrap(expected, offset, 4096)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("stress")
  void nothingFailsWhileThreadsAreInterruptedAtRandom(boolean virtual) throws Exception {
    byte[] expected = new byte[SHARED_BYTES];
    new Random(7).nextBytes(expected);
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    try (FileStorage storage = FileStorage.open(temp)) {
      StorageContract.write(storage, "shared", expected);
      try (ReadFile shared = storage.open("shared")) {
        List<Worker> workers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int id = 0; id < THREADS; id++) {
          Worker worker = new Worker(storage, shared, expected, id, failures);
          workers.add(worker);
          threads.add((virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(worker));
        }
        interruptUntilDone(threads);
        failures.forEach(Throwable::printStackTrace);
        assertTrue(failures.isEmpty(), failures::toString);
        for (Worker worker : workers) {
          assertTrue(worker.interruptsKept.get() > 0, "no interrupt outlived a round");
        }
      }
    }
  }

  private static void interruptUntilDone(List<Thread> threads) throws InterruptedException {
    Random random = new Random(3);
    while (threads.stream().anyMatch(Thread::isAlive)) {
      threads.get(random.nextInt(threads.size())).interrupt();
      LockSupport.parkNanos(random.nextInt(50_000));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void theFlagIsStillSetAfterEachOperation() throws Exception {
    AtomicBoolean lost = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  try (FileStorage storage = FileStorage.open(temp.resolve("s"))) {
                    StorageContract.write(storage, "a", new byte[5000]);
                    lost.compareAndSet(false, !Thread.currentThread().isInterrupted());
                    try (RegionFile region = storage.createRegion("r", 5000)) {
                      region.write(0, new byte[10], 0, 10);
                      region.sync();
                    }
                    lost.compareAndSet(false, !Thread.currentThread().isInterrupted());
                    storage.rename("a", "b");
                    storage.syncDirectory();
                    lost.compareAndSet(false, !storage.list().contains("b"));
                    StorageContract.read(storage, "b");
                    storage.delete("b");
                    storage.lock("LOCK").close();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                  lost.compareAndSet(false, !Thread.currentThread().isInterrupted());
                });
    AtomicBoolean failed = new AtomicBoolean();
    thread.setUncaughtExceptionHandler(
        (t, e) -> {
          e.printStackTrace();
          failed.set(true);
        });
    thread.join();
    assertTrue(!lost.get() && !failed.get());
  }
}

package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Asynchronous writes of one caller are committed in the order in which it submitted them. */
@Timeout(60)
class AsyncOrderTest {
  private static final int WRITES = 300;
  private static final byte[] KEY = "key".getBytes(UTF_8);

  @TempDir Path directory;
  private ApexStore store;
  private Keyspace logged;
  private Keyspace plain;

  @BeforeEach
  void open() {
    store =
        ApexStore.open(
            directory,
            StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL).withMemtableBytesMax(64 << 10));
    logged = store.keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true));
    plain = store.keyspace("plain");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(Object text) {
    return text.toString().getBytes(UTF_8);
  }

  private static void assertAscending(List<CompletionStage<Long>> writes) {
    long before = 0;
    for (CompletionStage<Long> write : writes) {
      long version = write.toCompletableFuture().join();
      assertTrue(version > before, version + " after " + before);
      before = version;
    }
  }

  @Test
  void theLastOfManyWritesOfOneKeyStays() {
    List<CompletionStage<Long>> writes = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      writes.add(logged.putAsync(KEY, bytes(i)));
    }
    assertAscending(writes);
    assertArrayEquals(bytes(WRITES - 1), logged.get(KEY));
  }

  @Test
  void writesToSeveralKeyspacesKeepTheirOrder() {
    List<CompletionStage<Long>> writes = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      writes.add(
          i % 3 == 0
              ? plain.putAsync(KEY, bytes(i))
              : store.writeAsync(
                  store.newBatch().put(logged, KEY, bytes(i)).put(plain, KEY, bytes(i))));
    }
    assertAscending(writes);
    assertArrayEquals(bytes(WRITES - 1), logged.get(KEY));
    assertArrayEquals(bytes(WRITES - 1), plain.get(KEY));
  }

  @Test
  void writesThatOthersOvertakeKeepTheirOrder() throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    Thread rival =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!ended.get()) {
                    logged.put(KEY, bytes("rival"));
                    store.flush();
                  }
                });
    List<CompletionStage<Long>> writes = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      writes.add(logged.putAsync(bytes("own" + i % 7), bytes(i)));
      writes.add(logged.putAsync(KEY, bytes(i)));
    }
    assertAscending(writes);
    ended.set(true);
    rival.join();
  }

  @Test
  void writesWithConditionsKeepTheirOrder() {
    List<CompletionStage<Long>> writes = new ArrayList<>();
    plain.put(KEY, bytes("first"));
    for (int i = 0; i < WRITES; i++) {
      writes.add(
          i % 2 == 0
              ? plain.putAsync(KEY, bytes(i))
              : store.writeAsync(
                  store.newBatch().requirePresent(plain, KEY).put(plain, KEY, bytes(i))));
      if (i % 50 == 0) {
        store.flush();
      }
    }
    assertAscending(writes);
    assertArrayEquals(bytes(WRITES - 1), plain.get(KEY));
  }

  @Test
  void mergesAreFoldedInTheOrderOfTheirSubmission() {
    StringBuilder expected = new StringBuilder();
    List<CompletionStage<Long>> writes = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      writes.add(plain.mergeAsync(KEY, bytes(i % 10), MergeOperators.append()));
      expected.append(i % 10);
    }
    assertAscending(writes);
    assertArrayEquals(bytes(expected), plain.get(KEY));
  }

  @Test
  void aPutAfterMergesAndIncrementsReplacesWhatTheyMade() {
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 20; i++) {
        plain.mergeAsync(KEY, bytes(1), MergeOperators.addLong());
        plain.incrementAsync(KEY, 1);
      }
      plain.putAsync(KEY, bytes(round)).toCompletableFuture().join();
      assertArrayEquals(bytes(round), plain.get(KEY));
    }
  }

  @Test
  void aWriteThatFailsHoldsUpNoneAfterIt() throws Exception {
    IllegalStateException no = new IllegalStateException("no");
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Long> failing =
        logged
            .mergeAsync(
                KEY,
                bytes("1"),
                (key, existing, operand) -> {
                  await(release);
                  throw no;
                })
            .toCompletableFuture();
    CompletableFuture<Long> refused =
        store
            .writeAsync(store.newBatch().requirePresent(logged, KEY).put(logged, KEY, bytes("2")))
            .toCompletableFuture();
    CompletableFuture<Long> put = logged.putAsync(KEY, bytes("3")).toCompletableFuture();
    long meanwhile =
        plain.putAsync(KEY, bytes("4")).toCompletableFuture().get(30, TimeUnit.SECONDS);
    release.countDown();
    assertTrue(put.get(30, TimeUnit.SECONDS) > meanwhile, "it came before the merge");
    assertSame(no, assertThrows(CompletionException.class, failing::join).getCause());
    CompletionException e = assertThrows(CompletionException.class, refused::join);
    assertEquals(
        ApexException.Code.CONDITION_FAILED,
        assertInstanceOf(ApexException.class, e.getCause()).code());
    assertArrayEquals(bytes("3"), logged.get(KEY));
  }

  @Test
  void otherKeyspacesDoNotWait() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CompletionStage<Long> slow =
        logged.mergeAsync(
            KEY,
            bytes("1"),
            (key, existing, operand) -> {
              await(release);
              return operand;
            });
    assertTrue(plain.putAsync(KEY, bytes("2")).toCompletableFuture().get(30, TimeUnit.SECONDS) > 0);
    release.countDown();
    assertTrue(slow.toCompletableFuture().get(30, TimeUnit.SECONDS) > 0);
  }

  @Test
  void closingWaitsForWritesThatStillRead() {
    List<CompletionStage<Long>> writes = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      writes.add(logged.putAsync(KEY, bytes(i)));
      writes.add(logged.mergeAsync(KEY, bytes("+"), MergeOperators.append()));
    }
    store.close();
    assertAscending(writes);
    try (ApexStore again = ApexStore.open(directory)) {
      byte[] value = again.keyspace("logged").get(KEY);
      assertNotNull(value);
      assertArrayEquals(bytes((WRITES - 1) + "+"), value);
    }
  }

  @Test
  void closingDoesNotNeedTheExecutorOfCommits(@TempDir Path other) {
    AtomicBoolean shutDown = new AtomicBoolean();
    ApexStore closing =
        ApexStore.builder(other)
            .commitExecutor(
                task -> {
                  if (!shutDown.get()) {
                    task.run();
                  }
                })
            .open();
    CountDownLatch release = new CountDownLatch(1);
    CompletionStage<Long> merge =
        closing.writeAsync(
            closing
                .newBatch()
                .merge(
                    KEY,
                    bytes("1"),
                    (key, existing, operand) -> {
                      await(release);
                      return operand;
                    }));
    shutDown.set(true); // From here on it drops its tasks.
    release.countDown();
    closing.close();
    assertTrue(merge.toCompletableFuture().join() > 0);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

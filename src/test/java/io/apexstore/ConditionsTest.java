package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConditionsTest {
  private static final int THREADS = 8;

  @TempDir Path directory;
  private ApexStore store;
  private Keyspace keys;

  @BeforeEach
  void open() {
    store = ApexStore.open(directory, StoreOptions.defaults().withMemtableBytesMax(64 << 10));
    keys = store.keyspace("default");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private void assertRefused(WriteBatch batch) {
    ApexException e = assertThrows(ApexException.class, () -> store.write(batch));
    assertEquals(ApexException.Code.CONDITION_FAILED, e.code());
  }

  @Test
  void putIfAbsentStoresAKeyOnceWhereverItsValueIs() {
    long version = keys.putIfAbsent(bytes("a"), bytes("1"));
    assertTrue(version > 0);
    assertEquals(Keyspace.REFUSED, keys.putIfAbsent(bytes("a"), bytes("2")));
    store.flush();
    assertEquals(Keyspace.REFUSED, keys.putIfAbsent(bytes("a"), bytes("2")));
    store.compact();
    assertEquals(Keyspace.REFUSED, keys.putIfAbsent(bytes("a"), bytes("2")));
    assertArrayEquals(bytes("1"), keys.get(bytes("a")));
    keys.delete(bytes("a"));
    assertTrue(keys.putIfAbsent(bytes("a"), bytes("3")) > version);
  }

  @Test
  void aValueIsReplacedOnlyAtTheExpectedVersion() {
    long first = keys.put(bytes("a"), bytes("1"));
    long second = keys.compareAndSet(bytes("a"), first, bytes("2"));
    assertTrue(second > first);
    assertEquals(Keyspace.REFUSED, keys.compareAndSet(bytes("a"), first, bytes("3")));
    assertEquals(Keyspace.REFUSED, keys.compareAndDelete(bytes("a"), first));
    assertArrayEquals(bytes("2"), keys.get(bytes("a")));
    store.flush();
    assertTrue(keys.compareAndDelete(bytes("a"), second) > second);
    assertNull(keys.get(bytes("a")));
    assertEquals(Keyspace.REFUSED, keys.compareAndSet(bytes("a"), second, bytes("4")));
  }

  @Test
  void nothingOfARefusedBatchIsStored() {
    keys.put(bytes("a"), bytes("1"));
    Keyspace other = store.keyspace("other");
    WriteBatch batch =
        store
            .newBatch()
            .requireAbsent(bytes("a"))
            .put(bytes("b"), bytes("1"))
            .put(other, bytes("c"), bytes("1"));
    assertRefused(batch);
    assertNull(keys.get(bytes("b")));
    assertNull(other.get(bytes("c")));
    // Written again, its conditions are evaluated again.
    keys.delete(bytes("a"));
    store.write(batch);
    assertArrayEquals(bytes("1"), other.get(bytes("c")));
  }

  @Test
  void conditionsApplyToTheStateBeforeTheBatch() {
    store.write(store.newBatch().put(bytes("a"), bytes("1")).requireAbsent(bytes("a")));
    assertArrayEquals(bytes("1"), keys.get(bytes("a")));
    store.write(store.newBatch().delete(bytes("a")).requirePresent(keys, bytes("a")));
    assertRefused(store.newBatch().requirePresent(keys, bytes("a")));
  }

  @Test
  void aRangeIsUnchangedUntilAKeyOfItIsWrittenOrDeleted() {
    long before = keys.put(bytes("b"), bytes("1"));
    KeyRange range = KeyRange.between(bytes("a"), bytes("c"));
    keys.put(bytes("c"), bytes("1"));
    store.keyspace("other").put(bytes("b"), bytes("1"));
    store.write(store.newBatch().requireUnchanged(keys, range, before));
    try (Snapshot held = store.snapshot()) {
      keys.delete(bytes("b"));
      assertRefused(store.newBatch().requireUnchanged(keys, range, held.version()));
      store.flush();
      store.compact();
      assertRefused(store.newBatch().requireUnchanged(keys, range, held.version()));
      store.write(
          store.newBatch().requireUnchanged(keys, KeyRange.from(bytes("c")), held.version()));
    }
  }

  @Test
  void aCallerThatChangesItsArraysDoesNotChangeAConditionOrOperation() {
    long before = keys.put(bytes("b"), bytes("1"));
    byte[] from = bytes("a");
    byte[] to = bytes("c");
    byte[] key = bytes("k");
    byte[] value = bytes("v");
    WriteBatch batch =
        store
            .newBatch()
            .requireUnchanged(keys, KeyRange.of(from, to), before)
            .requireAbsent(keys, key)
            .put(keys, key, value)
            .deleteRange(keys, KeyRange.of(to, bytes("d")));
    from[0] = 'x';
    to[0] = 'x';
    key[0] = 'b';
    value[0] = 'x';
    store.write(batch);
    assertArrayEquals(bytes("v"), keys.get(bytes("k")));
    keys.delete(bytes("k"));
    keys.put(bytes("b"), bytes("2"));
    assertRefused(batch);
  }

  @Test
  void aRangeConditionOlderThanTheKnownChangesFailsWithVersionExpired() {
    long old = keys.put(bytes("a"), bytes("1"));
    keys.delete(bytes("a"));
    store.compact();
    ApexException e =
        assertThrows(
            ApexException.class,
            () -> store.write(store.newBatch().requireUnchanged(keys, KeyRange.all(), old)));
    assertEquals(ApexException.Code.VERSION_EXPIRED, e.code());
  }

  @Test
  void asynchronousWritesOfOneGroupSeeThoseBeforeThem() {
    List<CompletableFuture<Long>> attempts = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      attempts.add(
          store
              .writeAsync(store.newBatch().requireAbsent(bytes("a")).put(bytes("a"), bytes("" + i)))
              .toCompletableFuture());
    }
    int made = 0;
    for (CompletableFuture<Long> attempt : attempts) {
      try {
        attempt.join();
        made++;
      } catch (CompletionException e) {
        ApexException cause = assertInstanceOf(ApexException.class, e.getCause());
        assertEquals(ApexException.Code.CONDITION_FAILED, cause.code());
      }
    }
    assertEquals(1, made);
  }

  @Test
  void noIncrementIsLostAmongManyThreads() throws Exception {
    int each = 200;
    inThreads(
        thread -> {
          for (int i = 0; i < each; i++) {
            keys.increment(bytes("counter"), 1);
            if (i % 50 == thread) {
              store.flush();
            }
          }
        });
    assertEquals((long) THREADS * each, keys.increment(bytes("counter"), 0));
  }

  @Test
  void aRangeConditionAdmitsOneOfManyRivals() throws Exception {
    AtomicInteger made = new AtomicInteger();
    for (int round = 0; round < 50; round++) {
      byte[] prefix = bytes("round" + round + "/");
      inThreads(
          thread -> {
            try (Snapshot seen = store.snapshot()) {
              try (Cursor cursor = seen.scan(KeyRange.prefix(prefix))) {
                if (cursor.next()) {
                  return;
                }
              }
              byte[] key = bytes(new String(prefix, UTF_8) + thread);
              try {
                store.write(
                    store
                        .newBatch()
                        .requireUnchanged(keys, KeyRange.prefix(prefix), seen.version())
                        .put(key, key));
                made.incrementAndGet();
              } catch (ApexException e) {
                assertEquals(ApexException.Code.CONDITION_FAILED, e.code());
              }
            }
          });
      assertEquals(round + 1, made.get());
    }
  }

  @Test
  void aValueThatIsNoCounterIsRefusedAndNotChanged() {
    keys.put(bytes("a"), bytes("twelve"));
    ApexException e = assertThrows(ApexException.class, () -> keys.increment(bytes("a"), 1));
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    assertArrayEquals(bytes("twelve"), keys.get(bytes("a")));
    keys.put(bytes("a"), bytes(Long.toString(Long.MAX_VALUE)));
    e = assertThrows(ApexException.class, () -> keys.increment(bytes("a"), 1));
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    assertEquals(Long.MAX_VALUE - 1, keys.increment(bytes("a"), -1));
  }

  @Test
  void anUpdateThatReturnsNullDeletesTheKey() {
    keys.put(bytes("a"), bytes("1"));
    assertNull(keys.update(bytes("a"), old -> null));
    assertNull(keys.get(bytes("a")));
  }

  private interface Task {
    void run(int thread) throws Exception;
  }

  private static void inThreads(Task task) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        all.add(
            threads.submit(
                () -> {
                  task.run(thread);
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }
}

package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.TestClock;
import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergeTest {
  private static final int WRITERS = 16;
  private static final int MERGES_EACH = 25;
  private static final MergeOperator APPEND = MergeOperators.append();
  private static final MergeOperator ADD = MergeOperators.addLong();
  private static final MergeOperator DELETE = (key, existing, operand) -> null;

  @TempDir Path directory;
  private final TestClock clock = TestClock.wallAt(1_000_000);
  private ApexStore store;
  private Keyspace keys;

  @BeforeEach
  void open() {
    store =
        ApexStore.builder(directory)
            .options(
                StoreOptions.defaults()
                    .withSyncMode(SyncMode.INTERVAL)
                    .withMemtableBytesMax(64 << 10))
            .time(clock)
            .open();
    keys = store.keyspace("default");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private void assertValue(@Nullable String expected, String key) {
    byte[] value = store.get(bytes(key));
    assertEquals(expected, value == null ? null : new String(value, UTF_8));
  }

  private static ApexException.Code codeOf(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return ((ApexException) Objects.requireNonNull(cause)).code();
  }

  @Test
  void aMergeUsesTheCurrentValueWhereverItIs() {
    keys.merge(bytes("a"), bytes("1"), APPEND);
    assertValue("1", "a");
    keys.merge(bytes("a"), bytes("2"), APPEND);
    assertValue("12", "a");
    store.flush();
    keys.merge(bytes("a"), bytes("3"), APPEND);
    assertValue("123", "a");
    store.compact();
    long version = keys.mergeAsync(bytes("a"), bytes("4"), APPEND).toCompletableFuture().join();
    assertValue("1234", "a");
    VersionedValue found = keys.getVersioned(bytes("a"));
    assertNotNull(found);
    assertEquals(version, found.version());
  }

  @Test
  void mergesAfterOtherOperationsOfTheBatchAreFoldedAtOnceAndInOrder() {
    store.put(bytes("a"), bytes("old"));
    WriteBatch batch =
        store
            .newBatch()
            .put(bytes("a"), bytes("1"))
            .merge(bytes("a"), bytes("2"), APPEND)
            .merge(bytes("a"), bytes("3"), APPEND)
            .delete(bytes("b"))
            .merge(bytes("b"), bytes("4"), APPEND)
            .put(bytes("c"), bytes("5"))
            .deleteRange(KeyRange.from(bytes("c")))
            .merge(bytes("c"), bytes("6"), APPEND)
            .merge(bytes("d"), bytes("7"), APPEND);
    assertEquals(9, batch.size());
    long bytes = batch.sizeBytes();
    store.write(batch);
    assertEquals(9, batch.size());
    assertEquals(bytes, batch.sizeBytes());
    assertValue("123", "a");
    assertValue("4", "b");
    assertValue("6", "c");
    assertValue("7", "d");
  }

  @Test
  void theOperatorOfAReplacedMergeIsNotCalled() {
    MergeOperator never =
        (key, existing, operand) -> {
          throw new AssertionError("called");
        };
    store.put(bytes("c1"), bytes("old"));
    store.write(
        store
            .newBatch()
            .merge(bytes("a"), bytes("1"), never)
            .put(bytes("a"), bytes("2"))
            .merge(bytes("b"), bytes("1"), never)
            .delete(bytes("b"))
            .merge(bytes("c1"), bytes("1"), never)
            .merge(bytes("c2"), bytes("1"), never)
            .deletePrefix(keys, bytes("c"))
            .merge(bytes("a"), bytes("3"), APPEND)
            .merge(bytes("c2"), bytes("4"), APPEND));
    assertValue("23", "a");
    assertValue(null, "b");
    assertValue(null, "c1");
    assertValue("4", "c2");
  }

  @Test
  void aMergeThatReturnsNullDeletesTheKey() {
    store.put(bytes("a"), bytes("1"));
    keys.merge(bytes("a"), bytes(""), DELETE);
    assertValue(null, "a");
    store.write(
        store
            .newBatch()
            .put(bytes("b"), bytes("1"))
            .merge(bytes("b"), bytes(""), DELETE)
            .merge(bytes("c"), bytes("1"), APPEND)
            .merge(bytes("c"), bytes(""), DELETE)
            .merge(bytes("c"), bytes("2"), APPEND));
    assertValue(null, "b");
    assertValue("2", "c");
  }

  @Test
  void aMergeKeepsTheExpiryOfTheValue() {
    keys.put(bytes("a"), bytes("1"), Duration.ofMillis(100));
    clock.advance(60);
    keys.merge(bytes("a"), bytes("2"), APPEND);
    store.write(
        store
            .newBatch()
            .put(keys, bytes("b"), bytes("1"), Duration.ofMillis(40))
            .merge(bytes("b"), bytes("2"), APPEND)
            .put(keys, bytes("c"), bytes("1"), Duration.ofMillis(40))
            .merge(bytes("c"), bytes(""), DELETE)
            .merge(bytes("c"), bytes("new"), APPEND));
    for (String key : List.of("a", "b")) {
      VersionedValue merged = keys.getVersioned(bytes(key));
      assertNotNull(merged);
      assertArrayEquals(bytes("12"), merged.value());
      assertEquals(1_000_100, merged.expiresMs());
    }
    clock.advance(40);
    assertValue(null, "a");
    assertValue(null, "b");
    assertValue("new", "c");
    keys.merge(bytes("a"), bytes("3"), APPEND);
    assertValue("3", "a");
    clock.advance(1_000);
    assertValue("3", "a");
  }

  @Test
  void aMergeIntoAnAbsentKeyGetsTheTimeToLiveOfTheKeyspace() {
    Keyspace cache =
        store.keyspace("cache", KeyspaceOptions.defaults().withTtl(Duration.ofMillis(50)));
    cache.merge(bytes("a"), bytes("1"), APPEND);
    VersionedValue merged = cache.getVersioned(bytes("a"));
    assertNotNull(merged);
    assertEquals(1_000_050, merged.expiresMs());
    clock.advance(20);
    cache.merge(bytes("a"), bytes("2"), APPEND);
    merged = cache.getVersioned(bytes("a"));
    assertNotNull(merged);
    assertEquals(1_000_050, merged.expiresMs());
  }

  @Test
  void ifAnOperatorThrowsNothingIsStoredAndTheBatchMayBeWrittenAgain() {
    IllegalStateException no = new IllegalStateException("no");
    AtomicInteger failures = new AtomicInteger(2);
    MergeOperator moody =
        (key, existing, operand) -> {
          if (failures.getAndDecrement() > 0) {
            throw no;
          }
          return operand;
        };
    WriteBatch batch =
        store.newBatch().put(bytes("a"), bytes("1")).merge(bytes("b"), bytes("2"), moody);
    assertSame(no, assertThrows(IllegalStateException.class, () -> store.write(batch)));
    CompletableFuture<Long> written = store.writeAsync(batch).toCompletableFuture();
    assertSame(no, assertThrows(CompletionException.class, written::join).getCause());
    assertValue(null, "a");
    assertValue(null, "b");
    store.write(batch);
    assertValue("1", "a");
    assertValue("2", "b");
  }

  @Test
  void ifAnOperatorThrowsWhenItsMergeIsAddedTheBatchIsUnchanged() {
    WriteBatch batch =
        store.newBatch().put(bytes("a"), bytes("x")).merge(bytes("a"), bytes("y"), APPEND);
    MergeOperator spoiling =
        (key, existing, operand) -> {
          key[0]++;
          Objects.requireNonNull(existing)[0]++;
          throw new IllegalStateException("no");
        };
    assertThrows(IllegalStateException.class, () -> batch.merge(bytes("a"), bytes("z"), spoiling));
    ApexException e =
        assertThrows(ApexException.class, () -> batch.merge(bytes("a"), bytes("1"), ADD));
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    store.write(batch.merge(bytes("a"), bytes("!"), APPEND));
    assertValue("xy!", "a");
  }

  @Test
  void anOperatorIsCalledAgainOnlyIfItsKeyChanged() {
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    MergeOperator overtaken =
        (key, existing, operand) -> {
          if (calls.incrementAndGet() == 1) {
            store.put(bytes("unrelated"), bytes("1"));
            store.put(bytes("a"), bytes("theirs "));
          }
          return APPEND.merge(key, existing, operand);
        };
    MergeOperator beside =
        (key, existing, operand) -> {
          others.incrementAndGet();
          return operand;
        };
    store.write(
        store
            .newBatch()
            .merge(bytes("b"), bytes("2"), beside)
            .merge(bytes("a"), bytes("ours"), overtaken));
    assertValue("theirs ours", "a");
    assertValue("2", "b");
    assertEquals(2, calls.get());
    assertEquals(1, others.get());
    keys.merge(bytes("a"), bytes("?"), overtaken);
    assertEquals(3, calls.get());
  }

  @Test
  void aViolatedConditionOfTheCallerIsReportedAndNotRetried() {
    store.put(bytes("lock"), bytes("1"));
    AtomicInteger calls = new AtomicInteger();
    MergeOperator releasing =
        (key, existing, operand) -> {
          calls.incrementAndGet();
          store.delete(bytes("lock"));
          store.put(bytes("a"), bytes("theirs"));
          return operand;
        };
    WriteBatch first =
        store.newBatch().requireAbsent(bytes("lock")).merge(bytes("a"), bytes("1"), releasing);
    ApexException e = assertThrows(ApexException.class, () -> store.write(first));
    assertEquals(ApexException.Code.CONDITION_FAILED, e.code());
    assertEquals(0, calls.get());

    WriteBatch second =
        store
            .newBatch()
            .merge(bytes("a"), bytes("1"), releasing)
            .requirePresent(keys, bytes("lock"));
    e = assertThrows(ApexException.class, () -> store.write(second));
    assertEquals(ApexException.Code.CONDITION_FAILED, e.code());
    assertEquals(1, calls.get());
    assertValue("theirs", "a");

    CompletableFuture<Long> third = store.writeAsync(second).toCompletableFuture();
    assertEquals(
        ApexException.Code.CONDITION_FAILED,
        codeOf(assertThrows(CompletionException.class, third::join)));
    assertEquals(1, calls.get());
  }

  @Test
  void concurrentMergesOfOneKeyLoseNothing() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(
            threads.submit(
                () -> {
                  for (int n = 0; n < MERGES_EACH; n++) {
                    keys.merge(bytes("sum"), bytes("1"), ADD);
                  }
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
    assertValue(Integer.toString(WRITERS * MERGES_EACH), "sum");
  }

  @Test
  void asynchronousMergesOfOneKeyLoseNothingAndRunOnThreadsOfTheStore() {
    AtomicReference<@Nullable String> elsewhere = new AtomicReference<>();
    MergeOperator watched =
        (key, existing, operand) -> {
          String name = Thread.currentThread().getName();
          if (!name.startsWith("apexstore-check")) {
            elsewhere.set(name);
          }
          return ADD.merge(key, existing, operand);
        };
    List<CompletableFuture<Long>> pending = new ArrayList<>();
    for (int n = 0; n < WRITERS * MERGES_EACH; n++) {
      pending.add(keys.mergeAsync(bytes("sum"), bytes("1"), watched).toCompletableFuture());
      if (pending.size() == WRITERS) {
        pending.forEach(CompletableFuture::join);
        pending.clear();
      }
    }
    pending.forEach(CompletableFuture::join);
    assertValue(Integer.toString(WRITERS * MERGES_EACH), "sum");
    assertNull(elsewhere.get());
  }

  @Test
  void feedsReportMergesAsPlainPutsWithThePreviousValue() {
    Keyspace logged =
        store.keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true));
    try (ChangeFeed feed = store.changes().open()) {
      logged.put(bytes("a"), bytes("1"));
      logged.merge(bytes("a"), bytes("2"), APPEND);
      logged.merge(bytes("a"), bytes(""), DELETE);
      store.sync();
      List<String> seen = new ArrayList<>();
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        if (change instanceof Change.KeyChange c) {
          seen.add(text(c.key()) + ": " + text(c.previousValue()) + " -> " + text(c.value()));
        }
      }
      assertEquals(List.of("a: null -> 1", "a: 1 -> 12", "a: 12 -> null"), seen);
    }
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "null" : new String(value, UTF_8);
  }

  @Test
  void mergesSurviveARestart() {
    keys.merge(bytes("a"), bytes("1"), APPEND);
    store.write(
        store
            .newBatch()
            .merge(bytes("a"), bytes("2"), APPEND)
            .put(bytes("b"), bytes("3"))
            .merge(bytes("b"), bytes("4"), APPEND));
    store.close();
    open();
    assertValue("12", "a");
    assertValue("34", "b");
  }

  @Test
  void mergedKeysCountAsConditions() {
    WriteBatch batch = store.newBatch();
    for (int i = 0; i < 9_999; i++) {
      batch.merge(bytes("k" + i), bytes("1"), APPEND);
    }
    batch.requireAbsent(bytes("a"));
    assertTooMany(() -> batch.requireAbsent(bytes("b")));
    assertTooMany(() -> batch.merge(bytes("b"), bytes("1"), APPEND));
    batch.merge(bytes("k0"), bytes("2"), APPEND);
    batch.deletePrefix(keys, bytes("k1"));
    batch.merge(bytes("b"), bytes("1"), APPEND);
    store.write(batch);
    assertValue("12", "k0");
    assertValue(null, "k1");
    assertValue("1", "b");
  }

  private static void assertTooMany(org.junit.jupiter.api.function.Executable call) {
    assertEquals(
        ApexException.Code.INVALID_REQUEST, assertThrows(ApexException.class, call).code());
  }

  @Test
  void aValueThatBecomesTooLongIsRefused() {
    MergeOperator swelling = (key, existing, operand) -> new byte[65 << 20];
    assertTooMany(() -> keys.merge(bytes("a"), bytes("1"), swelling));
    WriteBatch batch = store.newBatch().put(bytes("a"), bytes("1"));
    assertTooMany(() -> batch.merge(bytes("a"), bytes("1"), swelling));
    store.write(batch);
    assertValue("1", "a");
  }

  @Test
  void aTransactionMergesWhatItSeesAndRunsAgainIfOthersWriteIt() {
    keys.put(bytes("a"), bytes("1"), Duration.ofMillis(100));
    store.put(bytes("gone"), bytes("1"));
    AtomicInteger runs = new AtomicInteger();
    store.transact(
        tx -> {
          if (runs.incrementAndGet() == 1) {
            keys.merge(bytes("a"), bytes("2"), APPEND);
          }
          tx.merge(bytes("a"), bytes("3"), APPEND).merge(bytes("a"), bytes("4"), APPEND);
          tx.merge(bytes("gone"), bytes(""), DELETE);
          tx.put(bytes("b"), bytes("5")).merge(bytes("b"), bytes("6"), APPEND);
          return tx.deleteRange(KeyRange.from(bytes("c"))).merge(bytes("c"), bytes("7"), APPEND);
        });
    assertEquals(2, runs.get());
    assertValue("1234", "a");
    VersionedValue merged = keys.getVersioned(bytes("a"));
    assertNotNull(merged);
    assertEquals(1_000_100, merged.expiresMs());
    assertValue(null, "gone");
    assertValue("56", "b");
    assertValue("7", "c");
  }

  @Test
  void theCommonOperatorsDoWhatTheirNamesSay() {
    keys.increment(bytes("n"), 40);
    keys.merge(bytes("n"), bytes("-45"), ADD);
    assertEquals(-4, keys.increment(bytes("n"), 1));
    assertTooMany(() -> keys.merge(bytes("n"), bytes(""), ADD));
    keys.put(bytes("n"), bytes(Long.toString(Long.MIN_VALUE)));
    assertTooMany(() -> keys.merge(bytes("n"), bytes("-1"), ADD));
    MergeOperator max = MergeOperators.max();
    keys.merge(bytes("m"), new byte[] {1}, max);
    keys.merge(bytes("m"), new byte[] {(byte) 200}, max);
    keys.merge(bytes("m"), new byte[] {(byte) 199, 1}, max);
    assertArrayEquals(new byte[] {(byte) 200}, keys.get(bytes("m")));
  }

  @Test
  void aMergeInAClosedStoreFailsWithClosed() {
    WriteBatch batch = store.newBatch().merge(bytes("a"), bytes("1"), APPEND);
    store.close();
    ApexException e = assertThrows(ApexException.class, () -> store.write(batch));
    assertEquals(ApexException.Code.CLOSED, e.code());
    CompletableFuture<Long> written = store.writeAsync(batch).toCompletableFuture();
    assertEquals(
        ApexException.Code.CLOSED, codeOf(assertThrows(CompletionException.class, written::join)));
  }
}

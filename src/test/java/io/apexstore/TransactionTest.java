package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionTest {
  private static final int ACCOUNTS = 10;
  private static final int THREADS = 6;

  @TempDir Path directory;
  private ApexStore store;

  @BeforeEach
  void open() {
    store =
        ApexStore.open(
            directory,
            StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL).withMemtableBytesMax(64 << 10));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static int number(byte[] value) {
    return Integer.parseInt(new String(value, UTF_8));
  }

  @Test
  void onlyATransactionItselfSeesItsWrites() {
    store.put(bytes("a"), bytes("1"));
    store.put(bytes("c"), bytes("3"));
    store.transact(
        tx -> {
          tx.put(bytes("b"), bytes("2")).delete(bytes("c")).put(bytes("a"), bytes("0"));
          assertArrayEquals(bytes("0"), tx.get(bytes("a")));
          assertNull(tx.get(bytes("c")));
          assertEquals(List.of("a=0", "b=2"), all(tx, KeyRange.all()));
          assertEquals(List.of("b=2"), all(tx, KeyRange.from(bytes("aa"))));
          assertArrayEquals(bytes("1"), store.get(bytes("a")));
          return null;
        });
    assertArrayEquals(bytes("0"), store.get(bytes("a")));
    assertNull(store.get(bytes("c")));
  }

  private static List<String> all(Transaction tx, KeyRange range) {
    List<String> entries = new ArrayList<>();
    try (TransactionCursor cursor = tx.scan(range)) {
      while (cursor.next()) {
        entries.add(new String(cursor.key(), UTF_8) + "=" + new String(cursor.value(), UTF_8));
      }
    }
    return entries;
  }

  @Test
  void ifTheFunctionThrowsNothingIsStored() {
    assertThrows(
        IllegalStateException.class,
        () ->
            store.transact(
                tx -> {
                  tx.put(bytes("a"), bytes("1"));
                  throw new IllegalStateException("no");
                }));
    assertNull(store.get(bytes("a")));
  }

  @Test
  void anOvertakenTransactionRunsAgainOnNewerData() {
    store.put(bytes("a"), bytes("1"));
    AtomicInteger runs = new AtomicInteger();
    store.transact(
        tx -> {
          int seen = number(java.util.Objects.requireNonNull(tx.get(bytes("a"))));
          if (runs.incrementAndGet() == 1) {
            store.put(bytes("a"), bytes("5"));
          }
          return tx.put(bytes("b"), bytes(Integer.toString(seen + 1)));
        });
    assertEquals(2, runs.get());
    assertArrayEquals(bytes("6"), store.get(bytes("b")));
  }

  @Test
  void aNewKeyConflictsWithinTheRangeThatWasReadButNotAfterIt() {
    store.put(bytes("m"), bytes("1"));
    AtomicInteger runs = new AtomicInteger();
    store.transact(
        tx -> {
          try (TransactionCursor cursor = tx.scan(KeyRange.all())) {
            assertTrue(cursor.next());
          }
          if (runs.incrementAndGet() == 1) {
            store.put(bytes("z"), bytes("1"));
          }
          return tx.put(bytes("x"), bytes("1"));
        });
    assertEquals(1, runs.get());
    store.transact(
        tx -> {
          all(tx, KeyRange.below(bytes("n")));
          if (runs.incrementAndGet() == 2) {
            store.put(bytes("b"), bytes("1"));
          }
          return tx.put(bytes("y"), bytes("1"));
        });
    assertEquals(3, runs.get());
  }

  @Test
  void aTransactionCannotBeUsedAfterItHasEnded() {
    AtomicReference<Transaction> kept = new AtomicReference<>();
    store.transact(
        tx -> {
          kept.set(tx);
          return null;
        });
    ApexException e =
        assertThrows(
            ApexException.class,
            () -> Objects.requireNonNull(kept.get()).put(bytes("a"), bytes("1")));
    assertEquals(ApexException.Code.CLOSED, e.code());
  }

  @Test
  @Tag("stress")
  void aTransactionThatIsAlwaysOvertakenFailsWithConflict() {
    ApexException e =
        assertThrows(
            ApexException.class,
            () ->
                store.transact(
                    tx -> {
                      tx.get(bytes("a"));
                      store.put(bytes("a"), bytes("1"));
                      return tx.put(bytes("b"), bytes("1"));
                    }));
    assertEquals(ApexException.Code.CONFLICT, e.code());
    assertNull(store.get(bytes("b")));
  }

  @Test
  void concurrentTransfersKeepTheSum() throws Exception {
    for (int i = 0; i < ACCOUNTS; i++) {
      store.put(account(i), bytes("100"));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        Random random = new Random(t);
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 150; i++) {
                    transferOrCheck(random);
                    if (i % 40 == 0) {
                      store.flush();
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertEquals(ACCOUNTS * 100, store.transact(TransactionTest::sum));
  }

  private void transferOrCheck(Random random) {
    if (random.nextInt(4) == 0) {
      assertEquals(ACCOUNTS * 100, store.transact(TransactionTest::sum));
      return;
    }
    byte[] from = account(random.nextInt(ACCOUNTS));
    byte[] to = account(random.nextInt(ACCOUNTS));
    int amount = random.nextInt(20);
    store.transact(
        tx -> {
          int left = number(java.util.Objects.requireNonNull(tx.get(from)));
          tx.put(from, bytes(Integer.toString(left - amount)));
          int right = number(java.util.Objects.requireNonNull(tx.get(to)));
          return tx.put(to, bytes(Integer.toString(right + amount)));
        });
  }

  private static byte[] account(int number) {
    return bytes("account/" + number);
  }

  private static int sum(Transaction tx) {
    int sum = 0;
    try (TransactionCursor cursor = tx.scan(KeyRange.prefix(bytes("account/")))) {
      while (cursor.next()) {
        sum += number(cursor.value());
      }
    }
    return sum;
  }

  @Test
  void transactionsThatDependOnEachOthersWritesDoNotBothCommit() throws Exception {
    // Write skew: of two who are on call, each may leave only while the other stays.
    for (int round = 0; round < 100; round++) {
      store.put(bytes("on-call/a"), bytes("yes"));
      store.put(bytes("on-call/b"), bytes("yes"));
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        List<Future<?>> all = new ArrayList<>();
        for (String name : List.of("a", "b")) {
          all.add(
              threads.submit(
                  () ->
                      store.transact(
                          tx -> {
                            if (all(tx, KeyRange.prefix(bytes("on-call/"))).size() > 1) {
                              tx.delete(bytes("on-call/" + name));
                            }
                            return null;
                          })));
        }
        for (Future<?> one : all) {
          one.get();
        }
      }
      assertEquals(1, store.transact(tx -> all(tx, KeyRange.prefix(bytes("on-call/")))).size());
    }
  }

  @Test
  void aCursorOfATransactionThatHasEndedReadsNoMore() {
    for (int i = 0; i < 10; i++) {
      store.put(new byte[] {(byte) i}, new byte[1]);
    }
    AtomicReference<TransactionCursor> kept = new AtomicReference<>();
    store.transact(
        tx -> {
          TransactionCursor cursor = tx.scan(KeyRange.all());
          kept.set(cursor);
          return cursor.next();
        });
    try (TransactionCursor cursor = Objects.requireNonNull(kept.get())) {
      ApexException e = assertThrows(ApexException.class, cursor::next);
      assertEquals(ApexException.Code.CLOSED, e.code());
    }
  }
}

package io.apexstore.vertx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.Keyspace;
import io.apexstore.StoreSeams;
import io.apexstore.WriteBatch;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteGatewayTest {
  @TempDir private Path folder;
  private final AtomicReference<FaultStorage> storage = new AtomicReference<>();
  private Vertx vertx;
  private Context loop;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    loop = vertx.getOrCreateContext();
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void theWritesOfOneTickShareACommitAndCompleteOnTheirContext() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    long syncsBefore = host.store().stats().log().syncs();
    List<Long> versions =
        onLoop(
            host,
            gateway -> {
              List<Future<Long>> writes = new ArrayList<>();
              for (int i = 0; i < 100; i++) {
                writes.add(
                    gateway
                        .write(host.store().newBatch().put(bytes("k" + i), bytes("v" + i)))
                        .map(
                            version -> {
                              assertSame(loop, Vertx.currentContext());
                              return version;
                            }));
              }
              return Future.all(writes).map(all -> all.<Long>list());
            });
    for (int i = 1; i < versions.size(); i++) {
      assertTrue(versions.get(i) > versions.get(i - 1), "in the order of their calls");
    }
    assertArrayEquals(bytes("v99"), host.store().get(bytes("k99")));
    assertTrue(
        host.store().stats().log().syncs() - syncsBefore < 20, "they did not share their syncs");
    assertEquals(0, host.writeBound().bytes());
    await(host.close());
  }

  @Test
  void writesBeyondTheLimitAreRefusedUntilOthersHaveEnded() throws Exception {
    StoreHost host = host(10_000, Duration.ofSeconds(30));
    Throwable refusal =
        onLoop(
            host,
            gateway -> {
              Future<Long> first = put(host, gateway, "a", 6_000);
              Future<Long> second = put(host, gateway, "b", 6_000);
              assertTrue(second.failed());
              return first.map(second.cause());
            });
    assertInstanceOf(OverloadedException.class, refusal);
    assertEquals(0, host.writeBound().bytes());
    assertTrue(onLoop(host, gateway -> put(host, gateway, "b", 6_000)) > 0);
    assertTrue(onLoop(host, gateway -> put(host, gateway, "large", 50_000)) > 0, "alone");
    await(host.close());
  }

  @Test
  void aWriteThatTakesTooLongHasAnUnknownOutcomeAndCountsUntilItEnds() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofMillis(100));
    CountDownLatch stuck = new CountDownLatch(1);
    FaultStorage.Rule slow =
        faults().before(FaultStorage.Kind.REGION_SYNC, (kind, name) -> awaitQuietly(stuck));
    assertThrows(
        OutcomeUnknownException.class, () -> onLoop(host, gateway -> put(host, gateway, "a", 10)));
    assertTrue(host.writeBound().bytes() > 0);
    slow.stop();
    stuck.countDown();
    assertTrue(onLoop(host, gateway -> put(host, gateway, "b", 10)) > 0);
    assertEquals(0, host.writeBound().bytes());
    assertArrayEquals(new byte[10], host.store().get(bytes("a")), "it was stored after all");
    await(host.close());
  }

  @Test
  void aFailureOfTheDiskReachesTheCaller() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    // Every sync fails: the first may be that of a segment prepared in the background.
    faults()
        .before(
            FaultStorage.Kind.REGION_SYNC,
            (kind, name) -> {
              throw new IOException("the disk is gone");
            });
    ApexException failure =
        assertThrows(
            ApexException.class, () -> onLoop(host, gateway -> put(host, gateway, "a", 10)));
    assertEquals(ApexException.Code.STORAGE_FAILED, failure.code());
    assertEquals(0, host.writeBound().bytes());
    assertThrows(ApexException.class, () -> onLoop(host, gateway -> put(host, gateway, "b", 10)));
    assertThrows(ApexException.class, () -> await(host.close()));
  }

  @Test
  void afterTheCloseWritesAreRefused() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    onLoop(host, gateway -> put(host, gateway, "a", 10));
    await(host.close());
    ApexException failure =
        assertThrows(
            ApexException.class, () -> onLoop(host, gateway -> put(host, gateway, "b", 10)));
    assertEquals(ApexException.Code.CLOSED, failure.code());
    try (ApexStore again = ApexStore.open(folder)) {
      assertArrayEquals(new byte[10], again.get(bytes("a")));
    }
  }

  @Test
  void callsBeyondTheLimitOfThePoolAreRefused() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    CountDownLatch release = new CountDownLatch(1);
    List<Future<Integer>> reads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      reads.add(
          host.io()
              .run(
                  () -> {
                    awaitQuietly(release);
                    return 1;
                  }));
    }
    assertThrows(OverloadedException.class, () -> await(host.io().run(() -> 1)));
    CountDownLatch released = new CountDownLatch(1);
    host.io().runAlways(released::countDown);
    release.countDown();
    await(Future.all(reads));
    assertTrue(released.await(30, TimeUnit.SECONDS));
    assertEquals(1, await(host.io().run(() -> 1)));
    await(host.close());
  }

  @Test
  void aWriteThatTheClosedPoolRefusesReleasesItsBytes() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    await(host.io().close());
    ApexException failure =
        assertThrows(
            ApexException.class,
            () ->
                onLoop(
                    host, gateway -> gateway.increment(host.store().keyspace("n"), bytes("a"), 1)));
    assertEquals(ApexException.Code.CLOSED, failure.code());
    assertEquals(0, host.writeBound().bytes());
    await(host.close());
  }

  @Test
  void callersOfTheStartDoNotContinueOnTheCommitThread() throws Exception {
    CompletableFuture<String> thread = new CompletableFuture<>();
    StoreHost host =
        await(
            StoreHost.start(vertx, settings(1 << 20, Duration.ofSeconds(30)))
                .onSuccess(started -> thread.complete(Thread.currentThread().getName())));
    String name = thread.get(60, TimeUnit.SECONDS);
    assertFalse(name.startsWith("apexstore-"), name);
    await(host.close());
  }

  @Test
  void theCommitThreadReadsNoPreviousValues() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    Keyspace audited =
        host.store().keyspace("audited", KeyspaceOptions.defaults().withLogPreviousValues(true));
    audited.put(bytes("a"), new byte[10]);
    host.store().flush();
    Queue<String> readers = new ConcurrentLinkedQueue<>();
    faults()
        .before(
            FaultStorage.Kind.READ, (kind, name) -> readers.add(Thread.currentThread().getName()));
    try (ChangeFeed feed = host.store().changes().open()) {
      onLoop(
          host,
          gateway -> gateway.write(host.store().newBatch().put(audited, bytes("a"), new byte[20])));
      Change.KeyChange change =
          assertInstanceOf(Change.KeyChange.class, feed.next(Duration.ofSeconds(30)));
      assertArrayEquals(new byte[10], change.previousValue());
    }
    assertTrue(readers.stream().anyMatch(name -> name.startsWith("apexstore-check")), "" + readers);
    assertTrue(readers.stream().noneMatch(name -> name.startsWith("apexstore-wal")), "" + readers);
    await(host.close());
  }

  @Test
  void writesThatLogPreviousValuesKeepTheirOrder() throws Exception {
    StoreHost host = host(1 << 20, Duration.ofSeconds(30));
    Keyspace logged =
        host.store().keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true));
    Keyspace plain = host.store().keyspace("plain");
    List<Long> versions =
        onLoop(
            host,
            gateway -> {
              List<Future<Long>> writes = new ArrayList<>();
              for (int i = 0; i < 300; i++) {
                byte[] value = bytes("" + i);
                WriteBatch batch = host.store().newBatch().put(plain, bytes("a"), value);
                if (i % 3 != 0) {
                  batch.put(logged, bytes("a"), value);
                }
                writes.add(gateway.write(batch));
              }
              return Future.all(writes).map(all -> all.<Long>list());
            });
    for (int i = 1; i < versions.size(); i++) {
      assertTrue(versions.get(i) > versions.get(i - 1), "in the order they were made");
    }
    assertArrayEquals(bytes("299"), plain.get(bytes("a")));
    assertArrayEquals(bytes("299"), logged.get(bytes("a")));
    await(host.close());
  }

  private StoreHost host(long writeBytesMax, Duration timeout) throws Exception {
    return await(StoreHost.start(vertx, settings(writeBytesMax, timeout)));
  }

  private StoreHost.Settings settings(long writeBytesMax, Duration timeout) {
    return new StoreHost.Settings(
        folder,
        StoreOptions.defaults().withSyncMode(SyncMode.GROUP).withBlockCacheBytes(1 << 20),
        builder ->
            StoreSeams.open(
                builder,
                files -> {
                  storage.set(new FaultStorage(files));
                  return faults();
                }),
        1,
        2,
        8,
        writeBytesMax,
        timeout);
  }

  private FaultStorage faults() {
    return Objects.requireNonNull(storage.get());
  }

  private static Future<Long> put(StoreHost host, WriteGateway gateway, String key, int bytes) {
    return gateway.write(host.store().newBatch().put(bytes(key), new byte[bytes]));
  }

  private <T> T onLoop(StoreHost host, Function<WriteGateway, Future<T>> use) throws Exception {
    Promise<T> promise = Promise.promise();
    loop.runOnContext(ignored -> use.apply(host.newGateway(loop)).onComplete(promise));
    return await(promise.future());
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}

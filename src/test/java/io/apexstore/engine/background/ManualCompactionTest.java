package io.apexstore.engine.background;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.EngineComponents;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.TestStore;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compactions whose callers wait for their end. */
@Timeout(60)
class ManualCompactionTest {
  private final MemoryStorage storage = new MemoryStorage();

  private static void fill(LsmEngine engine, KeyspaceTree tree, int round) {
    Batch batch = new Batch(1 << 10);
    for (int i = 0; i < 200; i++) {
      batch.put(
          tree.id(), bytes("key %03d".formatted(i)), 0, MemorySegment.ofArray(bytes("v" + round)));
    }
    batch.seal();
    engine.commit(batch, null);
    engine.flush();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Set<String> tables() {
    Set<String> tables = new TreeSet<>(storage.contents().keySet());
    tables.removeIf(name -> !name.endsWith(".sst"));
    return tables;
  }

  private void damageFirstBlock(String table) {
    byte[] bytes = Objects.requireNonNull(storage.contents().get(table)).clone();
    bytes[120] ^= 4;
    try {
      storage.put(table, bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aHealthyKeyspaceIsCompactedWhileAnotherIsDamaged() {
    Set<String> ofHealthy;
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      LsmEngine engine = store.engine();
      KeyspaceTree healthy = engine.keyspace("healthy");
      fill(engine, healthy, 1);
      fill(engine, healthy, 2);
      ofHealthy = tables();
      KeyspaceTree damaged = engine.keyspace("damaged");
      fill(engine, damaged, 1);
      fill(engine, damaged, 2);
    }
    tables().stream().filter(name -> !ofHealthy.contains(name)).forEach(this::damageFirstBlock);
    try (TestStore store = TestStore.open(storage, SyncMode.GROUP)) {
      LsmEngine engine = store.engine();
      KeyspaceTree healthy = engine.keyspace("healthy");
      KeyspaceTree damaged = engine.keyspace("damaged");
      EngineException e =
          assertThrows(EngineException.class, () -> engine.compact(damaged, null, null));
      assertEquals(Failure.CORRUPTION, e.failure());
      engine.compact(healthy, null, null);
      assertEquals(1, tableCount(healthy));
      fill(engine, healthy, 3);
      e = assertThrows(EngineException.class, engine::compact);
      assertEquals(Failure.CORRUPTION, e.failure());
      assertEquals(1, tableCount(healthy));
      assertEquals(2, tableCount(damaged));
    }
  }

  private static int tableCount(KeyspaceTree tree) {
    int count = 0;
    for (int level = 0; level < tree.view().version().shape().levelCount(); level++) {
      count += tree.view().version().shape().level(level).size();
    }
    return count;
  }

  @Test
  void aCompactionThatCloseInterruptsFailsAsClosed() throws Exception {
    assertClosedWhileWaiting(null, LsmEngine::compact);
  }

  @Test
  void aCompactionOfARangeThatCloseInterruptsFailsAsClosed() throws Exception {
    assertClosedWhileWaiting(
        null, engine -> engine.compact(engine.keyspace("default"), bytes("key 1"), null));
  }

  @Test
  void aRotationOfDataKeysThatCloseInterruptsFailsAsClosed() throws Exception {
    assertClosedWhileWaiting(
        EncryptionComponents.with(new TestWrapper(1)), LsmEngine::rotateDataKeys);
  }

  private void assertClosedWhileWaiting(
      @Nullable EncryptionComponents encryption, Consumer<LsmEngine> work) throws Exception {
    BlockingQueue<Runnable> compactions = new LinkedBlockingQueue<>();
    EngineExecutors executors =
        EngineExecutors.OWN.withoutTicks().withCompactions(compactions::add);
    EngineComponents components =
        new EngineComponents(storage, TimeSource.SYSTEM, executors).withEncryption(encryption);
    LsmEngine engine = LsmEngine.open(components, TestStore.options(SyncMode.GROUP));
    fill(engine, engine.keyspace("default"), 1);
    fill(engine, engine.keyspace("default"), 2);
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread worker =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    work.accept(engine);
                  } catch (EngineException e) {
                    outcome.set(e);
                  }
                });
    Runnable compaction = compactions.take();
    Thread closer = Thread.ofPlatform().start(engine::close);
    // Close waits for the compaction, which has not begun.
    while (closer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    compaction.run();
    worker.join();
    closer.join();
    EngineException e = assertInstanceOf(EngineException.class, outcome.get());
    assertEquals(Failure.CLOSED, e.failure());
    assertTrue(String.valueOf(e.getMessage()).contains("before the compaction was done"));
  }
}

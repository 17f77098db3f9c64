package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A scan that is opened while the store closes. */
@Timeout(30)
class ScanAndCloseTest {
  private final AtomicBoolean storageClosed = new AtomicBoolean();

  /** A storage that records its close, which is the last step of freeing the store. */
  private Storage observingClose() {
    MemoryStorage storage = new MemoryStorage();
    return (Storage)
        Proxy.newProxyInstance(
            Storage.class.getClassLoader(),
            new Class<?>[] {Storage.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                storageClosed.set(true);
              }
              try {
                return method.invoke(storage, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void closeFreesNothingThatAScanBeingOpenedUses() throws InterruptedException {
    AtomicReference<@Nullable Runnable> onClockRead = new AtomicReference<>();
    Thread scanner = Thread.currentThread();
    TimeSource time =
        TestClock.system()
            .onWallRead(
                () -> {
                  Runnable step =
                      Thread.currentThread() == scanner ? onClockRead.getAndSet(null) : null;
                  if (step != null) {
                    step.run();
                  }
                });
    LsmEngine engine =
        LsmEngine.open(
            new EngineComponents(observingClose(), time, EngineExecutors.OWN),
            TestStore.options(SyncMode.GROUP));
    KeyspaceTree keyspace = engine.keyspace("default");
    Batch batch = new Batch(64);
    batch.put(keyspace.id(), new byte[] {1}, 0, MemorySegment.ofArray(new byte[] {2}));
    batch.seal();
    engine.commit(batch, null);

    Thread closer = new Thread(engine::close);
    onClockRead.set(
        () -> {
          closer.start();
          while (closer.isAlive() && !isWaitingForReaders(closer)) {
            Thread.onSpinWait();
          }
        });
    EngineCursor cursor = engine.scan(keyspace, null, null, false, null);
    closer.join();
    EngineException e = assertThrows(EngineException.class, cursor::next);
    assertEquals(EngineException.Failure.CLOSED, e.failure());
    assertFalse(storageClosed.get(), "freed under an open cursor");
    cursor.close();
    assertTrue(storageClosed.get());
  }

  private static boolean isWaitingForReaders(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().endsWith("ReadEpochs"));
  }
}

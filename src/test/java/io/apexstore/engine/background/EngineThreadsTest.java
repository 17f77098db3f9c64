package io.apexstore.engine.background;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The threads of an engine, and their end. */
class EngineThreadsTest {

  @Test
  void tasksThatAClosingTaskSubmitsRunWhileTheThreadsEnd() throws Exception {
    EngineThreads threads = new EngineThreads(EngineExecutors.OWN, 1, 1);
    CountDownLatch ending = new CountDownLatch(1);
    AtomicBoolean followUp = new AtomicBoolean();
    threads
        .closer()
        .execute(
            () -> {
              awaitQuietly(ending);
              threads.closer().execute(() -> followUp.set(true));
            });
    Thread closing = new Thread(threads::close);
    closing.start();
    // It waits only for the end of the closer.
    while (closing.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    ending.countDown();
    closing.join();
    assertTrue(followUp.get());
    assertFalse(threads.isClosing());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

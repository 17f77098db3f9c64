package io.apexstore.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A refusal is equally durable: the state that caused it is on disk before it is reported. */
class RefusalTest {
  private static final byte[] KEY = "lock".getBytes(UTF_8);

  /** A clock by which no interval ever ends. */
  private static final TimeSource STILL = TestClock.at(1_000_000);

  private static LsmEngine open(SyncMode mode) {
    return LsmEngine.open(
        new EngineComponents(new MemoryStorage(), STILL, EngineExecutors.OWN),
        // Nothing but a commit syncs.
        TestStore.options(mode)
            .withSyncInterval(Duration.ofHours(1))
            .withAsyncDelay(Duration.ofHours(1)));
  }

  private static Batch put(KeyspaceTree keys) {
    Batch batch = new Batch(64);
    batch.put(keys.id(), KEY, 0, MemorySegment.ofArray(new byte[1]));
    batch.seal();
    return batch;
  }

  private static void refused(
      LsmEngine engine, KeyspaceTree keys, @Nullable SyncMode atLeast, boolean async) {
    Conditions conditions = new Conditions().absent(keys.id(), KEY);
    EngineException e;
    if (async) {
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              () ->
                  engine.commitAsync(put(keys), conditions, atLeast).toCompletableFuture().join());
      e = (EngineException) Objects.requireNonNull(thrown.getCause());
    } else {
      e = assertThrows(EngineException.class, () -> engine.commit(put(keys), conditions, atLeast));
    }
    assertEquals(Failure.CONDITION_FAILED, e.failure());
  }

  private static boolean isDurable(LsmEngine engine, long version) {
    return engine.stats().durableVersion() >= version;
  }

  @ParameterizedTest
  @EnumSource(names = {"ASYNC", "INTERVAL"})
  void aDurableCommitIsRefusedOnlyAfterTheCauseIsDurable(SyncMode mode) {
    for (boolean async : new boolean[] {false, true}) {
      for (SyncMode asked : new SyncMode[] {SyncMode.GROUP, SyncMode.EVERY}) {
        LsmEngine engine = open(mode);
        KeyspaceTree keys = engine.keyspace("default");
        long version = engine.commit(put(keys), null);
        assertFalse(isDurable(engine, version));
        refused(engine, keys, asked, async);
        assertTrue(isDurable(engine, version), () -> "refused with " + asked);
        engine.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ASYNC", "INTERVAL"})
  void anotherCommitIsRefusedAtOnce(SyncMode mode) {
    LsmEngine engine = open(mode);
    KeyspaceTree keys = engine.keyspace("default");
    long version = engine.commit(put(keys), null);
    refused(engine, keys, null, false);
    refused(engine, keys, null, true);
    assertFalse(isDurable(engine, version));
    engine.close();
  }

  @Test
  void inADurableStoreEverythingVisibleIsDurable() {
    LsmEngine engine = open(SyncMode.GROUP);
    KeyspaceTree keys = engine.keyspace("default");
    long version = engine.commit(put(keys), null);
    assertTrue(isDurable(engine, version));
    refused(engine, keys, null, false);
    engine.close();
  }
}

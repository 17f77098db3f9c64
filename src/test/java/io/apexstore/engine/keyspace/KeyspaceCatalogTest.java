package io.apexstore.engine.keyspace;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyspaceCatalogTest {
  private static final KeyspaceOptions FIFO =
      KeyspaceOptions.defaults().withCompaction(CompactionStrategy.FIFO);

  private static String refusal(KeyspaceOptions options) {
    EngineException e =
        assertThrows(EngineException.class, () -> KeyspaceCatalog.requireConsistent(options));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
    return String.valueOf(e.getMessage());
  }

  @Test
  void aStoreTakesTenThousandKeyspaces() {
    assertDoesNotThrow(() -> KeyspaceCatalog.requireRoom(9_999));
    EngineException e =
        assertThrows(EngineException.class, () -> KeyspaceCatalog.requireRoom(10_000));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
  }

  @Test
  void internalKeyspacesAreLeveledWhateverTheStoresStrategyIs() {
    CompactionStrategy tiered = CompactionStrategy.TIERED;
    assertEquals(CompactionStrategy.LEVELED, KeyspaceCatalog.standardCompaction("_expiry", tiered));
    assertEquals(tiered, KeyspaceCatalog.standardCompaction("a", tiered));
  }

  @Test
  void aStrategyThatDeletesNeedsALimitAndOnlyThatOneHasIt() {
    assertDoesNotThrow(() -> KeyspaceCatalog.requireConsistent(FIFO.withFifoBytesMax(1)));
    assertDoesNotThrow(
        () -> KeyspaceCatalog.requireConsistent(FIFO.withFifoAgeMax(Duration.ofMillis(1))));
    assertEquals("compaction fifo needs fifo_max_bytes or fifo_max_age", refusal(FIFO));
    assertEquals(
        "fifo_max_bytes and fifo_max_age are for compaction fifo, not tiered",
        refusal(FIFO.withFifoBytesMax(1).withCompaction(CompactionStrategy.TIERED)));
  }
}

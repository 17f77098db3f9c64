package io.apexstore.engine.keyspace;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import org.junit.jupiter.api.Test;

class KeyspaceCatalogTest {
  @Test
  void aStoreTakesTenThousandKeyspaces() {
    assertDoesNotThrow(() -> KeyspaceCatalog.requireRoom(9_999));
    EngineException e =
        assertThrows(EngineException.class, () -> KeyspaceCatalog.requireRoom(10_000));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
  }
}

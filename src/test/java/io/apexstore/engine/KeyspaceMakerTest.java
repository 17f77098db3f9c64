package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import org.junit.jupiter.api.Test;

class KeyspaceMakerTest {
  @Test
  void aStoreTakesTenThousandKeyspaces() {
    assertDoesNotThrow(() -> KeyspaceMaker.requireRoom(9_999));
    EngineException e =
        assertThrows(EngineException.class, () -> KeyspaceMaker.requireRoom(10_000));
    assertEquals(Failure.INVALID_REQUEST, e.failure());
  }
}

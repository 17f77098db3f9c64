package io.apexstore.engine.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** A batch that is full. */
class BatchLimitTest {
  private static final byte[] KEY = {1};
  private static final byte[] OTHER_KEY = {2};

  @Test
  void anOperationThatIsRejectedReplacesNothing() {
    MemorySegment large = MemorySegment.ofArray(new byte[Limits.BATCH_BYTES_MAX / 2]);
    Batch batch = new Batch(64);
    batch.put(1, KEY, 0, MemorySegment.ofArray(new byte[] {7}));
    batch.put(1, OTHER_KEY, 0, large);
    EngineException e = assertThrows(EngineException.class, () -> batch.put(1, KEY, 0, large));
    assertEquals(EngineException.Failure.TOO_LARGE, e.failure());
    batch.seal();

    BatchReader reader = batch.reader();
    assertTrue(reader.next());
    assertEquals(KEY[0], reader.bytes()[reader.keyOffset()]);
    assertEquals(7, reader.bytes()[reader.valueOffset()]);
    assertTrue(reader.next());
    assertEquals(OTHER_KEY[0], reader.bytes()[reader.keyOffset()]);
    assertFalse(reader.next());
  }

  @Test
  void theBytesOfABatchAreThoseOfTheOperationsThatAreLeft() {
    Batch batch = new Batch(16);
    byte[] key = {1, 2};
    for (int i = 1; i <= 100; i++) {
      batch.put(1, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(new byte[i]));
      assertEquals(key.length + i, batch.userBytes());
    }
    batch.put(2, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(new byte[5]));
    assertEquals(109, batch.userBytes());
    batch.delete(1, key);
    assertEquals(9, batch.userBytes());
    batch.deleteRange(2, new byte[] {1}, new byte[] {2});
    batch.seal();
    assertEquals(4, batch.userBytes());
  }
}

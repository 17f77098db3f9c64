package io.apexstore.engine.base;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The flags of the operations in a batch. */
class BatchFlagsTest {
  private record Operation(
      byte @Nullable [] value, long expiryMs, boolean expired, byte @Nullable [] previous) {}

  @Test
  void everyFlagIsReadAsWrittenEvenIfOperationsAreReplaced() {
    Random random = new Random(3);
    for (int round = 0; round < 300; round++) {
      Batch batch = new Batch(random.nextInt(64));
      Map<Integer, Operation> expected = new LinkedHashMap<>();
      for (int i = random.nextInt(30); i > 0; i--) {
        int key = random.nextInt(10);
        expected.remove(key);
        expected.put(key, add(batch, key, random));
      }
      batch.seal();
      BatchReader reader = Batch.read(batch.bytes(), 0, batch.length());
      for (Map.Entry<Integer, Operation> entry : expected.entrySet()) {
        assertTrue(reader.next());
        assertEquals(entry.getKey().byteValue(), reader.bytes()[reader.keyOffset()]);
        check(entry.getValue(), reader);
      }
      assertFalse(reader.next());
    }
  }

  @Test
  void bytesThatAreNoBatchAreCorruption() {
    Random random = new Random(4);
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes = bytes(random);
      // Mostly a put or a range delete, with lengths past every limit.
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = random.nextInt(3) > 0 ? (byte) 0xFF : (byte) random.nextInt(8);
      }
      BatchReader reader = Batch.read(bytes, 0, bytes.length);
      try {
        while (reader.next()) {
          assertTrue(reader.keyOffset() + reader.keyLength() <= bytes.length);
        }
      } catch (EngineException e) {
        assertEquals(EngineException.Failure.CORRUPTION, e.failure());
      }
    }
  }

  private static Operation add(Batch batch, int key, Random random) {
    byte[] keyBytes = {(byte) key};
    boolean put = random.nextBoolean();
    boolean expired = !put && random.nextBoolean();
    long expiryMs = put && random.nextBoolean() ? 1 + random.nextInt(1_000) : 0;
    byte[] value = bytes(random);
    if (put) {
      batch.put(1, keyBytes, expiryMs, MemorySegment.ofArray(value));
    } else if (expired) {
      batch.deleteExpired(1, keyBytes);
    } else {
      batch.delete(1, keyBytes);
    }
    byte[] previous = random.nextBoolean() ? bytes(random) : null;
    if (previous != null) {
      batch.addPreviousValue(previous);
      assertThrows(IllegalStateException.class, () -> batch.addPreviousValue(previous));
    }
    return new Operation(put ? value : null, expiryMs, expired, previous);
  }

  private static void check(Operation expected, BatchReader found) {
    byte[] value = expected.value();
    assertEquals(value == null ? ValueKind.DELETE : ValueKind.PUT, found.kind());
    assertEquals(expected.expiryMs(), found.expiryMs());
    assertEquals(expected.expired(), found.isExpiration());
    if (value != null) {
      assertArrayEquals(value, copy(found, found.valueOffset(), found.valueLength()));
    }
    byte[] previous = expected.previous();
    if (previous == null) {
      assertEquals(-1, found.previousValueLength());
    } else {
      assertArrayEquals(
          previous, copy(found, found.previousValueOffset(), found.previousValueLength()));
    }
  }

  private static byte[] copy(BatchReader reader, int offset, int length) {
    return Arrays.copyOfRange(reader.bytes(), offset, offset + length);
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(300)];
    random.nextBytes(bytes);
    return bytes;
  }
}

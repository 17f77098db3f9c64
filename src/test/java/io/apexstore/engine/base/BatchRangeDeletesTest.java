package io.apexstore.engine.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Batches with range deletes are canonical. {@code -Dseed=N} replays. */
class BatchRangeDeletesTest {
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private record Operation(
      String kind, int keyspace, String key, @Nullable String to, String text) {
    boolean covers(Operation point) {
      return isRangeDelete()
          && keyspace == point.keyspace
          && key.compareTo(point.key) <= 0
          && (to == null || to.compareTo(point.key) > 0);
    }

    boolean isRangeDelete() {
      return kind.equals("range");
    }

    boolean replaces(Operation point) {
      return !isRangeDelete() && keyspace == point.keyspace && key.equals(point.key);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static List<String> texts(Batch batch) {
    List<String> found = new ArrayList<>();
    BatchReader reader = Batch.read(batch.bytes(), 0, batch.length());
    while (reader.next()) {
      String key = new String(reader.key(), StandardCharsets.US_ASCII);
      byte[] end = reader.rangeEnd();
      String pastEnd = end == null ? "" : new String(end, StandardCharsets.US_ASCII);
      found.add(reader.keyspaceId() + " " + reader.kind() + " " + key + " " + pastEnd);
    }
    return found;
  }

  private String key() {
    return "k" + (char) ('a' + random.nextInt(12));
  }

  private Operation add(Batch batch, int number) {
    int keyspace = 1 + random.nextInt(2);
    String key = key();
    return switch (random.nextInt(5)) {
      case 0 -> {
        String from = random.nextInt(5) == 0 ? "" : key;
        String to = random.nextInt(5) == 0 ? null : key();
        batch.deleteRange(keyspace, bytes(from), to == null ? null : bytes(to));
        String text = keyspace + " RANGE_DELETE " + from + " " + (to == null ? "" : to);
        yield new Operation("range", keyspace, from, to, text);
      }
      case 1 -> {
        batch.delete(keyspace, bytes(key));
        yield new Operation("point", keyspace, key, null, keyspace + " DELETE " + key + " ");
      }
      default -> {
        String value = "v" + number;
        batch.put(keyspace, bytes(key), 0, MemorySegment.ofArray(bytes(value)));
        yield new Operation("point", keyspace, key, null, keyspace + " PUT " + key + " " + value);
      }
    };
  }

  @Test
  void exactlyTheOperationsThatALaterRangeDeleteCoversAreDropped() {
    for (int round = 0; round < 1_000; round++) {
      Batch batch = new Batch(random.nextInt(40));
      List<Operation> kept = new ArrayList<>();
      for (int i = random.nextInt(30); i > 0; i--) {
        Operation added = add(batch, i);
        kept.removeIf(
            before -> !before.isRangeDelete() && (added.covers(before) || added.replaces(before)));
        kept.add(added);
      }
      batch.seal();
      assertEquals(kept.stream().map(Operation::text).toList(), texts(batch), () -> "seed " + seed);
    }
  }

  @Test
  void moreRangeDeletesThanAllowedAreRejected() {
    Batch batch = new Batch(64);
    for (int i = 0; i < Limits.BATCH_RANGE_DELETES_MAX; i++) {
      batch.deleteRange(1, bytes("a"), bytes("b"));
    }
    EngineException e =
        assertThrows(EngineException.class, () -> batch.deleteRange(1, bytes("a"), bytes("b")));
    assertEquals(EngineException.Failure.INVALID_REQUEST, e.failure());
    assertEquals(Limits.BATCH_RANGE_DELETES_MAX, batch.rangeDeleteCount());
  }

  @Test
  void aBatchKnowsWhetherItIsForOneKeyspace() {
    Batch batch = new Batch(64);
    assertTrue(batch.onlyKeyspaceId() < 0);
    batch.delete(7, bytes("a"));
    batch.deleteRange(7, bytes("a"), null);
    assertEquals(7, batch.onlyKeyspaceId());
    assertEquals(7, batch.copy().onlyKeyspaceId());
    batch.delete(8, bytes("a"));
    batch.delete(7, bytes("b"));
    assertTrue(batch.onlyKeyspaceId() < 0);
    assertEquals(3, Batch.ofDelete(3, bytes("a")).onlyKeyspaceId());
  }

  @Test
  void manyRangeDeletesOverManyKeysAreSealedInTheTimeOfSorting() {
    Batch batch = new Batch(64);
    int count = 50_000;
    for (int i = 0; i < count; i++) {
      batch.put(1, bytes(String.format("%08d", i)), 0, MemorySegment.ofArray(new byte[1]));
    }
    for (int i = 0; i < count; i += 2) {
      batch.deleteRange(1, bytes(String.format("%08d", i)), bytes(String.format("%08d", i + 1)));
    }
    batch.seal();
    long puts = texts(batch).stream().filter(text -> text.startsWith("1 PUT")).count();
    assertEquals(count / 2, puts);
  }
}

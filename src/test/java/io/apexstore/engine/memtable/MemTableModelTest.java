package io.apexstore.engine.memtable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A memtable answers like sorted maps. {@code -Dseed=N} replays. */
@Tag("model")
class MemTableModelTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final MemoryChunks pool = new MemoryChunks(4 * MemoryChunks.CHUNK_BYTES);
  private final MemTable table = new MemTable(pool);
  private final Model model = new Model();
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final List<byte[]> keys = new ArrayList<>();
  private long version;

  @AfterEach
  void releases() {
    table.release();
    assertEquals(0, pool.bytesInUse());
    pool.close();
  }

  @ParameterizedTest
  @EnumSource(KeyShapes.class)
  void answersLikeTheModelWhileItGrows(KeyShapes shape) {
    for (int round = 0; round < 12; round++) {
      int puts = 1 << round;
      for (int i = 0; i < puts; i++) {
        byte[] key =
            keys.isEmpty() || random.nextInt(4) > 0
                ? shape.next(random)
                : keys.get(random.nextInt(keys.size()));
        put(key);
      }
      checkPoints(200, shape);
      checkWalks(shape);
    }
  }

  static Stream<Arguments> orders() {
    return Arrays.stream(KeyShapes.values())
        .flatMap(
            shape ->
                Stream.of("ascending", "descending", "shuffled", "zigzag", "streams")
                    .map(order -> Arguments.of(shape, order)));
  }

  @ParameterizedTest
  @MethodSource("orders")
  void holdsKeysPutInAnyOrder(KeyShapes shape, String order) {
    List<byte[]> sorted = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      sorted.add(shape.next(random));
    }
    sorted.sort(Arrays::compareUnsigned);
    for (byte[] key : inOrder(sorted, order)) {
      put(key);
    }
    checkPoints(500, shape);
    checkWalks(shape);
    assertTrue(table.memoryBytes() <= table.chunkBytes());
  }

  private List<byte[]> inOrder(List<byte[]> sorted, String order) {
    List<byte[]> result = new ArrayList<>(sorted);
    switch (order) {
      case "descending" -> Collections.reverse(result);
      case "shuffled" -> result.sort(Comparator.comparingInt(Arrays::hashCode));
      case "zigzag" -> {
        // Up to the middle, then down from the end: each later key lands after a full leaf.
        Collections.reverse(result.subList(result.size() / 2, result.size()));
      }
      case "streams" -> {
        for (int i = 0; i < result.size(); i++) {
          result.set(i, sorted.get(i % 10 * (sorted.size() / 10) + i / 10));
        }
      }
      default -> assertEquals("ascending", order);
    }
    return result;
  }

  private void put(byte[] key) {
    version += 1 + random.nextInt(3);
    ValueKind kind = random.nextInt(5) == 0 ? ValueKind.DELETE : ValueKind.PUT;
    byte[] value = new byte[kind == ValueKind.DELETE ? 0 : random.nextInt(40)];
    random.nextBytes(value);
    long expiryMs = random.nextInt(6) == 0 ? random.nextLong(1, 1L << 40) : Limits.NEVER_EXPIRES;
    model.put(new Model.Entry(key, version, kind, expiryMs, value));
    keys.add(key);
    // Key and value are parts of a larger array, as in an encoded batch.
    byte[] batch = new byte[7 + key.length + value.length];
    System.arraycopy(key, 0, batch, 7, key.length);
    System.arraycopy(value, 0, batch, 7 + key.length, value.length);
    table.put(batch, 7, key.length, version, kind, expiryMs, batch, 7 + key.length, value.length);
  }

  private byte[] someKey(KeyShapes shape) {
    return random.nextBoolean() ? keys.get(random.nextInt(keys.size())) : shape.next(random);
  }

  private long someVersion() {
    return random.nextInt(3) == 0 ? Limits.VERSION_MAX : random.nextLong(version + 2);
  }

  private void checkPoints(int count, KeyShapes shape) {
    Lookup lookup = new Lookup();
    for (int i = 0; i < count; i++) {
      byte[] key = someKey(shape);
      long at = someVersion();
      lookup.start(key, at, true);
      Lookup.Outcome outcome = table.get(lookup);
      Model.Entry expected = model.get(key, at);
      if (expected == null) {
        assertEquals(Lookup.Outcome.NOT_HERE, outcome, this::seed);
        continue;
      }
      assertEquals(Lookup.Outcome.FOUND, outcome, this::seed);
      assertEquals(expected.version(), lookup.version(), this::seed);
      assertEquals(expected.kind(), lookup.kind(), this::seed);
      assertEquals(expected.expiryMs(), lookup.expiryMs(), this::seed);
      if (expected.kind() == ValueKind.PUT) {
        assertArrayEquals(expected.value(), lookup.value(), this::seed);
      }
    }
  }

  private void checkWalks(KeyShapes shape) {
    for (int i = 0; i < 8; i++) {
      long at = someVersion();
      try (InternalIterator iterator = table.iterator(at)) {
        assertFalse(iterator.isValid());
        for (int turn = 0; turn < 4; turn++) {
          byte[] key = someKey(shape);
          int most = random.nextInt(300);
          iterator.seek(key, key.length);
          checkForward(model.from(key, at), iterator, most);
          iterator.seekBefore(key, key.length);
          checkBackward(model.before(key, at), iterator, most);
        }
        iterator.seekToFirst();
        checkForward(model.ascending(at), iterator, Integer.MAX_VALUE);
        iterator.seekToLast();
        checkBackward(model.descending(at), iterator, Integer.MAX_VALUE);
      }
    }
    try (InternalIterator iterator = table.allVersions()) {
      iterator.seekToFirst();
      checkForward(model.allFrom(new byte[0]), iterator, Integer.MAX_VALUE);
      byte[] key = someKey(shape);
      iterator.seek(key, key.length);
      checkForward(model.allFrom(key), iterator, Integer.MAX_VALUE);
    }
  }

  private void checkForward(List<Model.Entry> expected, InternalIterator iterator, int most) {
    for (Model.Entry entry : expected.subList(0, Math.min(expected.size(), most))) {
      checkEntry(entry, iterator);
      iterator.next();
    }
    assertEquals(expected.size() > most, iterator.isValid(), this::seed);
  }

  private void checkBackward(List<Model.Entry> expected, InternalIterator iterator, int most) {
    for (Model.Entry entry : expected.subList(0, Math.min(expected.size(), most))) {
      checkEntry(entry, iterator);
      iterator.prev();
    }
    assertEquals(expected.size() > most, iterator.isValid(), this::seed);
  }

  private void checkEntry(Model.Entry expected, InternalIterator iterator) {
    assertTrue(iterator.isValid(), () -> seed() + expected);
    assertEquals(expected.version(), iterator.version(), () -> seed() + expected);
    assertArrayEquals(
        expected.key(), Arrays.copyOf(iterator.key(), iterator.keyLength()), this::seed);
    assertEquals(
        Keys.prefixOf(expected.key(), 0, expected.key().length), iterator.keyPrefix(), this::seed);
    assertEquals(expected.kind(), iterator.kind(), this::seed);
    assertEquals(expected.expiryMs(), iterator.expiryMs(), this::seed);
    assertArrayEquals(
        expected.value(),
        iterator
            .valueSegment()
            .asSlice(iterator.valueOffset(), iterator.valueLength())
            .toArray(ValueLayout.JAVA_BYTE),
        this::seed);
  }

  private String seed() {
    return "seed " + SEED + " ";
  }
}

package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random batches of puts, deletes, merges and range deletes on few keys, checked against sorted
 * maps to which the operations are applied one after another. {@code -Dseed=N} replays a run.
 */
@Tag("model")
class MergeModelTest {
  private static final int BATCHES = 3_000;
  private static final int LENGTH_MAX = 8;
  // Appends; a value that becomes too long is deleted.
  private static final MergeOperator OPERATOR =
      (key, existing, operand) -> bytes(merged(text(existing), new String(operand, UTF_8)));

  @TempDir Path directory;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<NavigableMap<String, String>> model = new ArrayList<>();
  private final List<Keyspace> keyspaces = new ArrayList<>();

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(UTF_8);
  }

  private static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, UTF_8);
  }

  private static @Nullable String merged(@Nullable String existing, String operand) {
    String both = existing == null ? operand : existing + operand;
    return both.length() > LENGTH_MAX ? null : both;
  }

  @Test
  void operationsOfABatchApplyInTheirOrder() {
    System.err.println("MergeModelTest: -Dseed=" + seed);
    try (ApexStore store =
        ApexStore.open(directory, StoreOptions.defaults().withSyncMode(SyncMode.ASYNC))) {
      keyspaces.add(store.keyspace("default"));
      keyspaces.add(
          store.keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true)));
      keyspaces.forEach(any -> model.add(new TreeMap<>()));
      for (int i = 0; i < BATCHES; i++) {
        WriteBatch batch = store.newBatch();
        int size = random.nextInt(12);
        for (int n = 0; n < size; n++) {
          add(batch, random.nextInt(keyspaces.size()));
        }
        if (random.nextBoolean()) {
          store.write(batch);
        } else {
          store.writeAsync(batch).toCompletableFuture().join();
        }
        compare(i);
        if (random.nextInt(200) == 0) {
          store.flush();
        }
      }
    }
  }

  private void add(WriteBatch batch, int k) {
    Keyspace keyspace = keyspaces.get(k);
    NavigableMap<String, String> entries = model.get(k);
    String key = key();
    byte[] name = key.getBytes(UTF_8);
    String operand = Character.toString('0' + random.nextInt(10));
    byte[] value = operand.getBytes(UTF_8);
    switch (random.nextInt(8)) {
      case 0 -> {
        batch.put(keyspace, name, value);
        entries.put(key, operand);
      }
      case 1 -> {
        batch.delete(keyspace, name);
        entries.remove(key);
      }
      case 2 -> {
        String end = key();
        batch.deleteRange(keyspace, KeyRange.between(name, end.getBytes(UTF_8)));
        if (key.compareTo(end) < 0) {
          entries.subMap(key, end).clear();
        }
      }
      default -> {
        batch.merge(keyspace, name, value, OPERATOR);
        String merged = merged(entries.get(key), operand);
        if (merged == null) {
          entries.remove(key);
        } else {
          entries.put(key, merged);
        }
      }
    }
  }

  private String key() {
    return Character.toString('a' + random.nextInt(6));
  }

  private void compare(int batch) {
    for (int k = 0; k < keyspaces.size(); k++) {
      Map<String, String> found = new TreeMap<>();
      try (Cursor cursor = keyspaces.get(k).scan(KeyRange.all())) {
        while (cursor.next()) {
          found.put(new String(cursor.key(), UTF_8), new String(cursor.value(), UTF_8));
        }
      }
      assertEquals(model.get(k), found, "seed " + seed + ", batch " + batch);
    }
  }
}

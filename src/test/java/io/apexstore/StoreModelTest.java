package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on a store and on sorted maps, which must always agree. {@code -Dseed=N}
 * replays a run, {@code -Dmodel.operations=N} makes it longer.
 */
class StoreModelTest {
  private static final List<String> KEYSPACES = List.of("default", "second", "third");
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults()
          .withSyncMode(SyncMode.INTERVAL)
          .withMemtableBytesMax(64 << 10)
          .withBlockBytes(1024)
          .withBlockCacheBytes(1 << 20);

  @TempDir Path directory;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<TreeMap<byte[], byte[]>> model = new ArrayList<>();
  private final Deque<OpenScan> scans = new ArrayDeque<>();
  // What a consumer of the feed has made of the changes, and where it is.
  private final List<TreeMap<byte[], byte[]>> replica = new ArrayList<>();
  private @Nullable ChangeFeed feed;
  private @Nullable String token;

  /** A cursor that is walked on later, with what it must still give. */
  private record OpenScan(Cursor cursor, Deque<Map.Entry<byte[], byte[]>> expected) {}

  @Test
  void aStoreAgreesWithASortedMapWhateverHappens() {
    System.err.println("StoreModelTest: -Dseed=" + seed);
    KEYSPACES.forEach(name -> model.add(new TreeMap<>(Arrays::compareUnsigned)));
    KEYSPACES.forEach(name -> replica.add(new TreeMap<>(Arrays::compareUnsigned)));
    long operations = Long.getLong("model.operations", 60_000);
    ApexStore store = open();
    try {
      for (long i = 0; i < operations; i++) {
        store = step(store);
      }
      endScans();
      for (int k = 0; k < KEYSPACES.size(); k++) {
        compare(store, k, KeyRange.all(), false);
        compare(store, k, KeyRange.all(), true);
      }
      consume(store, Integer.MAX_VALUE);
    } finally {
      scans.forEach(scan -> scan.cursor().close());
      store.close();
    }
  }

  private ApexStore step(ApexStore store) {
    int choice = random.nextInt(10_000);
    int k = random.nextInt(KEYSPACES.size());
    if (choice < 5_000) {
      put(store, k);
    } else if (choice < 6_500) {
      byte[] key = key();
      store.keyspace(KEYSPACES.get(k)).delete(key);
      model.get(k).remove(key);
    } else if (choice < 6_900) {
      batch(store);
    } else if (choice < 9_500) {
      byte[] key = key();
      byte[] found = store.keyspace(KEYSPACES.get(k)).get(key);
      assertArrayEquals(model.get(k).get(key), found, () -> "seed " + seed);
    } else if (choice < 9_900) {
      compare(store, k, range(), random.nextBoolean());
    } else if (choice < 9_950) {
      openScan(store, k);
    } else if (choice < 9_985) {
      endScans();
    } else if (choice < 9_990) {
      store.flush();
    } else if (choice < 9_992) {
      store.compact();
    } else if (choice < 9_994) {
      endScans();
      store.close();
      feed = null;
      return open();
    } else if (choice < 9_995 && store.isEncrypted()) {
      store.rotateKeys();
    } else if (choice < 9_998) {
      consume(store, random.nextInt(4) == 0 ? Integer.MAX_VALUE : random.nextInt(5_000));
    } else if (feed != null) {
      feed.close();
      feed = null;
    }
    return store;
  }

  /** Opens the store, which is encrypted for every other seed. */
  private ApexStore open() {
    ApexStore.Builder builder = ApexStore.builder(directory.resolve("store")).options(OPTIONS);
    if (Math.floorMod(seed, 2) == 1) {
      Path keys = directory.resolve("store.key");
      builder.keyProvider(
          Files.exists(keys) ? KeyProvider.ofFile(keys) : KeyProvider.createFile(keys));
    }
    return builder.open();
  }

  /** Takes in changes; where that is all there are, the replica must be what the store is. */
  private void consume(ApexStore store, int max) {
    store.sync();
    ChangeFeed open = feed;
    if (open == null) {
      ChangeFeed.Builder builder = store.changes();
      open = (token == null ? builder.withSnapshot() : builder.from(token)).open();
      feed = open;
      token = open.token();
    }
    for (int i = 0; i < max; i++) {
      Change change = open.poll();
      if (change == null) {
        for (int k = 0; k < KEYSPACES.size(); k++) {
          assertEquals(text(model.get(k)), text(replica.get(k)), () -> "seed " + seed);
        }
        return;
      }
      token = change.token();
      if (change instanceof Change.KeyChange key) {
        TreeMap<byte[], byte[]> entries = replica.get(KEYSPACES.indexOf(key.keyspace()));
        byte[] value = key.value();
        if (value == null) {
          entries.remove(key.key());
        } else {
          entries.put(key.key(), value);
        }
      }
    }
  }

  private static List<String> text(Map<byte[], byte[]> entries) {
    List<String> lines = new ArrayList<>();
    entries.forEach(
        (key, value) -> lines.add(new String(key, UTF_8) + "=" + Arrays.hashCode(value)));
    return lines;
  }

  private void put(ApexStore store, int k) {
    byte[] key = key();
    byte[] value = value();
    store.keyspace(KEYSPACES.get(k)).put(key, value);
    model.get(k).put(key, value);
  }

  private void batch(ApexStore store) {
    WriteBatch batch = store.newBatch();
    int size = random.nextInt(40);
    for (int i = 0; i < size; i++) {
      int k = random.nextInt(KEYSPACES.size());
      Keyspace keyspace = store.keyspace(KEYSPACES.get(k));
      byte[] key = key();
      if (random.nextInt(3) == 0) {
        batch.delete(keyspace, key);
        model.get(k).remove(key);
      } else {
        byte[] value = value();
        batch.put(keyspace, key, value);
        model.get(k).put(key, value);
      }
    }
    store.write(batch);
  }

  private void openScan(ApexStore store, int k) {
    KeyRange range = range();
    boolean reverse = random.nextBoolean();
    Cursor cursor =
        store.keyspace(KEYSPACES.get(k)).scan(range, ScanOptions.DEFAULT.withReverse(reverse));
    scans.add(new OpenScan(cursor, new ArrayDeque<>(expected(k, range, reverse))));
  }

  private void endScans() {
    for (OpenScan scan : scans) {
      Map.Entry<byte[], byte[]> next;
      while ((next = scan.expected().poll()) != null) {
        checkStep(scan.cursor(), next);
      }
      assertFalse(scan.cursor().next(), () -> "seed " + seed);
      scan.cursor().close();
    }
    scans.clear();
  }

  private void compare(ApexStore store, int k, KeyRange range, boolean reverse) {
    ScanOptions options = ScanOptions.DEFAULT.withReverse(reverse);
    try (Cursor cursor = store.keyspace(KEYSPACES.get(k)).scan(range, options)) {
      for (Map.Entry<byte[], byte[]> entry : expected(k, range, reverse)) {
        checkStep(cursor, entry);
      }
      assertFalse(cursor.next(), () -> "seed " + seed);
    }
  }

  private void checkStep(Cursor cursor, Map.Entry<byte[], byte[]> expected) {
    assertTrue(
        cursor.next(), () -> "seed " + seed + ": missing " + new String(expected.getKey(), UTF_8));
    assertEquals(new String(expected.getKey(), UTF_8), new String(cursor.key(), UTF_8));
    assertArrayEquals(expected.getValue(), cursor.value(), () -> "seed " + seed);
  }

  private List<Map.Entry<byte[], byte[]>> expected(int k, KeyRange range, boolean reverse) {
    NavigableMap<byte[], byte[]> map = model.get(k);
    byte[] from = range.from();
    byte[] to = range.to();
    if (from != null && to != null && Arrays.compareUnsigned(from, to) > 0) {
      return List.of();
    }
    if (from != null) {
      map = map.tailMap(from, true);
    }
    if (to != null) {
      map = map.headMap(to, false);
    }
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    (reverse ? map.descendingMap() : map)
        .forEach((key, value) -> entries.add(Map.entry(key, value)));
    return entries;
  }

  private KeyRange range() {
    return switch (random.nextInt(5)) {
      case 0 -> KeyRange.all();
      case 1 -> KeyRange.from(key());
      case 2 -> KeyRange.below(key());
      case 3 -> KeyRange.prefix(Arrays.copyOf(key(), 2));
      default -> KeyRange.between(key(), key());
    };
  }

  // Keys of many lengths that often agree in their first eight bytes, and some hot ones.
  private byte[] key() {
    int number = random.nextInt(10) == 0 ? random.nextInt(5) : random.nextInt(1_500);
    return switch (number % 3) {
      case 0 -> ("k" + number).getBytes(UTF_8);
      case 1 -> ("prefix--" + number).getBytes(UTF_8);
      default -> ("prefix--" + "x".repeat(number % 50) + number).getBytes(UTF_8);
    };
  }

  private byte[] value() {
    int length = random.nextInt(200) == 0 ? random.nextInt(20_000) : random.nextInt(120);
    byte[] value = new byte[length];
    if (random.nextBoolean()) {
      random.nextBytes(value);
    }
    return value;
  }
}

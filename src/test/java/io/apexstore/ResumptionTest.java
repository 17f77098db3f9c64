package io.apexstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.Change.KeyChange;
import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A feed that is interrupted after any change and opened again with its token makes progress,
 * whatever the keys are. {@code -Dseed=N} replays a run.
 */
@Tag("model")
class ResumptionTest {
  private static final int KEY_BYTES_MAX = 64 << 10;
  private static final int TOKEN_CHARS_MAX = 2048;

  @TempDir Path directory;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  @BeforeEach
  void printSeed() {
    System.err.println("ResumptionTest: -Dseed=" + seed);
  }

  /** Keys of all lengths, in ascending order; many share long prefixes. */
  private List<byte[]> keys(int count) {
    TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    List<byte[]> made = new ArrayList<>();
    while (keys.size() < count) {
      int bits = random.nextInt(17);
      byte[] key = new byte[Math.min(KEY_BYTES_MAX, 1 + random.nextInt(1 << bits))];
      random.nextBytes(key);
      if (!made.isEmpty() && random.nextInt(3) > 0) {
        // Another key, changed near its end, or longer or shorter.
        byte[] other = made.get(random.nextInt(made.size()));
        int length = Math.clamp(other.length + random.nextInt(-2, 3), 1, KEY_BYTES_MAX);
        key = Arrays.copyOf(other, length);
        key[length - 1] = (byte) random.nextInt();
      }
      keys.add(key);
      made.add(key);
    }
    for (int length : new int[] {1, 1023, 1024, 1025, 2048, KEY_BYTES_MAX - 1, KEY_BYTES_MAX}) {
      keys.add(new byte[length]);
    }
    return List.copyOf(keys);
  }

  private ApexStore open() {
    return ApexStore.open(directory, StoreOptions.defaults());
  }

  /**
   * Reads a feed in pages of a few changes, each with a feed of its own, and sometimes restarts.
   */
  private void readInPages(String start, List<byte[]> expected, boolean restarts) {
    ApexStore store = open();
    try {
      String token = start;
      Set<String> tokens = new HashSet<>();
      List<byte[]> found = new ArrayList<>();
      while (found.size() < expected.size()) {
        if (restarts && random.nextInt(20) == 0) {
          store.close();
          store = open();
        }
        ChangeFeed.Builder builder = store.changes().withSnapshot();
        try (ChangeFeed feed = token.isEmpty() ? builder.open() : builder.from(token).open()) {
          for (int n = 1 + random.nextInt(3); n > 0; n--) {
            Change change = feed.poll();
            if (change instanceof KeyChange key) {
              byte[] next = expected.get(found.size());
              assertArrayEquals(next, key.key(), () -> "seed " + seed + ", key " + found.size());
              found.add(key.key());
              token = key.token();
              assertTrue(token.length() <= TOKEN_CHARS_MAX, token);
              assertTrue(tokens.add(token), () -> "twice, seed " + seed);
            }
          }
        }
      }
    } finally {
      store.close();
    }
  }

  @Test
  void aSnapshotThatIsInterruptedAfterAnyKeyGoesOnWithTheNextKey() {
    List<byte[]> keys = keys(300);
    try (ApexStore store = open()) {
      keys.forEach(key -> store.put(key, key));
    }
    readInPages("", keys, true);
  }

  @Test
  void aBatchThatIsInterruptedAfterAnyOperationGoesOnWithTheNextOne() {
    List<byte[]> keys = keys(300);
    try (ApexStore store = open()) {
      WriteBatch batch = store.newBatch();
      keys.forEach(key -> batch.put(store.keyspace(ApexStore.DEFAULT_KEYSPACE), key, new byte[1]));
      store.write(batch);
    }
    readInPages("0", keys, true);
  }

  @Test
  void aSnapshotWhoseLastKeyIsGoneRepeatsOnlyTheKeysOfTheSamePrefix() {
    byte[] first = longKey(1);
    byte[] second = longKey(2);
    byte[] third = longKey(3);
    byte[] before = {5};
    String token;
    try (ApexStore store = open()) {
      for (byte[] key : List.of(before, first, second, third)) {
        store.put(key, key);
      }
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        feed.poll();
        feed.poll();
        Change change = feed.poll();
        token = change == null ? "" : change.token();
      }
      store.delete(second);
    }
    // The version of the snapshot cannot be read after a restart, so it goes on at a newer one.
    try (ApexStore store = open();
        ChangeFeed feed = store.changes().from(token).open()) {
      assertArrayEquals(first, key(feed.poll()));
      assertArrayEquals(third, key(feed.poll()));
      assertFalse(feed.poll() instanceof KeyChange);
      KeyChange deleted = assertInstanceOf(KeyChange.class, feed.poll());
      assertArrayEquals(second, deleted.key());
      assertEquals(Change.Cause.DELETE, deleted.cause());
    }
  }

  private static byte[] longKey(int last) {
    byte[] key = new byte[2000];
    key[0] = 6;
    key[1999] = (byte) last;
    return key;
  }

  private static byte[] key(@Nullable Change change) {
    return assertInstanceOf(KeyChange.class, change).key();
  }
}

package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The files of an encrypted store reveal nothing, and every change of a byte is detected. */
class EncryptionTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final String CANARY = "canary-in-the-coal-mine";

  private static final Logger ENGINE_LOG = Logger.getLogger("io.apexstore.engine");

  private final TestWrapper wrapper = new TestWrapper(7);

  @BeforeAll
  static void silenceTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(Level.OFF);
    System.out.println("encryption: -Dseed=" + SEED);
  }

  @AfterAll
  static void restoreTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(null);
  }

  private TestStore open(MemoryStorage storage) {
    return TestStore.open(storage, EncryptionComponents.with(wrapper));
  }

  /** Fills a store so that it has tables, closed log segments and unflushed commits. */
  private static void fill(TestStore store, int from, int to, String value) {
    for (int i = from; i < to; i++) {
      store.put(CANARY + i, value + i + CANARY);
    }
  }

  private static Map<String, String> expected(int to, String value) {
    Map<String, String> expected = new TreeMap<>();
    for (int i = 0; i < to; i++) {
      expected.put(CANARY + i, value + i + CANARY);
    }
    return expected;
  }

  /** Returns the files of a store after its process was killed. */
  private MemoryStorage filled() {
    MemoryStorage storage = new MemoryStorage();
    try (TestStore store = open(storage)) {
      fill(store, 0, 300, "old");
      store.engine().flush();
      fill(store, 0, 400, "new");
      return storage.copy();
    }
  }

  @Test
  void noFileShowsAKeyOrAValue() {
    MemoryStorage storage = filled();
    Map<String, byte[]> files = storage.contents();
    assertTrue(files.containsKey(FileNames.KEYS));
    assertTrue(files.keySet().stream().anyMatch(name -> name.endsWith(FileNames.TABLE_SUFFIX)));
    files.forEach(
        (name, bytes) -> {
          String text = new String(bytes, StandardCharsets.ISO_8859_1);
          assertFalse(text.contains("canary"), name);
          assertFalse(text.contains("default"), name + " shows a keyspace's name");
        });
    try (TestStore store = open(storage)) {
      assertEquals(expected(400, "new"), store.scan());
    }
  }

  @Test
  void aWrongOrMissingEncryptionKeyIsReportedAtOnceAndChangesNothing() {
    MemoryStorage storage = filled();
    Map<String, byte[]> before = withoutLock(storage);
    TestWrapper other = new TestWrapper(8);
    long start = System.nanoTime();
    EngineException wrong =
        assertThrows(
            EngineException.class,
            () -> TestStore.open(storage, EncryptionComponents.with(other)).close());
    EngineException missing =
        assertThrows(
            EngineException.class, () -> TestStore.open(storage, (EncryptionComponents) null));
    assertTrue(System.nanoTime() - start < 1_000_000_000, "took more than a second");
    assertEquals(Failure.KEY_UNAVAILABLE, wrong.failure());
    assertTrue(
        String.valueOf(wrong.getMessage()).contains(wrapper.currentKeyId()), wrong::getMessage);
    assertTrue(
        String.valueOf(wrong.getMessage()).contains(other.currentKeyId()), wrong::getMessage);
    assertEquals(Failure.KEY_UNAVAILABLE, missing.failure());
    assertTrue(
        String.valueOf(missing.getMessage()).contains(wrapper.currentKeyId()), missing::getMessage);
    assertSame(before, withoutLock(storage));
  }

  @Test
  void anUnencryptedStoreIsNotOpenedWithAnEncryptionKey() {
    MemoryStorage storage = new MemoryStorage();
    try (TestStore store = TestStore.open(storage, (EncryptionComponents) null)) {
      store.put("a", "b");
    }
    Map<String, byte[]> before = withoutLock(storage);
    EngineException e = assertThrows(EngineException.class, () -> open(storage).close());
    assertEquals(Failure.INVALID_REQUEST, e.failure());
    assertSame(before, withoutLock(storage));
  }

  @Test
  void aStoreWithoutItsDataKeyFileIsRefused() throws IOException {
    MemoryStorage storage = filled();
    storage.delete(FileNames.KEYS);
    EngineException e = assertThrows(EngineException.class, () -> open(storage).close());
    assertEquals(Failure.CORRUPTION, e.failure());
    assertTrue(String.valueOf(e.getMessage()).contains(FileNames.KEYS), e::getMessage);
    EngineException none =
        assertThrows(
            EngineException.class, () -> TestStore.open(storage, (EncryptionComponents) null));
    assertEquals(Failure.KEY_UNAVAILABLE, none.failure());
  }

  @Test
  @Tag("stress")
  void noChangedByteIsReadAsData() throws IOException {
    MemoryStorage storage = filled();
    Map<String, String> whole = expected(400, "new");
    Random random = new Random(SEED);
    for (Map.Entry<String, byte[]> file : withoutLock(storage).entrySet()) {
      byte[] good = file.getValue();
      int used = good.length;
      while (used > 0 && good[used - 1] == 0) {
        used--;
      }
      for (int tries = 0; tries < 120; tries++) {
        int at = random.nextInt(used);
        byte[] changed = good.clone();
        changed[at] ^= (byte) (1 + random.nextInt(255));
        MemoryStorage image = storage.copy();
        image.put(file.getKey(), changed);
        checkHarmless(image, whole, file.getKey(), "byte " + at);
      }
    }
  }

  @Test
  void aTruncatedFileIsDetected() throws IOException {
    MemoryStorage storage = filled();
    Map<String, String> whole = expected(400, "new");
    Random random = new Random(SEED);
    for (Map.Entry<String, byte[]> file : withoutLock(storage).entrySet()) {
      byte[] good = file.getValue();
      for (int tries = 0; tries < 20; tries++) {
        int length = random.nextInt(good.length);
        MemoryStorage image = storage.copy();
        image.put(file.getKey(), Arrays.copyOf(good, length));
        checkHarmless(image, whole, file.getKey(), "truncated to " + length);
      }
    }
  }

  /** Checks that the store is refused or right; after damage of the log it may be a prefix. */
  private void checkHarmless(
      MemoryStorage image, Map<String, String> whole, String name, String what) {
    Map<String, String> found;
    try (TestStore store = open(image)) {
      found = store.scan();
    } catch (EngineException e) {
      assertTrue(
          Set.of(Failure.CORRUPTION, Failure.UNSUPPORTED_FORMAT).contains(e.failure()),
          () -> name + ", " + what + ": " + e);
      return;
    }
    if (!found.equals(whole)) {
      assertTrue(FileNames.isLog(name), () -> name + ", " + what + ": the content is wrong");
      assertPrefix(found, name + ", " + what);
    }
  }

  /** Checks that all puts of the first round and a prefix of those of the second are present. */
  private static void assertPrefix(Map<String, String> found, String what) {
    Map<String, String> prefix = expected(300, "old");
    int last = -1;
    for (int i = 0; i < 400; i++) {
      String now = found.get(CANARY + i);
      if (now != null && now.startsWith("new")) {
        last = i;
      }
    }
    for (int i = 0; i <= last; i++) {
      prefix.put(CANARY + i, "new" + i + CANARY);
    }
    assertEquals(prefix, found, what);
  }

  @Test
  void anOldFileInPlaceOfTheCurrentOneIsDetected() throws IOException {
    List<Map<String, byte[]>> past = new ArrayList<>();
    MemoryStorage storage = new MemoryStorage();
    for (int life = 0; life < 4; life++) {
      try (TestStore store = open(storage)) {
        for (int part = 0; part < 4; part++) {
          fill(store, 0, 80, "life" + life + "part" + part);
          past.add(withoutLock(storage));
          if (part % 2 == 1) {
            store.engine().flush();
          }
        }
        past.add(withoutLock(storage));
        if (life == 2) {
          store.engine().rotateDataKeys();
          past.add(withoutLock(storage));
        }
      }
      past.add(withoutLock(storage));
    }
    Map<String, String> whole = expected(80, "life3part3");
    Map<String, byte[]> now = withoutLock(storage);
    int put = 0;
    int refused = 0;
    for (Map<String, byte[]> then : past) {
      for (Map.Entry<String, byte[]> old : then.entrySet()) {
        byte[] present = now.get(old.getKey());
        if (present == null || Arrays.equals(present, old.getValue())) {
          continue;
        }
        MemoryStorage image = storage.copy();
        image.put(old.getKey(), old.getValue());
        put++;
        try (TestStore store = open(image)) {
          assertEquals(whole, store.scan(), old.getKey());
        } catch (EngineException e) {
          refused++;
          assertEquals(Failure.CORRUPTION, e.failure(), e::toString);
        }
      }
    }
    int tried = put;
    assertTrue(refused > 5, () -> "of " + tried + " old files");
  }

  @Test
  void aFileOfTheSameNameFromACopyOfTheStoreIsRefused() throws IOException {
    MemoryStorage storage = filled();
    MemoryStorage other = storage.copy();
    Map.of("mine", storage, "theirs", other)
        .forEach(
            (whose, files) -> {
              try (TestStore store = open(files)) {
                fill(store, 0, 400, whose);
                store.engine().flush();
              }
            });
    Map<String, byte[]> theirs = other.contents();
    int swapped = 0;
    for (Map.Entry<String, byte[]> mine : withoutLock(storage).entrySet()) {
      byte[] same = theirs.get(mine.getKey());
      boolean file = FileNames.idOf(mine.getKey()) >= 0;
      if (!file || same == null || Arrays.equals(same, mine.getValue())) {
        continue;
      }
      MemoryStorage image = storage.copy();
      image.put(mine.getKey(), same);
      swapped++;
      EngineException e =
          assertThrows(
              EngineException.class,
              () -> {
                try (TestStore store = open(image)) {
                  store.scan();
                }
              },
              mine.getKey());
      assertEquals(Failure.CORRUPTION, e.failure());
    }
    assertTrue(swapped > 0, "no file was exchanged");
  }

  @Test
  @Tag("stress")
  void noTwoSealsShareFileKeyAndNonce() {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Set<String> files = ConcurrentHashMap.newKeySet();
    AtomicBoolean twice = new AtomicBoolean();
    EncryptionComponents encryption =
        new EncryptionComponents(
            wrapper,
            new SecureRandom(),
            (file, fileKey, ordinal) -> {
              files.add(HexFormat.of().formatHex(file.salt()));
              if (!seen.add(HexFormat.of().formatHex(fileKey) + ordinal)) {
                twice.set(true);
              }
            });
    MemoryStorage storage = new MemoryStorage();
    Random random = new Random(SEED);
    for (int life = 0; life < 12; life++) {
      MemoryStorage running = storage;
      try (TestStore store = TestStore.open(running, encryption)) {
        for (int part = 0; part < 5; part++) {
          fill(store, random.nextInt(50), 50 + random.nextInt(200), "life" + life);
          if (random.nextInt(3) == 0) {
            store.engine().flush();
          } else if (random.nextInt(6) == 0) {
            store.engine().rotateDataKeys();
          }
        }
        store.put("huge", "x".repeat(3 << 20));
        store.engine().sync();
        if (random.nextBoolean()) {
          storage = running.copy(); // As after its process was killed.
        }
      }
    }
    assertFalse(twice.get());
    assertTrue(files.size() > 60, () -> files.size() + " files");
    assertTrue(seen.size() > 3_000, () -> seen.size() + " seals");
  }

  @Test
  void rotationReplacesBothKindsOfKeysWhileTheStoreIsUsed() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    String first = wrapper.currentKeyId();
    try (TestStore store = open(storage)) {
      fill(store, 0, 2000, "before");
      store.engine().flush();
      AtomicBoolean stop = new AtomicBoolean();
      Thread load =
          new Thread(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  store.put(CANARY + i % 2000, "after" + i % 2000 + CANARY);
                }
              });
      load.start();
      for (int i = 0; i < 5; i++) {
        store.engine().rotateDataKeys();
        assertEquals(0, tablesBefore(store, i + 2));
      }
      stop.set(true);
      load.join();
      StoreStats.DataKeyStats newest = store.engine().stats().dataKeys().getLast();
      assertEquals(6, newest.epoch());
      assertEquals(wrapper.currentKeyId(), newest.keyEncryptionKeyId());
      assertFalse(newest.keyEncryptionKeyId().equals(first));
    }
    wrapper.dropOld();
    try (TestStore store = open(storage)) {
      assertEquals(2000, store.scan().size());
      store.engine().flush();
    }
  }

  private static int tablesBefore(TestStore store, long epoch) {
    return store.engine().stats().dataKeys().stream()
        .filter(use -> use.epoch() < epoch)
        .mapToInt(StoreStats.DataKeyStats::tables)
        .sum();
  }

  @Test
  void aDataKeyThatNoFileNeedsIsDropped() {
    MemoryStorage storage = new MemoryStorage();
    for (int life = 0; life < 3; life++) {
      try (TestStore store = open(storage)) {
        fill(store, 0, 200, "life" + life);
        store.engine().rotateDataKeys();
        // Until the log segments with the old data key exceed the retention.
        fill(store, 0, 3000, "life" + life);
        store.engine().flush();
        fill(store, 0, 2000, "again" + life);
        store.engine().flush();
        store.engine().tick(true);
        assertEquals(
            List.of(life + 2L),
            store.engine().stats().dataKeys().stream()
                .map(StoreStats.DataKeyStats::epoch)
                .toList());
      }
    }
  }

  @Test
  void aRotationThatAKilledProcessBeganIsFinishedByTheNext() {
    MemoryStorage storage = new MemoryStorage();
    MemoryStorage killed;
    try (TestStore store = open(storage)) {
      fill(store, 0, 3000, "value");
      store.engine().flush();
      killed = storage.copy();
      store.engine().rotateDataKeys();
      // The new KEYS file, and the old content of all other files.
      try {
        killed.put(FileNames.KEYS, Objects.requireNonNull(storage.contents().get(FileNames.KEYS)));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    try (TestStore store = open(killed)) {
      store.engine().compact();
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (tablesBefore(store, 2) > 0 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertEquals(0, tablesBefore(store, 2));
      assertEquals(expected(3000, "value"), store.scan());
    }
  }

  private static Map<String, byte[]> withoutLock(MemoryStorage storage) {
    Map<String, byte[]> files = new TreeMap<>(storage.contents());
    files.remove(FileNames.LOCK);
    files.remove(FileNames.RESERVE);
    return files;
  }

  private static void assertSame(Map<String, byte[]> before, Map<String, byte[]> after) {
    assertEquals(before.keySet(), after.keySet());
    before.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, after.get(name)), name));
  }
}

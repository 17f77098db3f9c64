package io.apexstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long values are read outside the heap, shared by their readers, and counted. */
class LentValueTest {
  private static final long LIMIT = 160L << 20;

  @TempDir private Path folder;

  private ApexStore open() {
    return ApexStore.open(
        folder.resolve("store"), StoreOptions.defaults().withLargeReadBytesMax(LIMIT));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] value(int seed, int length, boolean compressible) {
    byte[] value = new byte[length];
    new Random(seed).nextBytes(value);
    if (compressible) {
      for (int i = 0; i < length; i++) {
        value[i] &= 3;
      }
    }
    return value;
  }

  private static byte[] copy(LentValue lent) {
    return lent.bytes().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void everyWayToReadALongValueGivesItsBytes() {
    int[] lengths = {1, 65_536, 65_537, 261_000, 262_144, 300_000, 1 << 20, (3 << 20) + 7};
    try (ApexStore store = open()) {
      List<byte[]> values = new ArrayList<>();
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < lengths.length; i++) {
          byte[] value = value(i + 10 * round, lengths[i], i % 2 == round);
          store.put(bytes("k" + round + i), value);
          values.add(value);
        }
        assertReads(store, values);
        store.flush();
        assertReads(store, values);
      }
      // Newer versions of some, so that a scan merges large blocks of several tables.
      for (int i = 3; i < lengths.length; i += 2) {
        values.set(i, value(100 + i, lengths[i], true));
        store.put(bytes("k0" + i), values.get(i));
      }
      store.flush();
      assertReads(store, values);
      store.compact();
      assertReads(store, values);
      assertEquals(0, store.stats().cache().largeBytes());
    }
  }

  private static void assertReads(ApexStore store, List<byte[]> values) {
    List<byte[]> forwards = new ArrayList<>();
    List<LentValue> lentForwards = new ArrayList<>();
    try (Cursor cursor = store.scan(KeyRange.all())) {
      while (cursor.next()) {
        forwards.add(cursor.value());
        lentForwards.add(cursor.lendValue());
      }
    }
    List<byte[]> backwards = new ArrayList<>();
    try (Cursor cursor =
        store.defaultKeyspace().scan(KeyRange.all(), new ScanOptions(true, false))) {
      while (cursor.next()) {
        try (LentValue lent = cursor.lendValue()) {
          backwards.add(copy(lent));
          assertArrayEquals(copy(lent), cursor.value());
        }
      }
    }
    Collections.reverse(backwards);
    assertEquals(values.size(), forwards.size());
    assertEquals(values.size(), backwards.size());
    for (int i = 0; i < values.size(); i++) {
      byte[] value = values.get(i);
      int round = i / 8;
      byte[] key = bytes("k" + round + i % 8);
      assertArrayEquals(value, forwards.get(i));
      assertArrayEquals(value, backwards.get(i));
      assertArrayEquals(value, copy(lentForwards.get(i)));
      lentForwards.get(i).close();
      assertArrayEquals(value, store.get(key));
      try (LentValue lent = store.defaultKeyspace().lend(key);
          Snapshot snapshot = store.snapshot();
          LentValue past = snapshot.lend(store.defaultKeyspace(), key)) {
        assertArrayEquals(value, copy(Objects.requireNonNull(lent)));
        assertArrayEquals(value, copy(Objects.requireNonNull(past)));
        assertEquals(Objects.requireNonNull(store.getVersioned(key)).version(), lent.version());
      }
    }
    assertNull(store.defaultKeyspace().lend(bytes("absent")));
  }

  @Test
  void aLentValueOutlivesItsOverwritingItsTableAndItsStore() {
    byte[] value = value(1, 5 << 20, true);
    LentValue lent;
    try (ApexStore store = open()) {
      store.put(bytes("a"), value);
      store.flush();
      lent = Objects.requireNonNull(store.defaultKeyspace().lend(bytes("a")));
      store.delete(bytes("a"));
      store.compact();
      assertArrayEquals(value, copy(lent));
    }
    assertArrayEquals(value, copy(lent));
    lent.close();
    assertThrows(IllegalStateException.class, () -> lent.bytes().get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void readersOfOneBlockShareItsMemory() {
    try (ApexStore store = open()) {
      store.put(bytes("a"), value(1, 20 << 20, true));
      store.flush();
      List<LentValue> readers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        readers.add(Objects.requireNonNull(store.defaultKeyspace().lend(bytes("a"))));
      }
      long held = store.stats().cache().largeBytes();
      assertTrue(held >= 20 << 20 && held < 21 << 20, () -> "held: " + held);
      readers.forEach(LentValue::close);
      assertEquals(0, store.stats().cache().largeBytes());
    }
  }

  @Test
  void aReadForWhichThereIsNoMemoryFailsAndPassesLater() {
    try (ApexStore store = open()) {
      for (int i = 0; i < 6; i++) {
        store.put(bytes("k" + i), value(i, 40 << 20, false));
        store.flush();
      }
      List<LentValue> held = new ArrayList<>();
      ApexException refused =
          assertThrows(
              ApexException.class,
              () -> {
                for (int i = 0; i < 6; i++) {
                  held.add(Objects.requireNonNull(store.defaultKeyspace().lend(bytes("k" + i))));
                }
              });
      assertEquals(ApexException.Code.MEMORY_EXHAUSTED, refused.code());
      assertEquals(3, held.size(), refused::getMessage);
      assertThrows(ApexException.class, () -> store.get(bytes("k5")));
      assertTrue(
          store.defaultKeyspace().contains(bytes("k0")),
          "a shared block needs no memory of its own");
      held.forEach(LentValue::close);
      assertNotNull(store.get(bytes("k5")));
      // A scan over more large blocks than fit at once takes one at a time.
      int entries = 0;
      try (Cursor cursor = store.scan(KeyRange.all())) {
        while (cursor.next()) {
          assertArrayEquals(value(entries, 40 << 20, false), cursor.value());
          entries++;
        }
      }
      assertEquals(6, entries);
      assertEquals(0, store.stats().cache().largeBytes());
    }
  }

  @Test
  void aShortReadFromMemoryLeavesLongValuesOut() {
    try (ApexStore store = open()) {
      store.put(bytes("a"), value(1, 100, false));
      assertFalse(store.defaultKeyspace().getCached(bytes("a"), 99) instanceof CachedRead.Found);
      CachedRead whole = store.defaultKeyspace().getCached(bytes("a"), 100);
      assertArrayEquals(value(1, 100, false), ((CachedRead.Found) whole).value().value());
    }
  }
}

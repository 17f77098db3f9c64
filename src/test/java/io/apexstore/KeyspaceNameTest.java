package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names that keyspaces may have: the same ones through every method that takes a name. */
class KeyspaceNameTest {
  private static final byte[] KEY = "a".getBytes(UTF_8);

  /** Every method that takes the name of a keyspace from a caller. */
  private static final Map<String, BiConsumer<ApexStore, String>> DOORS =
      Map.of(
          "keyspace", (store, name) -> store.keyspace(name),
          "keyspace with options",
              (store, name) -> store.keyspace(name, KeyspaceOptions.defaults()),
          "existingKeyspace", (store, name) -> store.existingKeyspace(name),
          "dropKeyspace", (store, name) -> store.dropKeyspace(name),
          "feed", (store, name) -> store.changes().keyspaces(name).open().close(),
          "compactionFilter",
              (store, name) ->
                  ApexStore.builder(Path.of("unused")).compactionFilter(name, (_, _, _) -> true));

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // Empty.
        "user-\ud83d", // Cut inside a surrogate pair.
        "\ude00", // The other half.
        "\ude00\ud83d", // Halves in the wrong order.
        "_expiry",
        "_tokens",
        "_meta",
        "_"
      })
  void everyMethodRefusesANameThatNoKeyspaceCanHave(String name) {
    try (ApexStore store = ApexStore.open(directory)) {
      DOORS.forEach(
          (door, call) -> {
            ApexException e =
                assertThrows(ApexException.class, () -> call.accept(store, name), door);
            assertEquals(ApexException.Code.INVALID_REQUEST, e.code(), door);
            String message = String.valueOf(e.getMessage());
            assertTrue(message.contains("keyspace name"), message);
            assertTrue(message.contains("allow") || message.contains("reserved"), message);
          });
      assertEquals(List.of("default"), store.keyspaceNames());
    }
  }

  @Test
  void aNameHasUpTo255BytesInUtf8() {
    try (ApexStore store = ApexStore.open(directory)) {
      store.keyspace("a".repeat(255));
      store.keyspace("\ud83d\ude00".repeat(63) + "abc");
      for (String longName : List.of("a".repeat(256), "\ud83d\ude00".repeat(64))) {
        ApexException e = assertThrows(ApexException.class, () -> store.keyspace(longName));
        assertEquals("keyspace name of 256 bytes, allowed are 1 to 255 in UTF-8", messageOf(e));
      }
    }
  }

  private static String messageOf(ApexException e) {
    return String.valueOf(e.getMessage()).replace("at least ", "");
  }

  @Test
  void whatWasPutUnderAnAcceptedNameIsFoundUnderItAfterEachRestart() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      String name = name(random);
      boolean accepted = put(name);
      for (int open = 0; open < (round < 10 ? 3 : 0); open++) {
        try (ApexStore store = ApexStore.open(directory)) {
          if (accepted) {
            assertArrayEquals(name.getBytes(UTF_8), store.keyspace(name).get(KEY));
          }
        }
      }
    }
    try (ApexStore store = ApexStore.open(directory)) {
      for (String name : store.keyspaceNames()) {
        if (!name.equals("default")) {
          assertArrayEquals(name.getBytes(UTF_8), store.keyspace(name).get(KEY));
        }
      }
    }
  }

  private boolean put(String name) {
    try (ApexStore store = ApexStore.open(directory)) {
      store.keyspace(name).put(KEY, name.getBytes(UTF_8));
      return true;
    } catch (ApexException e) {
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      return false;
    }
  }

  private static String name(Random random) {
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(6); i >= 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> name.append((char) ('\ud800' + random.nextInt(0x800)));
        case 1 -> name.appendCodePoint(0x10000 + random.nextInt(0x1000));
        case 2 -> name.append((char) random.nextInt(0x800));
        default -> name.append((char) ('A' + random.nextInt(32)));
      }
    }
    return name.toString();
  }

  @Test
  void anInternalKeyspaceIsReachedOnlyAsSuchAndSurvivesARestart() {
    try (ApexStore store = ApexStore.open(directory)) {
      store.internalKeyspace("_own").put(KEY, KEY);
      store.write(store.newBatch().put(store.internalKeyspace("_own"), KEY, new byte[2]));
      assertEquals(List.of("default"), store.keyspaceNames());
    }
    try (ApexStore store = ApexStore.open(directory)) {
      assertArrayEquals(new byte[2], store.internalKeyspace("_own").get(KEY));
      assertNull(store.get(KEY));
      for (String name : List.of("own", "_expiry", "", "_\ud83d")) {
        ApexException e = assertThrows(ApexException.class, () -> store.internalKeyspace(name));
        assertEquals(ApexException.Code.INVALID_REQUEST, e.code(), name);
      }
    }
  }
}

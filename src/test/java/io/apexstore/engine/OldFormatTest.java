package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.MemoryStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store of another format is refused as such, not as corrupt, and stays unchanged. */
class OldFormatTest {
  private static final Logger ENGINE_LOG = Logger.getLogger("io.apexstore.engine");
  private static final int VERSION_OFFSET = 8;
  private static final int CRC_OFFSET = FileHeader.BYTES - Integer.BYTES;

  @BeforeAll
  static void silenceTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void restoreTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(null);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5, -1})
  void aManifestOfAnotherFormatIsRefusedAndNoFileChanges(int version) throws IOException {
    MemoryStorage storage = filled();
    toFormat(storage, version, FileNames.MANIFEST::equals);
    Map<String, byte[]> before = files(storage);
    for (EncryptionComponents key :
        new EncryptionComponents[] {null, EncryptionComponents.with(new TestWrapper(7))}) {
      EngineException e =
          assertThrows(EngineException.class, () -> TestStore.open(storage, key).close());
      assertRefused(e, FileNames.MANIFEST, version, 4);
      assertSame(before, files(storage));
    }
  }

  @Test
  void aLogOfAnotherFormatIsRefusedAndNoFileChanges() throws IOException {
    MemoryStorage storage = filled();
    toFormat(storage, 1, FileNames::isLog);
    Map<String, byte[]> before = files(storage);
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> TestStore.open(storage, (EncryptionComponents) null).close());
    assertRefused(e, ".log", 1, 2);
    assertSame(before, files(storage));
  }

  @Test
  void readsOfATableOfAnotherFormatReportIt() throws IOException {
    MemoryStorage storage = filled();
    toFormat(storage, 1, name -> name.endsWith(FileNames.TABLE_SUFFIX));
    try (TestStore store = TestStore.open(storage, (EncryptionComponents) null)) {
      EngineException e = assertThrows(EngineException.class, () -> store.get("key7"));
      assertRefused(e, FileNames.TABLE_SUFFIX, 1, 2);
    }
  }

  private static void assertRefused(EngineException e, String file, int version, int known) {
    String message = String.valueOf(e.getMessage());
    assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure(), message);
    assertTrue(
        message.contains(
            file + ": format version " + version + ", this build reads version " + known),
        message);
  }

  /** Returns a store with a table and unflushed commits, after its process was killed. */
  private static MemoryStorage filled() {
    MemoryStorage storage = new MemoryStorage();
    try (TestStore store = TestStore.open(storage, (EncryptionComponents) null)) {
      for (int i = 0; i < 50; i++) {
        store.put("key" + i, "value" + i);
      }
      store.engine().flush();
      store.put("later", "value");
      return storage.copy();
    }
  }

  private static void toFormat(MemoryStorage storage, int version, Predicate<String> names)
      throws IOException {
    for (Map.Entry<String, byte[]> file : files(storage).entrySet()) {
      if (names.test(file.getKey())) {
        byte[] bytes = file.getValue();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(VERSION_OFFSET, version);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CRC_OFFSET);
        header.putInt(CRC_OFFSET, (int) crc.getValue());
        storage.put(file.getKey(), bytes);
      }
    }
  }

  private static Map<String, byte[]> files(MemoryStorage storage) {
    Map<String, byte[]> files = storage.contents();
    files.remove(FileNames.LOCK);
    return files;
  }

  private static void assertSame(Map<String, byte[]> before, Map<String, byte[]> after) {
    assertEquals(before.keySet(), after.keySet());
    before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
  }
}

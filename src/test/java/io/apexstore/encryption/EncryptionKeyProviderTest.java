package io.apexstore.encryption;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.error.ApexException;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Key-encryption keys from files, texts and services, and stores that are opened with them. */
class EncryptionKeyProviderTest {
  private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);
  private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  @Test
  void aStoreIsReadAgainWithItsKeyFileAlsoAfterRotations() throws IOException {
    Path file = folder.resolve("store.key");
    String first;
    try (ApexStore store = open(EncryptionKeyProvider.createFile(file))) {
      store.put(KEY, VALUE);
      assertTrue(store.isEncrypted());
      first = store.stats().dataKeys().getFirst().keyEncryptionKeyId();
      store.rotateEncryptionKeys();
      store.rotateEncryptionKeys();
      StoreStats.DataKeyStats newest = store.stats().dataKeys().getLast();
      assertEquals(3, newest.epoch());
      assertNotEquals(first, newest.keyEncryptionKeyId());
    }
    assertEquals(3, Files.readAllLines(file).stream().filter(l -> !l.startsWith("#")).count());
    try (ApexStore store = open(EncryptionKeyProvider.ofFile(file))) {
      assertArrayEquals(VALUE, store.get(KEY));
    }
    // The previous key alone is not enough.
    Path old = folder.resolve("old.key");
    Files.copy(file, old, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    Files.write(old, Files.readAllLines(file).stream().filter(l -> l.startsWith(first)).toList());
    ApexException e =
        assertThrows(ApexException.class, () -> open(EncryptionKeyProvider.ofFile(old)));
    assertEquals(ApexException.Code.KEY_UNAVAILABLE, e.code());
    assertTrue(String.valueOf(e.getMessage()).contains(first), e::getMessage);
    assertThrows(ApexException.class, () -> EncryptionKeyProvider.createFile(file));
  }

  @Test
  void aDamagedKeyFileIsReportedWithoutItsContent() throws IOException {
    Path file = folder.resolve("store.key");
    EncryptionKeyProvider.createFile(file);
    String text = Files.readString(file);
    String secret = text.strip().substring(text.strip().lastIndexOf(' ') + 1);
    for (String bad :
        new String[] {
          "",
          "# nothing\n",
          text.replace(secret, secret.substring(4)),
          text.replace(secret, "?"),
          text.replace(secret, "A".repeat(43) + "=")
        }) {
      Files.writeString(file, bad);
      ApexException e = assertThrows(ApexException.class, () -> EncryptionKeyProvider.ofFile(file));
      assertEquals(ApexException.Code.KEY_UNAVAILABLE, e.code());
      assertFalse(String.valueOf(e.getMessage()).contains(secret.substring(4)), e::getMessage);
    }
  }

  @Test
  void aKeyFileThatAnEditorHasSavedIsReadOrRefusedForItsEncoding() throws IOException {
    Path file = folder.resolve("edited.key");
    String keyId = EncryptionKeyProvider.createFile(file).currentKeyId();
    String text = Files.readString(file);
    Files.writeString(file, "\uFEFF" + text);
    EncryptionKeyProvider edited = EncryptionKeyProvider.ofFile(file);
    assertEquals(keyId, edited.currentKeyId());
    edited.rotate();
    assertEquals(edited.currentKeyId(), EncryptionKeyProvider.ofFile(file).currentKeyId());
    Files.write(file, text.getBytes(StandardCharsets.UTF_16LE));
    ApexException refused =
        assertThrows(ApexException.class, () -> EncryptionKeyProvider.ofFile(file));
    assertTrue(String.valueOf(refused.getMessage()).contains("another encoding; allowed: UTF-8"));
  }

  @Test
  void aTextHasTheNewKeyFirstAndTheOldOnesAfterIt() {
    String first = Base64.getEncoder().encodeToString(new byte[32]);
    byte[] bytes = new byte[32];
    bytes[3] = 5;
    String second = Base64.getEncoder().encodeToString(bytes);
    try (ApexStore store = open(EncryptionKeyProvider.ofText(first))) {
      store.put(KEY, VALUE);
    }
    try (ApexStore store = open(EncryptionKeyProvider.ofText(second + ", " + first))) {
      store.rotateEncryptionKeys();
    }
    try (ApexStore store = open(EncryptionKeyProvider.ofText(second))) {
      assertArrayEquals(VALUE, store.get(KEY));
    }
    assertThrows(ApexException.class, () -> open(EncryptionKeyProvider.ofText(first)));
    assertThrows(ApexException.class, () -> EncryptionKeyProvider.ofText("short"));
  }

  @Test
  void aNewKeyIsWrittenToTheTargetOfALink() throws IOException {
    Path real = folder.resolve("real.key");
    EncryptionKeyProvider.createFile(real);
    Path link = Files.createSymbolicLink(folder.resolve("link.key"), real);
    try (ApexStore store = open(EncryptionKeyProvider.ofFile(link))) {
      store.put(KEY, VALUE);
      store.rotateEncryptionKeys();
    }
    assertTrue(Files.isSymbolicLink(link));
    try (ApexStore store = open(EncryptionKeyProvider.ofFile(real))) {
      assertArrayEquals(VALUE, store.get(KEY));
    }
  }

  @Test
  @Tag("stress")
  void storesThatShareAKeyFileLoseNoKeyHoweverTheyRotate() throws Exception {
    Path file = folder.resolve("shared.key");
    EncryptionKeyProvider.createFile(file);
    int stores = 4;
    int rotations = 8;
    List<Future<?>> rotating = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(stores)) {
      for (int i = 0; i < stores; i++) {
        Path data = folder.resolve("store" + i);
        // Each provider has its own view of the file, like one of another process.
        EncryptionKeyProvider keys = EncryptionKeyProvider.ofFile(file);
        rotating.add(
            threads.submit(
                () -> {
                  try (ApexStore store = ApexStore.builder(data).keyProvider(keys).open()) {
                    store.put(KEY, VALUE);
                    for (int n = 0; n < rotations; n++) {
                      store.rotateEncryptionKeys();
                    }
                  }
                }));
      }
      for (Future<?> each : rotating) {
        each.get();
      }
    }
    long lines = Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).count();
    assertEquals(1 + stores * rotations, lines);
    for (int i = 0; i < stores; i++) {
      try (ApexStore store =
          ApexStore.builder(folder.resolve("store" + i))
              .keyProvider(EncryptionKeyProvider.ofFile(file))
              .open()) {
        assertArrayEquals(VALUE, store.get(KEY));
      }
    }
  }

  @Test
  void aKeyFileIsCreatedOnce() throws Exception {
    Path file = folder.resolve("new.key");
    AtomicInteger made = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        threads.execute(
            () -> {
              try {
                EncryptionKeyProvider.createFile(file);
                made.incrementAndGet();
              } catch (ApexException e) {
                assertEquals(ApexException.Code.KEY_UNAVAILABLE, e.code());
              }
            });
      }
    }
    assertEquals(1, made.get());
    EncryptionKeyProvider.ofFile(file);
  }

  /** A key-management service that can fail. */
  private static final class Service implements EncryptionKeyProvider {
    private final EncryptionKeyProvider keys =
        EncryptionKeyProvider.ofText(Base64.getEncoder().encodeToString(new byte[32]));
    private boolean fails;
    private String id = "projects/p/keys/k";

    private void ask() {
      if (fails) {
        throw new IllegalStateException("the service does not answer");
      }
    }

    @Override
    public String currentKeyId() {
      return id;
    }

    @Override
    public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
      ask();
      return keys.wrap(keys.currentKeyId(), dataKey, context);
    }

    @Override
    public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
      ask();
      assertEquals(id, keyId);
      return keys.unwrap(keys.currentKeyId(), wrapped, context);
    }
  }

  @Test
  void aKeyIdThatCannotBeStoredIsRefusedBeforeAnythingIsWritten() {
    Service service = new Service();
    for (String id : List.of("", "k".repeat(1_025), "key-\ud83d")) {
      service.id = id;
      ApexException e = assertThrows(ApexException.class, () -> open(service));
      assertEquals(ApexException.Code.KEY_UNAVAILABLE, e.code());
      assertTrue(String.valueOf(e.getMessage()).contains("it returned "), e::getMessage);
    }
    service.id = "key-\ud83d\ude00";
    open(service).close();
    open(service).close();
  }

  @Test
  void aServiceThatFailsChangesNothing() {
    Service service = new Service();
    service.fails = true;
    ApexException none = assertThrows(ApexException.class, () -> open(service));
    assertEquals(ApexException.Code.KEY_UNAVAILABLE, none.code());
    service.fails = false;
    try (ApexStore store = open(service)) {
      store.put(KEY, VALUE);
      service.fails = true;
      ApexException e = assertThrows(ApexException.class, store::rotateEncryptionKeys);
      assertEquals(ApexException.Code.KEY_UNAVAILABLE, e.code());
      assertEquals(1, store.stats().dataKeys().size());
      store.put(KEY, KEY);
      store.flush();
    }
    ApexException e = assertThrows(ApexException.class, () -> open(service));
    assertTrue(
        String.valueOf(e.getMessage()).contains("the service does not answer"), e::getMessage);
    service.fails = false;
    try (ApexStore store = open(service)) {
      assertArrayEquals(KEY, store.get(KEY));
    }
  }

  @Test
  void aStoreThatIsNotEncryptedHasNoKeysToRotate() {
    try (ApexStore store = ApexStore.open(folder.resolve("plain"))) {
      assertFalse(store.isEncrypted());
      assertEquals(0, store.stats().dataKeys().size());
      ApexException e = assertThrows(ApexException.class, store::rotateEncryptionKeys);
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    }
    ApexException e =
        assertThrows(
            ApexException.class,
            () ->
                ApexStore.builder(folder.resolve("plain"))
                    .keyProvider(new Service())
                    .open()
                    .close());
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
  }

  private ApexStore open(EncryptionKeyProvider provider) {
    return ApexStore.builder(folder.resolve("store")).keyProvider(provider).open();
  }
}

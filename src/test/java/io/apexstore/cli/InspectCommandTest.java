package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.encryption.EncryptionKeyProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private String said = "";

  @BeforeEach
  void makeStore() {
    try (ApexStore store = ApexStore.open(folder)) {
      for (int i = 0; i < 100; i++) {
        store.put(bytes("key" + i), bytes("value" + i));
      }
      store.flush();
      store.put(bytes("later"), bytes("in the log"));
    }
  }

  @Test
  void aDirectoryShowsItsManifest() {
    assertEquals(0, run("inspect", folder.toString()));
    assertTrue(said.contains("MANIFEST: store "), said);
    assertTrue(said.contains("closed cleanly"), said);
  }

  @Test
  void aTableShowsItsEntries() throws IOException {
    assertEquals(0, run("inspect", "--entries", first(".sst").toString()));
    assertTrue(said.contains("key7"), said);
    assertTrue(said.contains("value7"), said);
  }

  @Test
  void aLogSegmentShowsItsFrames() throws IOException {
    assertEquals(0, run("inspect", first(".log").toString()));
    assertTrue(said.contains(String.valueOf(first(".log").getFileName())), said);
  }

  @Test
  void whatIsNoFileOfAStoreIsRefused() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "x");
    assertEquals(1, run("inspect", folder.resolve("notes.txt").toString()));
    Files.writeString(folder.resolve("mine.sst"), "x");
    assertEquals(1, run("inspect", folder.resolve("mine.sst").toString()));
    assertTrue(said.contains("is no table"), said);
    assertEquals(1, run("inspect", folder.resolve("000099.sst").toString()));
    assertEquals(2, run("inspect"));
  }

  @Test
  void aSoundStoreIsVerifiedAndADamagedTableIsNamed() throws IOException {
    assertEquals(0, run("verify", folder.toString()));
    assertTrue(said.contains(" tables, 0 damaged"), said);
    Path table = first(".sst");
    byte[] content = Files.readAllBytes(table);
    content[content.length / 3] ^= 1;
    Files.write(table, content);
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(said.contains(table.getFileName() + ": DAMAGED"), said);
  }

  @Test
  void anOpenStoreIsNotVerified() {
    try (ApexStore store = ApexStore.open(folder)) {
      assertEquals(1, run("verify", folder.toString()));
      assertTrue(store.stats().version() > 0);
    }
    assertTrue(said.contains("cannot be verified"), said);
  }

  @Test
  void aFolderWithoutAStoreIsNotVerifiedAndStaysAsItWas() {
    assertEquals(1, run("verify", folder.resolve("nothing").toString()));
    assertTrue(said.contains("there is no such folder"), said);
    assertTrue(Files.notExists(folder.resolve("nothing")));
  }

  @Test
  void anEncryptedStoreIsShownAndVerifiedToWhoHasItsKey() throws IOException {
    Path data = folder.resolve("encrypted");
    Path key = folder.resolve("encrypted.key");
    ApexStore.Builder builder =
        ApexStore.builder(data).keyProvider(EncryptionKeyProvider.createFile(key));
    try (ApexStore store = builder.open()) {
      store.put(bytes("key7"), bytes("value7"));
      store.flush();
    }
    assertEquals(0, run("verify", data.toString()));
    assertTrue(said.contains("1 tables, 0 damaged"), said);
    assertEquals(0, run("inspect", data.toString()));
    assertTrue(said.contains("key epoch 1"), said);
    Path table;
    try (var files = Files.list(data)) {
      table = files.filter(file -> file.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    assertEquals(0, run("inspect", "--entries", table.toString()));
    assertTrue(said.contains("value7"), said);

    Path moved = Files.move(key, folder.resolve("moved"));
    assertEquals(1, run("verify", data.toString()));
    assertTrue(said.contains("encrypted.key"), said);
    assertTrue(said.contains("--encryption-key-file"), said);
    assertEquals(1, said.lines().count(), said);
    assertEquals(1, run("inspect", data.toString()));
    assertTrue(said.contains("--encryption-key-file"), said);
    assertEquals(1, said.lines().count(), said);
    assertEquals(0, run("verify", "--encryption-key-file", moved.toString(), data.toString()));
    EncryptionKeyProvider.createFile(key);
    assertEquals(1, run("inspect", table.toString()));
    assertTrue(said.contains("contains no key-encryption key"), said);
    assertTrue(said.contains("--encryption-key-file"), said);
    assertEquals(1, said.lines().count(), said);

    environment.put("ENCRYPTION_KEY_FILE", moved.toString());
    assertEquals(0, run("verify", data.toString()));
    // The keys themselves come first, as for a server; a wrong one is not repeated.
    environment.put("ENCRYPTION_KEY", "c2VjcmV0");
    assertEquals(1, run("verify", data.toString()));
    assertFalse(said.contains("c2VjcmV0"), said);
    assertTrue(said.contains("--encryption-key-file"), said);
    String line = Files.readAllLines(moved).getLast();
    environment.put("ENCRYPTION_KEY", line.substring(line.indexOf(' ') + 1));
    assertEquals(0, run("verify", data.toString()));
  }

  private Path first(String suffix) throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private int run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    int exit = Main.run(new Console(stream, stream, environment), arguments);
    said = out.toString(StandardCharsets.UTF_8);
    return exit;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private String output = "";

  @BeforeEach
  void createStore() {
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
    assertTrue(output.contains("MANIFEST: store "), output);
    assertTrue(output.contains("closed cleanly"), output);
  }

  @Test
  void aTableShowsItsEntries() throws IOException {
    assertEquals(0, run("inspect", "--entries", first(".sst").toString()));
    assertTrue(output.contains("key7"), output);
    assertTrue(output.contains("value7"), output);
  }

  @Test
  void aLogSegmentShowsItsFrames() throws IOException {
    assertEquals(0, run("inspect", first(".log").toString()));
    assertTrue(output.contains(String.valueOf(first(".log").getFileName())), output);
  }

  @Test
  void aFileThatIsNotPartOfAStoreIsRefused() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "x");
    assertEquals(1, run("inspect", folder.resolve("notes.txt").toString()));
    Files.writeString(folder.resolve("mine.sst"), "x");
    assertEquals(1, run("inspect", folder.resolve("mine.sst").toString()));
    assertTrue(output.contains("is not a table"), output);
    assertEquals(1, run("inspect", folder.resolve("000099.sst").toString()));
    assertEquals(2, run("inspect"));
  }

  @Test
  void anIntactStoreIsVerifiedAndADamagedTableIsNamed() throws IOException {
    assertEquals(0, run("verify", folder.toString()));
    assertTrue(output.contains("the store is whole"), output);
    Path table = first(".sst");
    byte[] content = Files.readAllBytes(table);
    content[content.length / 3] ^= 1;
    Files.write(table, content);
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(output.contains(table.getFileName() + ": DAMAGED"), output);
  }

  @Test
  void anOpenStoreIsNotVerified() {
    try (ApexStore store = ApexStore.open(folder)) {
      assertEquals(2, run("verify", folder.toString()));
      assertTrue(store.stats().version() > 0);
    }
    assertTrue(output.contains("cannot be verified"), output);
  }

  @Test
  void whatAStartWouldRefuseIsDamage() throws IOException {
    Path log = first(".log");
    byte[] manifest = Files.readAllBytes(folder.resolve("MANIFEST"));
    Files.write(folder.resolve("MANIFEST"), Arrays.copyOf(manifest, manifest.length / 4));
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(output.contains("MANIFEST: DAMAGED"), output);
    Files.write(folder.resolve("MANIFEST"), manifest);
    assertEquals(0, run("verify", folder.toString()));

    Path aside = Files.move(log, folder.resolve("aside"));
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(output.contains(log.getFileName() + ": DAMAGED: is missing"), output);
    assertTrue(output.contains("the store is damaged"), output);
    Files.move(aside, log);

    Files.move(first(".sst"), folder.resolve("aside"));
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(output.contains(".sst: DAMAGED: is missing"), output);

    Files.delete(folder.resolve("MANIFEST"));
    assertEquals(1, run("verify", folder.toString()));
    assertTrue(output.contains("MANIFEST: DAMAGED: is missing"), output);
  }

  @Test
  void verifyingChangesNothingAndNeedsNoLockFile() throws IOException {
    Files.delete(folder.resolve("LOCK"));
    List<String> before = listing();
    assertEquals(0, run("verify", folder.toString()));
    assertTrue(output.contains("LOCK: is missing"), output);
    assertEquals(before, listing());
  }

  private List<String> listing() throws IOException {
    try (var files = Files.list(folder)) {
      List<String> lines = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        lines.add(file.getFileName() + " " + Files.getLastModifiedTime(file));
      }
      return lines;
    }
  }

  @Test
  void anEmptyDirectoryIsNotVerified() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertEquals(2, run("verify", empty.toString()));
    assertTrue(output.contains("contains no store"), output);
    assertEquals(2, run("verify"));
  }

  @Test
  void aMissingDirectoryIsNotVerifiedAndNotCreated() {
    assertEquals(2, run("verify", folder.resolve("nothing").toString()));
    assertTrue(output.contains("no such directory"), output);
    assertTrue(Files.notExists(folder.resolve("nothing")));
  }

  @Test
  void anEncryptedStoreIsShownAndVerifiedWithItsKeyOnly() throws IOException {
    Path data = folder.resolve("encrypted");
    Path key = folder.resolve("encrypted.key");
    ApexStore.Builder builder =
        ApexStore.builder(data).keyProvider(EncryptionKeyProvider.createFile(key));
    try (ApexStore store = builder.open()) {
      store.put(bytes("key7"), bytes("value7"));
      store.flush();
    }
    assertEquals(0, run("verify", data.toString()));
    assertTrue(output.contains("the store is whole"), output);
    assertEquals(0, run("inspect", data.toString()));
    assertTrue(output.contains("key epoch 1"), output);
    Path table;
    try (var files = Files.list(data)) {
      table = files.filter(file -> file.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    assertEquals(0, run("inspect", "--entries", table.toString()));
    assertTrue(output.contains("value7"), output);

    Path moved = Files.move(key, folder.resolve("moved"));
    assertEquals(2, run("verify", data.toString()));
    assertTrue(output.contains("encrypted.key"), output);
    assertTrue(output.contains("--encryption-key-file"), output);
    assertEquals(1, output.lines().count(), output);
    assertEquals(1, run("inspect", data.toString()));
    assertTrue(output.contains("--encryption-key-file"), output);
    assertEquals(1, output.lines().count(), output);
    assertEquals(0, run("verify", "--encryption-key-file", moved.toString(), data.toString()));
    EncryptionKeyProvider.createFile(key);
    assertEquals(1, run("inspect", table.toString()));
    assertTrue(output.contains("contains no key-encryption key"), output);
    assertTrue(output.contains("--encryption-key-file"), output);
    assertEquals(1, output.lines().count(), output);

    environment.put("ENCRYPTION_KEY_FILE", moved.toString());
    assertEquals(0, run("verify", data.toString()));
    // ENCRYPTION_KEY takes precedence, as in a server; a wrong one is not printed.
    environment.put("ENCRYPTION_KEY", "c2VjcmV0");
    assertEquals(2, run("verify", data.toString()));
    assertFalse(output.contains("c2VjcmV0"), output);
    assertTrue(output.contains("--encryption-key-file"), output);
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
    output = out.toString(StandardCharsets.UTF_8);
    return exit;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

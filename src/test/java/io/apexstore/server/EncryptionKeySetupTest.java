package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.ServerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The server encrypts by default, and never starts with less protection than configured. */
@Tag("server")
class EncryptionKeySetupTest {
  @TempDir Path folder;

  private ServerConfig config(String... options) {
    Map<String, String> given = new HashMap<>();
    given.put("data_dir", folder.resolve("data").toString());
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], options[i + 1]);
    }
    return RunningServer.configuration(folder, given);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theFirstStartCreatesTheKeyNextToTheDataForItsOwnerOnly() throws IOException {
    Path key = folder.resolve("data.key");
    String keys;
    try (RunningServer server = RunningServer.start(folder)) {
      assertTrue(server.server().encryptionNotice().contains(key.toString()));
      assertTrue(server.server().encryptionNotice().contains("back up this file"));
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
      keys = Files.readString(key);
      server.call("PUT", "/keys/a", "", "b".getBytes(StandardCharsets.UTF_8));
    }
    try (RunningServer server = RunningServer.start(folder)) {
      assertFalse(server.server().encryptionNotice().contains("back"));
      assertEquals(keys, Files.readString(key));
      assertTrue(server.call("GET", "/keys/a").text().contains("\"b\""));
    }
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    ApexException open =
        assertThrows(ApexException.class, () -> RunningServer.start(folder).close());
    assertEquals(ApexException.Code.KEY_UNAVAILABLE, open.code());
    assertTrue(String.valueOf(open.getMessage()).contains("chmod 600"), open::getMessage);
  }

  @Test
  void withoutItsKeyOrWithAnotherOneTheStoreIsNotOpened() throws IOException {
    RunningServer.start(folder).close();
    Path key = folder.resolve("data.key");
    String id = lastLine(key).replaceFirst(" .*", "");
    Files.move(key, folder.resolve("kept"));
    ApexException missing =
        assertThrows(ApexException.class, () -> RunningServer.start(folder).close());
    assertEquals(ApexException.Code.KEY_UNAVAILABLE, missing.code());
    assertTrue(String.valueOf(missing.getMessage()).contains(id), missing::getMessage);
    assertTrue(String.valueOf(missing.getMessage()).contains(key.toString()), missing::getMessage);
    assertFalse(Files.exists(key), "a new key was created for a store that has one");

    String other = "A".repeat(43) + "=";
    ApexException wrong =
        assertThrows(
            ApexException.class,
            () -> RunningServer.start(folder, "encryption_key", other).close());
    assertEquals(ApexException.Code.KEY_UNAVAILABLE, wrong.code());
    assertTrue(String.valueOf(wrong.getMessage()).contains(id), wrong::getMessage);
    assertFalse(String.valueOf(wrong.getMessage()).contains(other), "the key was printed");

    String kept = lastLine(folder.resolve("kept")).replaceFirst(".* ", "");
    RunningServer.start(folder, "encryption_key", other + "," + kept).close();
  }

  private static String lastLine(Path file) throws IOException {
    return Files.readAllLines(file).getLast();
  }

  @Test
  void keysInTheConfigurationAreNeverShown() throws IOException {
    byte[] bytes = new byte[32];
    bytes[7] = 9;
    String key = Base64.getEncoder().encodeToString(bytes);
    try (RunningServer server = RunningServer.start(folder, "encryption_key", key)) {
      server.call("PUT", "/keys/a", "", "b".getBytes(StandardCharsets.UTF_8));
      for (String path : new String[] {"/stats", "/stats/all", "/metrics", "/health/check"}) {
        assertFalse(server.call("GET", path).text().contains(key), path);
      }
      assertFalse(server.server().encryptionNotice().contains(key));
    }
    for (String wrong : new String[] {key.substring(4), "?" + key, key + "," + key.substring(8)}) {
      ConfigException e =
          assertThrows(
              ConfigException.class,
              () -> EncryptionKeySetup.find(config("encryption_key", wrong)));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("ENCRYPTION_KEY: "), message);
      assertFalse(message.contains(key.substring(8)), message);
    }
    bytes[7] = 10;
    String other = Base64.getEncoder().encodeToString(bytes);
    ApexException e =
        assertThrows(
            ApexException.class,
            () -> RunningServer.start(folder, "encryption_key", other).close());
    assertFalse(e.toString().contains(other) || e.toString().contains(key), e::toString);
  }

  @Test
  void aStoreWithoutEncryptionIsOpenedOnlyWithoutItAndTheErrorSaysHow() {
    RunningServer.start(folder, "encryption_enabled", "false").close();
    assertFalse(Files.exists(folder.resolve("data.key")));
    ConfigException e =
        assertThrows(ConfigException.class, () -> RunningServer.start(folder).close());
    assertTrue(String.valueOf(e.getMessage()).startsWith("ENCRYPTION_ENABLED"), e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).contains("allowed: false"), e::getMessage);
    assertFalse(Files.exists(folder.resolve("data.key")), "a useless key was created");
    RunningServer.start(folder, "encryption_enabled", "false").close();
  }

  @Test
  void aKeyInsideTheDataIsRefused() {
    String inside = folder.resolve("data/db.key").toString();
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> EncryptionKeySetup.find(config("encryption_key_file", inside), path -> false));
    assertTrue(String.valueOf(e.getMessage()).contains("inside DATA_DIR"), e::getMessage);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aKeyInsideTheDataIsRefusedAlsoThroughASymbolicLink() throws IOException {
    Files.createDirectories(folder.resolve("data/keys"));
    Files.createSymbolicLink(folder.resolve("keys"), folder.resolve("data/keys"));
    String linked = folder.resolve("keys/k").toString();
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> EncryptionKeySetup.find(config("encryption_key_file", linked), path -> false));
    assertTrue(String.valueOf(e.getMessage()).contains("inside DATA_DIR"), e::getMessage);
  }

  @Test
  void onAMountPointAKeyIsCreatedOnlyAtAConfiguredPath() {
    ConfigException e =
        assertThrows(ConfigException.class, () -> EncryptionKeySetup.find(config(), path -> true));
    assertTrue(String.valueOf(e.getMessage()).startsWith("ENCRYPTION_KEY_FILE"), e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).contains("mount point"), e::getMessage);
    assertFalse(Files.exists(folder.resolve("data.key")));
    Path elsewhere = folder.resolve("keys/a.key");
    EncryptionKeySetup found =
        EncryptionKeySetup.find(config("encryption_key_file", elsewhere.toString()), path -> true);
    assertNotNull(found.provider());
    assertTrue(Files.exists(elsewhere));
    assertNull(
        EncryptionKeySetup.find(config("encryption_enabled", "false"), path -> true).provider());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void mountPointsAreDetected() throws IOException {
    assertTrue(MountPoint.is(Path.of("/proc")));
    assertTrue(MountPoint.is(Path.of("/")));
    assertFalse(MountPoint.is(folder));
    assertFalse(MountPoint.is(Files.createDirectory(folder.resolve("plain"))));
  }

  @Test
  void withoutEncryptionThereAreNoKeysToRotate() {
    try (RunningServer server = RunningServer.start(folder, "encryption_enabled", "false")) {
      RunningServer.Answer answer = server.call("POST", "/admin/keys/rotate");
      assertEquals(400, answer.status());
      assertEquals("not-supported", answer.problem());
      assertTrue(
          server.call("GET", "/stats/all").text().contains("\"encryption\":{\"enabled\":false"));
    }
  }
}

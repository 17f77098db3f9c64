package io.apexstore.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  @TempDir private Path folder;
  @TempDir private Path home;
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> commandLine = new HashMap<>();
  private final List<String> notices = new ArrayList<>();

  @BeforeEach
  void createDirectory() throws IOException {
    Files.createDirectories(folder.resolve("conf"));
  }

  @Test
  void withoutAnySourceTheDefaultsApply() {
    ServerConfig config = load();
    assertEquals("127.0.0.1", config.host());
    assertEquals(8080, config.port());
    assertEquals(Path.of("./.lsm_data"), config.dataDirectory());
    assertTrue(config.authEnabled());
    // The server's default of SPARSE_INDEX_INTERVAL is 16.
    assertEquals(StoreOptions.defaults().withRestartInterval(16), config.storeOptions());
    assertTrue(config.shown().stream().allMatch(line -> line.source().equals("default")));
    assertEquals(List.of(), notices);
  }

  @Test
  void eachSourceOverridesTheEarlierOnes() throws IOException {
    file("{\"port\": 1, \"size_ratio\": 11, \"block_size\": \"8KiB\", \"host\": \"127.0.0.2\"}");
    dotEnv("PORT=2\nSIZE_RATIO=12\nexport BLOCK_SIZE='16384' # pages\n");
    environment.put("PORT", "3");
    environment.put("SIZE_RATIO", "13");
    commandLine.put("port", "4");
    ServerConfig config = load();
    assertEquals(4, config.port());
    assertEquals(13, config.storeOptions().sizeRatio());
    assertEquals(16384, config.storeOptions().blockBytes());
    assertEquals("127.0.0.2", config.host());
    assertEquals("command line", shown(config, Option.PORT).source());
    assertEquals("environment", shown(config, Option.SIZE_RATIO).source());
    assertEquals(".env", shown(config, Option.BLOCK_SIZE).source());
    assertEquals("conf/apexstore.json", shown(config, Option.HOST).source());
  }

  @Test
  void theFileInTheProgramDirectoryIsUsedIfTheWorkingDirectoryHasNone() throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(home.resolve("conf/apexstore.json"), "{\"port\": 5}");
    assertEquals(5, load().port());
    file("{\"port\": 6}");
    assertEquals(6, load().port());
  }

  @ParameterizedTest
  @CsvSource({
    "PORT, 65536",
    "PORT, eighty",
    "PORT, 8080.5",
    "AUTH_ENABLED, maybe",
    "BLOCK_SIZE, 12 parsecs",
    "BLOCK_SIZE, 99999999999999999999",
    "MEMTABLE_MAX_SIZE, 9999999999 GiB",
    "BLOOM_FALSE_POSITIVE_RATE, 0.9",
    "BLOOM_FALSE_POSITIVE_RATE, NaN",
    "WAL_SYNC_MODE, sometimes",
    "WAL_SYNC_INTERVAL, -1",
    "SERVER_KEEP_ALIVE, 0",
    "COMPRESSION, zip"
  })
  void anInvalidValueIsReportedWithWhatIsAllowed(String name, String value) {
    environment.put(name, value);
    String message = refusal(this::load);
    assertTrue(message.startsWith(name + ": given \"" + value + "\" (environment)"), message);
    assertTrue(message.contains("allowed: " + Option.valueOf(name).allowed()), message);
  }

  @Test
  void anUnknownNameInTheFileOrOnTheCommandLineEndsTheStart() throws IOException {
    commandLine.put("prot", "80");
    String message = refusal(this::load);
    assertTrue(message.contains("\"prot\" (command line)"), message);
    assertTrue(message.contains("--port"), message);
    commandLine.clear();
    file("{\"prot\": 80}");
    message = refusal(this::load);
    assertTrue(message.contains("\"prot\" (conf/apexstore.json)"), message);
    assertTrue(message.contains("port"), message);
  }

  @Test
  void anUnknownNameInTheEnvironmentIsIgnored() throws IOException {
    environment.put("PROT", "80");
    environment.put("PATH", "/bin");
    environment.put("PORT", ""); // not set, in a compose file
    assertEquals(8080, load().port());
    assertEquals(List.of(), notices);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROT=80", "port=80", "POSTGRES_PASSWORD=x", "PROT=", "export PROT='1'"})
  void anUnknownNameInDotEnvEndsTheStart(String line) throws IOException {
    dotEnv("PORT=80\n" + line + "\n");
    String message = refusal(this::load);
    String name = line.replace("export ", "").replaceAll("=.*", "");
    assertTrue(message.startsWith("unknown option: given \"" + name + "\" (.env)"), message);
    assertTrue(message.contains(", PORT,"), message);
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstName() throws IOException {
    dotEnv("\uFEFFDATA_DIR=/somewhere\nPORT=81\n");
    file("\uFEFF{\"size_ratio\": 12}");
    ServerConfig config = load();
    assertEquals(Path.of("/somewhere"), config.dataDirectory());
    assertEquals(81, config.port());
    assertEquals(12, config.storeOptions().sizeRatio());
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "ISO-8859-1"})
  void aFileInAnotherEncodingEndsTheStart(String encoding) throws IOException {
    byte[] text = "DATA_DIR=/\u00e4\n".getBytes(Charset.forName(encoding));
    Files.write(folder.resolve(".env"), text);
    String message = refusal(this::load);
    assertTrue(message.endsWith(".env: given a file in another encoding, allowed: UTF-8"), message);
    Files.delete(folder.resolve(".env"));
    Files.write(folder.resolve("conf/apexstore.json"), "{}".getBytes(Charset.forName("UTF-16LE")));
    message = refusal(this::load);
    assertTrue(message.contains("apexstore.json: given a file in another encoding"), message);
  }

  @Test
  void oldNamesAreAcceptedWithANoticeOfTheNewName() throws IOException {
    environment.put("DIR_PATH", "/somewhere");
    environment.put("API_AUTH_ENABLED", "false");
    file("{\"index_interval\": 8}");
    ServerConfig config = load();
    assertEquals(Path.of("/somewhere"), config.dataDirectory());
    assertEquals(false, config.authEnabled());
    assertEquals(8, config.storeOptions().restartInterval());
    assertTrue(notices.contains("DIR_PATH (environment) is now called DATA_DIR"));
    assertTrue(notices.contains("API_AUTH_ENABLED (environment) is now called AUTH_ENABLED"));
    assertTrue(
        notices.contains(
            "INDEX_INTERVAL (conf/apexstore.json) is now called SPARSE_INDEX_INTERVAL"),
        notices.toString());
  }

  @Test
  void anUnsupportedFeatureIsAnErrorInTheFileAndANoticeInTheEnvironment() throws IOException {
    environment.put("RATE_LIMIT_ENABLED", "true");
    environment.put("TLS_ENABLED", "false");
    load();
    assertEquals(2, notices.size());
    assertTrue(notices.getFirst().contains("does not support it"));
    file("{\"cors_enabled\": true}");
    String message = refusal(this::load);
    assertTrue(message.contains("CORS_ENABLED"), message);
    assertTrue(message.contains("does not support it"), message);
  }

  @Test
  void anUnsupportedProtectionThatIsTurnedOnEndsTheStart() {
    environment.put("TLS_ENABLED", "true");
    String message = refusal(this::load);
    assertTrue(message.startsWith("TLS_ENABLED"), message);
  }

  @Test
  void theKeyFileIsNextToTheDataByDefaultAndAKeyIsNeverShown() {
    environment.put("DATA_DIR", "/var/lib/data/");
    ServerConfig config = load();
    assertEquals("/var/lib/data.key", config.encryptionKeyFile().toString());
    assertFalse(config.encryptionKeyFileGiven());
    assertNull(config.encryptionKey());
    environment.put("ENCRYPTION_KEY_FILE", "/keys/a.key");
    environment.put("ENCRYPTION_KEY", "c2VjcmV0");
    config = load();
    assertEquals("/keys/a.key", config.encryptionKeyFile().toString());
    assertEquals("c2VjcmV0", config.encryptionKey());
    assertFalse(config.shown().toString().contains("c2VjcmV0"), config.shown()::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "always, EVERY",
    "every_second, INTERVAL",
    "manual, ASYNC",
    "GROUP, GROUP",
    "interval, INTERVAL"
  })
  void syncModesHaveSynonyms(String given, SyncMode expected) {
    environment.put("WAL_SYNC_MODE", given);
    assertEquals(expected, load().storeOptions().syncMode());
  }

  @Test
  void everySecondIsOneSecond() {
    environment.put("WAL_SYNC_MODE", "every_second");
    assertEquals(Duration.ofSeconds(1), load().storeOptions().syncInterval());
  }

  @Test
  void timesAndSizesMayHaveAUnit() {
    environment.put("SERVER_KEEP_ALIVE", "2m");
    environment.put("WAL_SYNC_INTERVAL", "250");
    environment.put("LOG_RETENTION_TIME", "90");
    environment.put("MEMTABLE_MAX_SIZE", "64 MiB");
    environment.put("MAX_RAW_PAYLOAD_SIZE", "1k");
    ServerConfig config = load();
    assertEquals(Duration.ofMinutes(2), config.keepAlive());
    assertEquals(Duration.ofMillis(250), config.storeOptions().syncInterval());
    assertEquals(Duration.ofSeconds(90), config.storeOptions().logRetentionTime());
    assertEquals(64 << 20, config.storeOptions().memtableBytesMax());
    assertEquals(1024, config.rawBytesMax());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1]",
        "{\"port\": 1",
        "{\"port\": {\"a\": 1}}",
        "{\"port\": null}",
        "{\"port\": 1, \"port\": 2}",
        "{} {}"
      })
  void aFileThatIsNotOneFlatObjectEndsTheStart(String text) throws IOException {
    file(text);
    String message = refusal(this::load);
    assertTrue(message.startsWith("conf/apexstore.json: "), message);
  }

  @Test
  void aNamedFileThatIsMissingEndsTheStart() {
    String message =
        refusal(
            () ->
                ConfigLoader.load(
                    new ConfigLoader.Sources(
                        folder, folder, Path.of("none.json"), Map.of(), Map.of()),
                    notices::add));
    assertEquals(
        folder.resolve("none.json") + " cannot be read: there is no such file or directory",
        message);
  }

  @Test
  void aSecretOnTheCommandLineIsRefused() {
    for (String name : List.of("encryption-key", "ENCRYPTION_KEY", "Encryption_key")) {
      commandLine.put(name, "c2VjcmV0");
      String message = refusal(this::load);
      assertFalse(message.contains("c2VjcmV0"), message);
      assertTrue(message.contains("ENCRYPTION_KEY_FILE"), message);
      assertFalse(message.contains("\n"), message);
      commandLine.clear();
    }
    commandLine.put("encryption-key-file", "/keys/a.key");
    assertEquals("/keys/a.key", load().encryptionKeyFile().toString());
  }

  @Test
  void aMalformedSecretIsNotPrinted() throws IOException {
    dotEnv("ENCRYPTION_KEY: c2VjcmV0\n");
    assertFalse(refusal(this::load).contains("c2VjcmV0"));
    dotEnv("");
    file("{\"encryption_key\": c2VjcmV0}");
    String message = refusal(this::load);
    assertFalse(message.contains("c2VjcmV0"), message);
    assertTrue(message.contains("line 1, column "), message);
  }

  @Test
  void aLineOfDotEnvWithoutANameEndsTheStart() throws IOException {
    dotEnv("PORT=1\nnonsense\n");
    String message = refusal(this::load);
    assertTrue(message.startsWith(".env line 2"), message);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true, false, true",
    "127.0.0.1, false, false, true",
    "localhost, true, false, true",
    "::1, true, false, true",
    "0.0.0.0, true, false, false",
    "0.0.0.0, false, false, false",
    "0.0.0.0, true, true, true",
    "::, true, false, false",
    "192.0.2.1, true, false, false",
    "no.such.host.invalid, true, false, false"
  })
  void anAddressThatOthersCanReachIsServedOnlyIfThatIsAllowed(
      String host, String auth, String insecure, boolean starts) {
    commandLine.put("host", host);
    commandLine.put("auth-enabled", auth);
    commandLine.put("allow-insecure-bind", insecure);
    ServerConfig config = load();
    if (starts) {
      BindCheck.check(config);
    } else {
      String message = refusal(() -> BindCheck.check(config));
      assertTrue(message.startsWith("HOST: given \"" + host + "\""), message);
    }
  }

  private ServerConfig load() {
    return ConfigLoader.load(
        new ConfigLoader.Sources(folder, home, null, environment, commandLine), notices::add);
  }

  private static String refusal(Executable start) {
    return String.valueOf(assertThrows(ConfigException.class, start).getMessage());
  }

  private static ServerConfig.Shown shown(ServerConfig config, Option option) {
    return config.shown().stream()
        .filter(line -> line.option() == option)
        .findFirst()
        .orElseThrow();
  }

  private void file(String text) throws IOException {
    Files.writeString(folder.resolve("conf/apexstore.json"), text);
  }

  private void dotEnv(String text) throws IOException {
    Files.writeString(folder.resolve(".env"), text);
  }
}

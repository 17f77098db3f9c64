package io.apexstore.server.config;

import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The effective configuration: every option with its value and the source of the value.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class ServerConfig {
  /** The source of a value that no one gave. */
  static final String DEFAULT = "default";

  private final EnumMap<Option, Setting> settings;

  ServerConfig(Map<Option, Setting> settings) {
    this.settings = new EnumMap<>(settings);
  }

  /**
   * An option's value.
   *
   * @param text as it was given
   * @param value as it was parsed
   * @param source where it came from
   */
  record Setting(String text, Object value, String source) {}

  /**
   * An option as it is shown to operators.
   *
   * @param option the option
   * @param text its value as given, or a mask if it is a secret
   * @param source where it came from, for example {@code default} or {@code environment}
   */
  public record Shown(Option option, String text, String source) {}

  /** Returns all options with their values, secrets masked. */
  public List<Shown> shown() {
    List<Shown> lines = new ArrayList<>();
    settings.forEach(
        (option, setting) -> lines.add(new Shown(option, masked(option, setting), setting.source)));
    return lines;
  }

  private static String masked(Option option, Setting setting) {
    return option.secret() && !setting.source.equals(DEFAULT) ? Option.MASK : setting.text;
  }

  /** Returns the address to listen on. */
  public String host() {
    return text(Option.HOST);
  }

  /** Returns the port to listen on; 0: any that is free. */
  public int port() {
    return whole(Option.PORT);
  }

  /** Returns whether requests need a token. */
  public boolean authEnabled() {
    return (boolean) value(Option.AUTH_ENABLED);
  }

  /** Returns whether other machines may be served in clear text or without tokens. */
  public boolean insecureBindAllowed() {
    return (boolean) value(Option.ALLOW_INSECURE_BIND);
  }

  /** Returns the directory of all data of the server. */
  public Path dataDirectory() {
    return Path.of(text(Option.DATA_DIR));
  }

  /** Returns the directory of the store. */
  public Path storeDirectory() {
    return dataDirectory().resolve("db");
  }

  /** Returns the file that the first token is written to. */
  public Path adminTokenFile() {
    return dataDirectory().resolve("admin.token");
  }

  /** Returns whether a new store is encrypted. */
  public boolean encryptionEnabled() {
    return (boolean) value(Option.ENCRYPTION_ENABLED);
  }

  /** Returns the file of the key-encryption keys; by default the one beside the data directory. */
  public Path encryptionKeyFile() {
    return encryptionKeyFileGiven()
        ? Path.of(text(Option.ENCRYPTION_KEY_FILE))
        : EncryptionKeyFiles.beside(dataDirectory());
  }

  /** Returns whether the file of the key-encryption keys was given. */
  public boolean encryptionKeyFileGiven() {
    return isGiven(Option.ENCRYPTION_KEY_FILE);
  }

  /** Returns the key-encryption keys that were given in place of a file, or null. */
  public @Nullable String encryptionKey() {
    return isGiven(Option.ENCRYPTION_KEY) ? text(Option.ENCRYPTION_KEY) : null;
  }

  private boolean isGiven(Option option) {
    Setting setting = settings.get(option);
    return setting != null && !setting.source.equals(DEFAULT);
  }

  /** Returns the number of event loops that serve connections. */
  public int eventLoops() {
    int given = whole(Option.SERVER_WORKERS);
    return given > 0 ? given : Runtime.getRuntime().availableProcessors();
  }

  /** Returns the number of threads that read from the disk. */
  public int ioThreads() {
    int given = whole(Option.SERVER_IO_THREADS);
    return given > 0 ? given : 4 * Runtime.getRuntime().availableProcessors();
  }

  /** Returns the number of compactions that may run at once. */
  public int compactionThreads() {
    return whole(Option.COMPACTION_THREADS);
  }

  /** Returns the number of connections that may wait to be accepted. */
  public int backlog() {
    return whole(Option.SERVER_BACKLOG);
  }

  /** Returns the number of connections that may be open at once. */
  public int connectionsMax() {
    return whole(Option.SERVER_MAX_CONNECTIONS);
  }

  /** Returns the number of connections that one address may have; 0: no limit. */
  public int connectionsPerAddressMax() {
    return whole(Option.MAX_CONNECTIONS_PER_IP);
  }

  /** Returns how long a connection may be idle. */
  public Duration keepAlive() {
    return time(Option.SERVER_KEEP_ALIVE);
  }

  /** Returns how long the server waits for a client that reads nothing of its answer. */
  public Duration clientTimeout() {
    return time(Option.SERVER_CLIENT_TIMEOUT);
  }

  /** Returns how long a stop waits for requests in progress. */
  public Duration shutdownTimeout() {
    return time(Option.SERVER_SHUTDOWN_TIMEOUT);
  }

  /** Returns the longest JSON body in bytes. */
  public int jsonBytesMax() {
    return bytes(Option.MAX_JSON_PAYLOAD_SIZE);
  }

  /** Returns the longest raw body in bytes. */
  public int rawBytesMax() {
    return bytes(Option.MAX_RAW_PAYLOAD_SIZE);
  }

  /** Returns the options that the store is opened with. */
  public StoreOptions storeOptions() {
    StoreOptions options = StoreOptions.defaults();
    for (Map.Entry<Option, Setting> setting : settings.entrySet()) {
      options = setting.getKey().applyTo(options, setting.getValue().value);
    }
    return options;
  }

  private Object value(Option option) {
    Setting setting = settings.get(option);
    if (setting == null) {
      throw new IllegalStateException(option.name());
    }
    return setting.value;
  }

  private String text(Option option) {
    return (String) value(option);
  }

  private int whole(Option option) {
    return (int) value(option);
  }

  private int bytes(Option option) {
    return Math.toIntExact((long) value(option));
  }

  private Duration time(Option option) {
    return (Duration) value(option);
  }
}

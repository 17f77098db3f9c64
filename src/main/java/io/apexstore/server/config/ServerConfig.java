package io.apexstore.server.config;

import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.Compression;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The effective configuration: every option with its value and where that came from.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class ServerConfig {
  /** The source of a value that nobody gave. */
  static final String DEFAULT = "default";

  private final EnumMap<Option, Setting> settings;

  ServerConfig(Map<Option, Setting> settings) {
    this.settings = new EnumMap<>(settings);
  }

  /**
   * An option's value.
   *
   * @param text as it was given
   * @param value as it was understood
   * @param source who gave it
   */
  record Setting(String text, Object value, String source) {}

  /**
   * One line of what is shown to operators.
   *
   * @param option the option
   * @param text its value as given, or a mask if it is a secret
   * @param source who gave it, for example {@code default} or {@code environment}
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

  /** Returns whether serving others in clear text or without tokens is wanted. */
  public boolean insecureBindAllowed() {
    return (boolean) value(Option.ALLOW_INSECURE_BIND);
  }

  /** Returns the folder of everything that the server keeps. */
  public Path dataDirectory() {
    return Path.of(text(Option.DATA_DIR));
  }

  /** Returns the folder of the store itself. */
  public Path storeDirectory() {
    return dataDirectory().resolve("db");
  }

  /** Returns the file that the first token is written to. */
  public Path adminTokenFile() {
    return dataDirectory().resolve("admin.token");
  }

  /** Returns whether the store is to be encrypted. */
  public boolean encryptionEnabled() {
    return (boolean) value(Option.ENCRYPTION_ENABLED);
  }

  /**
   * Returns the file of the key-encryption keys: unless given, the one beside the data directory.
   */
  public Path encryptionKeyFile() {
    return encryptionKeyFileGiven()
        ? Path.of(text(Option.ENCRYPTION_KEY_FILE))
        : EncryptionKeyFiles.beside(dataDirectory());
  }

  /** Returns whether somebody said where that file is. */
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

  /** Returns how many event loops serve connections. */
  public int eventLoops() {
    int given = whole(Option.SERVER_WORKERS);
    return given > 0 ? given : Runtime.getRuntime().availableProcessors();
  }

  /** Returns how many threads read from the disk. */
  public int ioThreads() {
    int given = whole(Option.SERVER_IO_THREADS);
    return given > 0 ? given : 4 * Runtime.getRuntime().availableProcessors();
  }

  /** Returns how many compactions may run at once. */
  public int compactionThreads() {
    return whole(Option.COMPACTION_THREADS);
  }

  /** Returns how many connections may wait to be accepted. */
  public int backlog() {
    return whole(Option.SERVER_BACKLOG);
  }

  /** Returns how many connections are served at once. */
  public int connectionsMax() {
    return whole(Option.SERVER_MAX_CONNECTIONS);
  }

  /** Returns how many connections one address may have; 0: no limit. */
  public int connectionsPerAddressMax() {
    return whole(Option.MAX_CONNECTIONS_PER_IP);
  }

  /** Returns how long a connection may be silent. */
  public Duration keepAlive() {
    return time(Option.SERVER_KEEP_ALIVE);
  }

  /** Returns how long a client that takes nothing of its answer is waited for. */
  public Duration clientTimeout() {
    return time(Option.SERVER_CLIENT_TIMEOUT);
  }

  /** Returns how long a stop waits for requests under way. */
  public Duration shutdownTimeout() {
    return time(Option.SERVER_SHUTDOWN_TIMEOUT);
  }

  /** Returns the longest JSON body in bytes. */
  public int jsonBytesMax() {
    return whole(Option.MAX_JSON_PAYLOAD_SIZE);
  }

  /** Returns the longest raw body in bytes. */
  public int rawBytesMax() {
    return whole(Option.MAX_RAW_PAYLOAD_SIZE);
  }

  /** Returns the largest batch in bytes of keys and values. */
  public int batchBytesMax() {
    return whole(Option.MAX_WAL_RECORD_SIZE);
  }

  /** Returns the options that the store is opened with. */
  public StoreOptions storeOptions() {
    return StoreOptions.defaults()
        .withSyncMode(SyncMode.valueOf(text(Option.WAL_SYNC_MODE).toUpperCase(Locale.ROOT)))
        .withSyncInterval(time(Option.WAL_SYNC_INTERVAL))
        .withAsyncBytesMax(number(Option.WAL_BUFFER_SIZE))
        .withMemtableBytesMax(number(Option.MEMTABLE_MAX_SIZE))
        .withBlockBytes(whole(Option.BLOCK_SIZE))
        .withRestartInterval(whole(Option.SPARSE_INDEX_INTERVAL))
        .withBlockCacheBytes(number(Option.BLOCK_CACHE_SIZE_MB) << 20)
        .withBloomFalsePositiveRate((double) value(Option.BLOOM_FALSE_POSITIVE_RATE))
        .withCompression(Compression.valueOf(text(Option.COMPRESSION).toUpperCase(Locale.ROOT)))
        .withLevel0Threshold(whole(Option.LEVEL0_COMPACTION_THRESHOLD))
        .withSizeRatio(whole(Option.SIZE_RATIO))
        .withMaxLevels(whole(Option.MAX_LEVEL_COUNT))
        .withCompactionThreads(compactionThreads())
        .withCompaction(
            CompactionStrategy.valueOf(text(Option.COMPACTION_STRATEGY).toUpperCase(Locale.ROOT)))
        .withBackgroundBytesPerSecond(number(Option.BACKGROUND_RATE_MB) << 20)
        .withLogRetentionBytes(number(Option.LOG_RETENTION_BYTES))
        .withLogRetentionTime(time(Option.LOG_RETENTION_TIME))
        .withHistoryRetention(time(Option.HISTORY_RETENTION));
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

  private long number(Option option) {
    return (long) value(option);
  }

  private int whole(Option option) {
    return Math.toIntExact(number(option));
  }

  private Duration time(Option option) {
    return Duration.ofMillis(number(option));
  }
}

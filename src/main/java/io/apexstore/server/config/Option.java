package io.apexstore.server.config;

import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.Compression;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The table of all options of the server. A constant's name is the option's name in the environment
 * and in {@code .env}; the file has it in lower case with {@code _}, the command line with {@code
 * -}.
 *
 * <p>A row holds everything about an option: its default, the values that are allowed, what it
 * does, and, if it is an option of the store, how it is set there. The manual's page, {@code
 * --help} and {@link ServerConfig#storeOptions} follow from the rows.
 */
@SuppressWarnings("ImmutableEnumChecker") // the types are records of immutable things
public enum Option {
  /** Address to listen on. */
  HOST(
      Group.NETWORK,
      "127.0.0.1",
      new OptionType.Text("an address or a host name"),
      "The address to listen on. An address that other machines can reach needs TLS and"
          + " authentication, or `ALLOW_INSECURE_BIND=true`."),
  /** Port to listen on. */
  PORT(
      Group.NETWORK,
      "8080",
      new OptionType.Whole(0, 65535, ""),
      "The port to listen on. 0 picks a free one and prints it."),
  /** Whether other machines may connect without TLS or authentication. */
  ALLOW_INSECURE_BIND(
      Group.NETWORK,
      "false",
      new OptionType.Switch(),
      "Serve other machines in clear text or without authentication, for example behind a proxy"
          + " that provides both."),
  /** Number of event loops. */
  SERVER_WORKERS(
      Group.NETWORK,
      "0",
      new OptionType.Whole(0, 256, "threads"),
      "Event loops that serve connections. 0: one for each core."),
  /** Number of threads for reads that may wait for the disk. */
  SERVER_IO_THREADS(
      Group.NETWORK,
      "0",
      new OptionType.Whole(0, 1024, "threads"),
      "Threads for reads that may wait for the disk. 0: four for each core."),
  /** Length of the accept queue. */
  SERVER_BACKLOG(
      Group.NETWORK,
      "2048",
      new OptionType.Whole(1, 65535, "connections"),
      "Connections that may wait to be accepted."),
  /** Limit of all connections. */
  SERVER_MAX_CONNECTIONS(
      Group.NETWORK,
      "25000",
      new OptionType.Whole(1, 10_000_000, "connections"),
      "Connections that may be open at once, at most half of the file descriptors that are free at the"
          + " start. Further ones are closed immediately."),
  /** Limit of the connections of one address. */
  MAX_CONNECTIONS_PER_IP(
      Group.NETWORK,
      "100",
      new OptionType.Whole(0, 10_000_000, "connections"),
      "Connections that one address may have. Further ones are closed immediately. 0: no limit."),
  /** Longest silence of a connection. */
  SERVER_KEEP_ALIVE(
      Group.NETWORK,
      "75",
      new OptionType.Time("s", 1_000, 86_400_000),
      "How long a connection may be idle, without traffic and without a request in progress,"
          + " before it is closed."),
  /** Patience with a client that does not read. */
  SERVER_CLIENT_TIMEOUT(
      Group.NETWORK,
      "60",
      new OptionType.Time("s", 1_000, 86_400_000),
      "How long the server waits for a client that reads nothing of its answer, or less than"
          + " 1,000 bytes a second."),
  /** Longest wait of a graceful stop. */
  SERVER_SHUTDOWN_TIMEOUT(
      Group.NETWORK,
      "30",
      new OptionType.Time("s", 0, 86_400_000),
      "How long a stop may take, besides what the disk needs to close the store. Requests in"
          + " progress have two thirds of it; then their connections are reset."),
  /** Limit of JSON bodies. */
  MAX_JSON_PAYLOAD_SIZE(
      Group.NETWORK,
      "52428800",
      new OptionType.Bytes(1 << 10, 128L << 20),
      "The longest JSON body, and the longest line of an import. Bodies that a few bytes are enough"
          + " for have a fixed limit below it: 256 KiB under `/admin`, 1 KiB for an increment of the"
          + " key in the path."),
  /** Limit of raw bodies. */
  MAX_RAW_PAYLOAD_SIZE(
      Group.NETWORK,
      "52428800",
      new OptionType.Bytes(1, 64L << 20),
      "The longest value that is put as a raw body; no longer than `MAX_WAL_RECORD_SIZE`."),
  /** Whether requests need a token. */
  AUTH_ENABLED(
      Group.SECURITY,
      "true",
      new OptionType.Switch(),
      "Require a token of every request. It may be off on a loopback address only, or with"
          + " `ALLOW_INSECURE_BIND=true`."),
  /** Whether a new store is encrypted. */
  ENCRYPTION_ENABLED(
      Group.SECURITY,
      "true",
      new OptionType.Switch(),
      "Encrypt every file of the store (AES-256-GCM). It counts when the store is created: an"
          + " existing store stays as it is. See the page on encryption."),
  /** File of the key-encryption keys. */
  ENCRYPTION_KEY_FILE(
      Group.SECURITY,
      "DATA_DIR.key",
      new OptionType.Text("a path outside of `DATA_DIR`"),
      "The file of the key-encryption keys, mode 0600. By default it is beside the data"
          + " directory, with `.key` after its name. The first start creates it. Back it up:"
          + " without it the data cannot be read."),
  /** The key-encryption keys themselves. */
  ENCRYPTION_KEY(
      Group.SECURITY,
      "none",
      new OptionType.Text("32 bytes in Base64; several, separated by commas"),
      "The key-encryption keys themselves, in place of the file. The first is in use; the others"
          + " are earlier ones."),
  /** Directory of all data. */
  DATA_DIR(
      Group.STORE,
      "./.lsm_data",
      new OptionType.Text("a path"),
      "The directory of the store (`db` in it) and of the first token (`admin.token` in it). A"
          + " symbolic link is refused, because it can be changed to point elsewhere; links in"
          + " the path above it are followed."),
  /** Size of a memtable. */
  MEMTABLE_MAX_SIZE(
      Group.STORE,
      "33554432",
      new OptionType.Bytes(64 << 10, 1 << 30),
      StoreOptions::withMemtableBytesMax,
      "Size at which a memtable is sealed and flushed. A larger one means fewer and larger"
          + " flushes, and a longer replay of the log at the start."),
  /** Size of data blocks. */
  BLOCK_SIZE(
      Group.STORE,
      "4096",
      new OptionType.Bytes(512, 1 << 20),
      (options, bytes) -> options.withBlockBytes(Math.toIntExact(bytes)),
      "Size of a table's data blocks before compression. Smaller blocks make point reads cheaper"
          + " and indexes larger."),
  /** Restart interval of data blocks. */
  SPARSE_INDEX_INTERVAL(
      Group.STORE,
      "16",
      new OptionType.Whole(1, 128, "entries"),
      StoreOptions::withRestartInterval,
      "Entries from one key that a block stores whole to the next. Fewer make point reads faster"
          + " and tables larger."),
  /** Budget of the block cache. */
  BLOCK_CACHE_SIZE_MB(
      Group.STORE,
      "64",
      new OptionType.Whole(1, 1 << 20, "MiB"),
      (options, mib) -> options.withBlockCacheBytes((long) mib << 20),
      "Budget of the block cache, outside the heap."),
  /** False positives of filters. */
  BLOOM_FALSE_POSITIVE_RATE(
      Group.STORE,
      "0.01",
      new OptionType.Fraction("0.0001", "0.5"),
      StoreOptions::withBloomFalsePositiveRate,
      "Share of absent keys that a table's filter lets through. 0.01 takes about 10 bits a key."),
  /** Compression of blocks. */
  COMPRESSION(
      Group.STORE,
      "lz4",
      OptionType.Choice.of(List.of(Compression.LZ4, Compression.NONE)),
      StoreOptions::withCompression,
      "Compression of the blocks of new tables."),
  /** When a write is acknowledged. */
  WAL_SYNC_MODE(
      Group.STORE,
      "group",
      OptionType.Choice.of(List.of(SyncMode.values()))
          .understanding(
              Map.of(
                  "always",
                  SyncMode.EVERY,
                  "every_second",
                  SyncMode.INTERVAL,
                  "manual",
                  SyncMode.ASYNC)),
      StoreOptions::withSyncMode,
      "When a write is acknowledged: after an fdatasync of its own, after one that it shares with"
          + " concurrent writes, once the operating system has it, once it is in memory. See the"
          + " page on durability."),
  /** Time between syncs. */
  WAL_SYNC_INTERVAL(
      Group.STORE,
      "1000",
      new OptionType.Time("ms", 1, 3_600_000),
      StoreOptions::withSyncInterval,
      "Time between syncs in `interval` and `async`. A power failure loses at most this much."),
  /** Bytes in memory only in async. */
  WAL_BUFFER_SIZE(
      Group.STORE,
      "1048576",
      new OptionType.Bytes(1, 1 << 30),
      StoreOptions::withAsyncBytesMax,
      "Bytes of writes that may be in memory only in `async`. A crash of the process loses at most"
          + " this much."),
  /** Limit of writes. */
  MAX_WAL_RECORD_SIZE(
      Group.STORE,
      "83886080",
      new OptionType.Bytes(64 << 10, 80L << 20),
      (options, bytes) -> options.withBatchBytesMax(Math.toIntExact(bytes)),
      "The largest write of any kind, keys and values together: a single put, a batch, a line of an"
          + " import."),
  /** Bytes of retained log. */
  LOG_RETENTION_BYTES(
      Group.STORE,
      "268435456",
      new OptionType.Bytes(0, 1L << 50),
      StoreOptions::withLogRetentionBytes,
      "Bytes of closed log segments that are kept for change feeds."),
  /** Time of retained log. */
  LOG_RETENTION_TIME(
      Group.STORE,
      "0",
      new OptionType.Time("s", 0, 366L * 86_400_000),
      StoreOptions::withLogRetentionTime,
      "How long closed log segments are kept, whatever their size."),
  /** Time for which old versions can be read. */
  HISTORY_RETENTION(
      Group.STORE,
      "0",
      new OptionType.Time("s", 0, 366L * 86_400_000),
      StoreOptions::withHistoryRetention,
      "How long overwritten and deleted values can be read with `at=version`. They take space for"
          + " this time."),
  /** Compaction strategy of new keyspaces. */
  COMPACTION_STRATEGY(
      Group.STORE,
      "leveled",
      OptionType.Choice.of(CompactionStrategy.storeDefaults()),
      StoreOptions::withCompaction,
      "Compaction strategy of new keyspaces whose options name none. See the page on compaction."),
  /** Tables that start a compaction of level 0. */
  LEVEL0_COMPACTION_THRESHOLD(
      Group.STORE,
      "4",
      new OptionType.Whole(2, 64, "tables"),
      StoreOptions::withLevel0Threshold,
      "Number of tables at level 0 that starts a compaction."),
  /** Ratio of the sizes of levels. */
  SIZE_RATIO(
      Group.STORE,
      "10",
      new OptionType.Whole(2, 100, ""),
      StoreOptions::withSizeRatio,
      "How many times larger each level is than the one above."),
  /** Number of levels. */
  MAX_LEVEL_COUNT(
      Group.STORE,
      "7",
      new OptionType.Whole(2, 10, "levels"),
      StoreOptions::withMaxLevels,
      "Number of levels."),
  /** Compactions at once. */
  COMPACTION_THREADS(
      Group.STORE,
      "1",
      new OptionType.Whole(1, 64, "threads"),
      StoreOptions::withCompactionThreads,
      "Compactions that may run at once."),
  /** Rate of background work. */
  BACKGROUND_RATE_MB(
      Group.STORE,
      "0",
      new OptionType.Whole(0, 1 << 20, "MiB/s"),
      (options, mib) -> options.withBackgroundBytesPerSecond((long) mib << 20),
      "Keys and values that flushes and compactions together may process in a second, so that the"
          + " disk is free for reads. 0: no limit. Only compactions wait. If writes bring more than"
          + " the rate leaves, they are slowed down in the end.");

  /** Shown in place of the value of a secret. */
  static final String MASK = "********";

  /** The parts of the manual's page. */
  enum Group {
    NETWORK("The server"),
    SECURITY("Security"),
    STORE("The store");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  private final Group group;
  private final String defaultText;
  private final OptionType<?> type;
  private final @Nullable BiFunction<StoreOptions, Object, StoreOptions> setter;
  private final String description;

  /** An option of the server itself, which {@link ServerConfig} reads. */
  Option(Group group, String defaultText, OptionType<?> type, String description) {
    this.group = group;
    this.defaultText = defaultText;
    this.type = type;
    this.setter = null;
    this.description = description;
  }

  /** An option of the store, with how it is set there. */
  @SuppressWarnings("unchecked") // what the type has parsed is a T
  <T> Option(
      Group group,
      String defaultText,
      OptionType<T> type,
      BiFunction<StoreOptions, T, StoreOptions> setter,
      String description) {
    this.group = group;
    this.defaultText = defaultText;
    this.type = type;
    this.setter = (options, value) -> setter.apply(options, (T) value);
    this.description = description;
  }

  /** Returns the name in the environment. */
  public String environmentName() {
    return name();
  }

  /** Returns the name in the file. */
  public String fileKey() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the flag on the command line, with its dashes. */
  public String flag() {
    return "--" + fileKey().replace('_', '-');
  }

  /** Returns the default value as text. */
  public String defaultText() {
    return defaultText;
  }

  /** Returns a description of the allowed values. */
  public String allowed() {
    return type.allowed();
  }

  /** Returns the unit of a plain number, or an empty string. */
  public String unit() {
    return type.unit();
  }

  /** Returns what the option does, in one to five sentences of Markdown. */
  public String description() {
    return description;
  }

  /** Whether its values must not be shown. */
  public boolean secret() {
    return this == ENCRYPTION_KEY;
  }

  Group group() {
    return group;
  }

  OptionType<?> type() {
    return type;
  }

  Object parse(String text, String source) {
    try {
      return type.parse(text);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw ConfigException.illFormed(name(), text, source, allowed(), secret());
    }
  }

  /**
   * Returns the store's options with this one set; the same ones if it is not an option of the
   * store.
   *
   * @param value as {@link #parse} returned it
   */
  StoreOptions applyTo(StoreOptions options, Object value) {
    return setter == null ? options : setter.apply(options, value);
  }

  static Optional<Option> ofEnvironmentName(String name) {
    for (Option option : values()) {
      if (option.name().equals(name)) {
        return Optional.of(option);
      }
    }
    return Optional.empty();
  }
}

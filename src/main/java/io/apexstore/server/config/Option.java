package io.apexstore.server.config;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The table of all options. The constant's name is the name in the environment and in {@code .env};
 * in the file and on the command line it is written in small letters, with {@code _} and {@code -}.
 *
 * <p>An option stands here once it does something.
 */
@SuppressWarnings("ImmutableEnumChecker") // the types are records of immutable things
public enum Option {
  /** Where the server listens. */
  HOST(
      Group.NETWORK,
      "127.0.0.1",
      new OptionType.Text("an address or a host name"),
      "The address to listen on. Anything beyond this machine wants TLS and authentication, or"
          + " `ALLOW_INSECURE_BIND=true`."),
  /** The port. */
  PORT(
      Group.NETWORK,
      "8080",
      new OptionType.Whole(0, 65535, ""),
      "The port to listen on; 0 picks a free one and prints it."),
  /** The way out of the refusal to serve the world in clear text. */
  ALLOW_INSECURE_BIND(
      Group.NETWORK,
      "false",
      new OptionType.Switch(),
      "Listen beyond this machine in clear text or without authentication, as behind a proxy that"
          + " provides both."),
  /** Event loops. */
  SERVER_WORKERS(
      Group.NETWORK,
      "0",
      new OptionType.Whole(0, 256, "threads"),
      "Event loops that serve connections; 0: one for each core."),
  /** Threads that may wait for the disk. */
  SERVER_IO_THREADS(
      Group.NETWORK,
      "0",
      new OptionType.Whole(0, 1024, "threads"),
      "Threads for reads that may wait for the disk; 0: four for each core."),
  /** Accept queue. */
  SERVER_BACKLOG(
      Group.NETWORK,
      "2048",
      new OptionType.Whole(1, 65535, "connections"),
      "Connections that may wait to be accepted."),
  /** All connections. */
  SERVER_MAX_CONNECTIONS(
      Group.NETWORK,
      "25000",
      new OptionType.Whole(1, 10_000_000, "connections"),
      "Connections that are served at once; more are closed at once."),
  /** Connections of one address. */
  MAX_CONNECTIONS_PER_IP(
      Group.NETWORK,
      "100",
      new OptionType.Whole(0, 10_000_000, "connections"),
      "Connections that one address may have; more are closed at once. 0: no limit."),
  /** Idle connections. */
  SERVER_KEEP_ALIVE(
      Group.NETWORK,
      "75",
      new OptionType.Time("s", 1_000, 86_400_000),
      "How long a connection may be silent before it is closed."),
  /** Slow clients. */
  SERVER_CLIENT_TIMEOUT(
      Group.NETWORK,
      "60",
      new OptionType.Time("s", 1_000, 86_400_000),
      "How long a client that takes nothing of its answer is waited for."),
  /** Graceful stop. */
  SERVER_SHUTDOWN_TIMEOUT(
      Group.NETWORK,
      "30",
      new OptionType.Time("s", 0, 86_400_000),
      "How long a stop waits for requests under way."),
  /** JSON bodies. */
  MAX_JSON_PAYLOAD_SIZE(
      Group.NETWORK,
      "52428800",
      new OptionType.Bytes(1 << 10, 128L << 20),
      "The longest JSON body, and the longest line of an import."),
  /** Raw bodies. */
  MAX_RAW_PAYLOAD_SIZE(
      Group.NETWORK,
      "52428800",
      new OptionType.Bytes(1, 64L << 20),
      "The longest value that is put as it is."),
  /** Authentication. */
  AUTH_ENABLED(
      Group.SECURITY,
      "true",
      new OptionType.Switch(),
      "Ask every request for a token. May be off only on this machine, or with"
          + " `ALLOW_INSECURE_BIND=true`."),
  /** Encryption at rest. */
  ENCRYPTION_ENABLED(
      Group.SECURITY,
      "true",
      new OptionType.Switch(),
      "Encrypt every file of the store (AES-256-GCM). Decided when the store is made: an existing"
          + " store stays as it is. See the page on encryption."),
  /** The key file. */
  ENCRYPTION_KEY_FILE(
      Group.SECURITY,
      "DATA_DIR.key",
      new OptionType.Text("a path outside of `DATA_DIR`"),
      "The file of the key-encryption keys, mode 0600; by default beside the data directory, with"
          + " `.key` behind its name. Made at the first start. Back it up: without it the data cannot"
          + " be read."),
  /** The keys themselves. */
  ENCRYPTION_KEY(
      Group.SECURITY,
      "none",
      new OptionType.Text("32 bytes in Base64; several, separated by commas"),
      "The key-encryption keys themselves, in place of the file: the first is in use, the others are"
          + " those before it."),
  /** Where everything is. */
  DATA_DIR(
      Group.STORE,
      "./.lsm_data",
      new OptionType.Text("a path"),
      "The folder of the store (`db` in it) and of the first token (`admin.token` in it)."),
  /** Memtable size. */
  MEMTABLE_MAX_SIZE(
      Group.STORE,
      "33554432",
      new OptionType.Bytes(64 << 10, 1 << 30),
      "Size at which a memtable is sealed and flushed. More makes fewer, larger flushes and a"
          + " longer replay."),
  /** Data blocks. */
  BLOCK_SIZE(
      Group.STORE,
      "4096",
      new OptionType.Bytes(512, 1 << 20),
      "Size of a table's data blocks before compression. Less makes point reads cheaper and the"
          + " index larger."),
  /** Restart interval. */
  SPARSE_INDEX_INTERVAL(
      Group.STORE,
      "16",
      new OptionType.Whole(1, 128, "entries"),
      "Entries between keys that are stored whole in a block."),
  /** Block cache. */
  BLOCK_CACHE_SIZE_MB(
      Group.STORE,
      "64",
      new OptionType.Whole(1, 1 << 20, "MiB"),
      "Budget of the block cache, outside the heap."),
  /** Filters. */
  BLOOM_FALSE_POSITIVE_RATE(
      Group.STORE,
      "0.01",
      new OptionType.Fraction("0.0001", "0.5"),
      "Share of absent keys that a table's filter lets through; 0.01 is about 10 bits a key."),
  /** Compression. */
  COMPRESSION(
      Group.STORE,
      "lz4",
      OptionType.Choice.of("lz4", "none"),
      "How the blocks of tables are compressed."),
  /** When a write is acknowledged. */
  WAL_SYNC_MODE(
      Group.STORE,
      "group",
      OptionType.Choice.of("every", "group", "interval", "async")
          .understanding(Map.of("always", "every", "every_second", "interval", "manual", "async")),
      "When a write is acknowledged: after an fdatasync of its own, after one shared with the"
          + " writes of the moment, once the operating system has it, once it is in memory. See"
          + " the page on durability."),
  /** Sync interval. */
  WAL_SYNC_INTERVAL(
      Group.STORE,
      "1000",
      new OptionType.Time("ms", 1, 3_600_000),
      "Time between syncs in `interval` and `async`: what a power failure may take."),
  /** Bytes in memory in async. */
  WAL_BUFFER_SIZE(
      Group.STORE,
      "1048576",
      new OptionType.Bytes(1, 1 << 30),
      "Most bytes of writes that are in memory only in `async`: what a crash of the process may"
          + " take."),
  /** Largest batch. */
  MAX_WAL_RECORD_SIZE(
      Group.STORE,
      "83886080",
      new OptionType.Bytes(64 << 10, 80L << 20),
      "The largest batch, keys and values together."),
  /** Retained log. */
  LOG_RETENTION_BYTES(
      Group.STORE,
      "268435456",
      new OptionType.Bytes(0, 1L << 50),
      "Closed log segments that are kept though no restart needs them any more, in bytes."),
  /** Retained log. */
  LOG_RETENTION_TIME(
      Group.STORE,
      "0",
      new OptionType.Time("s", 0, 366L * 86_400_000),
      "How long closed log segments are kept whatever their size."),
  /** History. */
  HISTORY_RETENTION(
      Group.STORE,
      "0",
      new OptionType.Time("s", 0, 366L * 86_400_000),
      "How long overwritten and deleted values can be read with at=version."),
  /** How tables are merged. */
  COMPACTION_STRATEGY(
      Group.STORE,
      "leveled",
      OptionType.Choice.of("leveled", "tiered", "lazy_leveling"),
      "How tables are merged, in keyspaces that are made without saying so. See the page on"
          + " compaction."),
  /** Level 0. */
  LEVEL0_COMPACTION_THRESHOLD(
      Group.STORE,
      "4",
      new OptionType.Whole(2, 64, "tables"),
      "Tables at level 0 that start a compaction."),
  /** Size ratio. */
  SIZE_RATIO(
      Group.STORE,
      "10",
      new OptionType.Whole(2, 100, ""),
      "How many times larger each level is than the one above."),
  /** Levels. */
  MAX_LEVEL_COUNT(
      Group.STORE, "7", new OptionType.Whole(2, 10, "levels"), "How many levels there are."),
  /** Compactions at once. */
  COMPACTION_THREADS(
      Group.STORE,
      "1",
      new OptionType.Whole(1, 64, "threads"),
      "Compactions that may run at once."),
  /** Rate of background work. */
  BACKGROUND_RATE_MB(
      Group.STORE,
      "0",
      new OptionType.Whole(0, 1 << 20, "MiB/s"),
      "Keys and values that flushes and compactions together may go through in a second, so that"
          + " reads find the disk free. 0: no limit. Only compactions wait; writers that bring more"
          + " than that leaves are slowed in the end.");

  /** What is shown in place of a secret's value. */
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
  private final OptionType type;
  private final String description;

  Option(Group group, String defaultText, OptionType type, String description) {
    this.group = group;
    this.defaultText = defaultText;
    this.type = type;
    this.description = description;
  }

  /** Returns the name in the environment. */
  public String environmentName() {
    return name();
  }

  /** Returns the key in the file. */
  public String fileKey() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the flag on the command line, dashes included. */
  public String flag() {
    return "--" + fileKey().replace('_', '-');
  }

  /** Returns the value that holds unless another is given, as text. */
  public String defaultText() {
    return defaultText;
  }

  /** Returns what is allowed, for people. */
  public String allowed() {
    return type.allowed();
  }

  /** Returns the unit of a plain number, or an empty string. */
  public String unit() {
    return type.unit();
  }

  /** Returns what the option is for, one or two sentences of Markdown. */
  public String description() {
    return description;
  }

  /** Whether values are kept out of everything that is shown. */
  public boolean secret() {
    return this == ENCRYPTION_KEY;
  }

  Group group() {
    return group;
  }

  Object parse(String text, String source) {
    try {
      return type.parse(text);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw ConfigException.illFormed(name(), text, source, allowed(), secret());
    }
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

package io.apexstore.bench.store;

import io.apexstore.ApexStore;
import io.apexstore.options.CompactionStrategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.mvstore.MVStore;
import org.lmdbjava.Env;
import org.rocksdb.RocksDB;

/** The stores that can be measured. */
public enum StoreKind {
  /** ApexStore. */
  APEXSTORE("ApexStore", ApexStore.class),
  /** ApexStore with encryption. */
  ENCRYPTED("ApexStore, encrypted", ApexStore.class),
  /** ApexStore with tiered compaction. */
  TIERED("ApexStore, tiered", ApexStore.class),
  /** ApexStore with lazy leveling. */
  LAZY_LEVELING("ApexStore, lazily leveled", ApexStore.class),
  /** ApexStore while a million keys expire. */
  EXPIRING("ApexStore, expiring", ApexStore.class),
  /** ApexStore with a condition on each write. */
  CONDITIONAL("ApexStore, conditional", ApexStore.class),
  /** RocksDB through JNI. */
  ROCKSDB("RocksDB JNI", RocksDB.class),
  /** LMDB through lmdbjava. */
  LMDB("LMDB (lmdbjava)", Env.class),
  /** H2's MVStore. */
  MVSTORE("H2 MVStore", MVStore.class);

  private static final Pattern JAR_VERSION = Pattern.compile(".*?-(\\d[^/]*)\\.jar");

  private final String title;
  private final Class<?> library;

  StoreKind(String title, Class<?> library) {
    this.title = title;
    this.library = library;
  }

  /** The name for people. */
  public String title() {
    return title;
  }

  /** Whether it is ApexStore, with any options. */
  public boolean isApexStore() {
    return library == ApexStore.class;
  }

  /** The name in command lines and files. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the store with this name in command lines. */
  public static StoreKind ofId(String id) {
    for (StoreKind kind : values()) {
      if (kind.id().equals(id)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("there is no store " + id);
  }

  /** The version of its library, from the name of the jar. */
  public String version() {
    String jar = library.getProtectionDomain().getCodeSource().getLocation().getPath();
    Matcher matcher = JAR_VERSION.matcher(jar.substring(jar.lastIndexOf('/') + 1));
    return matcher.matches() ? matcher.group(1) : "built here";
  }

  private static BenchStore leveled(Path directory, StoreSettings settings, boolean encrypted) {
    return new ApexBenchStore(directory, settings, encrypted, CompactionStrategy.LEVELED);
  }

  /** Opens the store in a directory; creates both if they do not exist. */
  public BenchStore open(Path directory, StoreSettings settings) throws Exception {
    Files.createDirectories(directory);
    return switch (this) {
      case APEXSTORE, EXPIRING, CONDITIONAL -> leveled(directory, settings, false);
      case ENCRYPTED -> leveled(directory, settings, true);
      case TIERED -> new ApexBenchStore(directory, settings, false, CompactionStrategy.TIERED);
      case LAZY_LEVELING ->
          new ApexBenchStore(directory, settings, false, CompactionStrategy.LAZY_LEVELING);
      case ROCKSDB -> new RocksBenchStore(directory, settings);
      case LMDB -> new LmdbBenchStore(directory, settings);
      case MVSTORE -> new MvBenchStore(directory, settings);
    };
  }
}

package io.apexstore.engine.version;

import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.SimulatedExecutor;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.sstable.TableBuilder;
import io.apexstore.engine.sstable.TableFormat;
import io.apexstore.engine.sstable.TableOptions;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A version set with one keyspace over a storage, and helpers that read it. */
public final class TestVersionSet implements AutoCloseable {
  /** The keyspace of the tests. */
  public static final int KEYSPACE = 1;

  /** Small blocks, so that small tables have many of them. */
  public static final TableOptions OPTIONS =
      new TableOptions(256, 4, TableOptions.DEFAULT.compression(), 10);

  private static final UUID STORE = new UUID(7, 8);

  private final Storage storage;
  private final BlockCache cache = new BlockCache(1 << 20);
  private final SimulatedExecutor closer = new SimulatedExecutor(1);
  private final VersionSet versions;

  private TestVersionSet(Storage storage) {
    this.storage = storage;
    this.versions = VersionSet.open(storage, cache, closer, STORE);
  }

  /** Opens a store and starts it, see {@link #start}. */
  public static TestVersionSet open(Storage storage) {
    TestVersionSet store = openUnstarted(storage);
    store.start();
    return store;
  }

  /** Opens a store as recovery sees it: not started. */
  public static TestVersionSet openUnstarted(Storage storage) {
    return new TestVersionSet(storage);
  }

  /** Starts writing, creates the keyspace if it does not exist, and deletes orphaned files. */
  public void start() {
    VersionEdit.Builder edit = VersionEdit.builder();
    if (versions.state().keyspace(KEYSPACE) == null) {
      edit.createKeyspace(new KeyspaceMeta(KEYSPACE, "default", KeyspaceOptions.defaults()));
    }
    versions.start(edit.build());
    versions.deleteOrphans();
  }

  /** The version set. */
  public VersionSet versions() {
    return versions;
  }

  /** The current version. */
  public Version current() {
    return versions.current(KEYSPACE);
  }

  /** Closes tables without readers and deletes obsolete ones; returns how many were closed. */
  public int runCloser() {
    return closer.runAll();
  }

  /** Writes a durable table with a new file id. */
  public TableMeta table(int level, Entry... entries) throws IOException {
    return table(level, List.of(entries));
  }

  /** Writes a durable table with a new file id. */
  public TableMeta table(int level, List<Entry> entries) throws IOException {
    long fileId = versions.newFileId();
    FileHeader header =
        FileHeader.plain(FileType.TABLE, TableFormat.VERSION, versions.storeId(), fileId);
    try (AppendFile file = storage.create(FileNames.table(fileId));
        EntryIterator from = new EntryIterator(entries)) {
      TableBuilder builder =
          new TableBuilder(file, OPTIONS, header, KEYSPACE, level, FileCipherKeys.NONE);
      for (from.seekToFirst(); from.isValid(); from.next()) {
        builder.add(
            from.key(),
            0,
            from.keyLength(),
            from.version(),
            from.kind(),
            from.expiryMs(),
            from.valueSegment(),
            from.valueOffset(),
            from.valueLength());
      }
      TableMeta meta = builder.finish(List.of());
      file.sync();
      storage.syncDirectory();
      return meta;
    }
  }

  /** What the block cache holds and has done. */
  public StoreStats.CacheStats cacheStats() {
    return cache.stats();
  }

  /** Returns the value that a point read sees in a version, null if it sees none. */
  public static @Nullable String get(Version version, String key, long readVersion) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(StandardCharsets.US_ASCII), readVersion, false);
    Outcome outcome = version.get(lookup);
    if (outcome != Outcome.FOUND || lookup.kind() == ValueKind.DELETE) {
      return null;
    }
    byte[] value = lookup.value();
    return value == null ? null : new String(value, StandardCharsets.US_ASCII);
  }

  /** Returns the entries that a scan of a range sees, as {@code key=value@version}. */
  public static List<String> scan(
      Version version, long readVersion, @Nullable String from, @Nullable String to) {
    byte[] first = from == null ? null : from.getBytes(StandardCharsets.US_ASCII);
    byte[] end = to == null ? null : to.getBytes(StandardCharsets.US_ASCII);
    List<TombstoneSource> tombstones = new ArrayList<>();
    version.addRangeTombstones(readVersion, first, end, tombstones);
    List<InternalIterator> sources = new ArrayList<>();
    version.addIterators(readVersion, first, end, tombstones, sources);
    List<String> found = new ArrayList<>();
    try (InternalIterator merged = MergingIterator.asOfVersion(sources)) {
      if (first == null) {
        merged.seekToFirst();
      } else {
        merged.seek(first, first.length);
      }
      for (; merged.isValid(); merged.next()) {
        String key = new String(merged.key(), 0, merged.keyLength(), StandardCharsets.US_ASCII);
        if (to != null && key.compareTo(to) >= 0) {
          break;
        }
        if (merged.kind() == ValueKind.PUT) {
          found.add(key + "=" + value(merged) + "@" + merged.version());
        }
      }
    }
    return found;
  }

  /**
   * Returns all entries of all tables, in key order, as {@code key@version}; tombstones as {@code
   * -key@version}.
   */
  public static List<String> entries(Version version) {
    List<InternalIterator> sources = new ArrayList<>();
    for (List<TableMeta> level : version.shape().levels()) {
      level.forEach(table -> sources.add(version.allVersions(List.of(table))));
    }
    List<String> found = new ArrayList<>();
    try (InternalIterator merged = MergingIterator.allVersions(sources)) {
      for (merged.seekToFirst(); merged.isValid(); merged.next()) {
        String key = new String(merged.key(), 0, merged.keyLength(), StandardCharsets.US_ASCII);
        String mark = merged.kind() == ValueKind.DELETE ? "-" : "";
        found.add(mark + key + "@" + merged.version());
      }
    }
    return found;
  }

  /** Returns the names of the manifest and of the files that it names. */
  public Set<String> namedFiles() {
    Set<String> names = new TreeSet<>();
    names.add(FileNames.MANIFEST);
    for (KeyspaceState keyspace : versions.state().keyspaces()) {
      keyspace.tables().forEach(table -> names.add(FileNames.table(table.fileId())));
    }
    for (LogSegment log : versions.state().logs()) {
      names.add(FileNames.log(log.fileId()));
    }
    return names;
  }

  /** Releases everything, without an orderly shutdown. */
  @Override
  public void close() {
    versions.close();
    closer.runAll();
    cache.close();
  }

  private static String value(InternalIterator entry) {
    byte[] bytes =
        entry
            .valueSegment()
            .asSlice(entry.valueOffset(), entry.valueLength())
            .toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}

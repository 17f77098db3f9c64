package io.apexstore.engine;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.OpenFiles;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableContext;
import io.apexstore.engine.sstable.TableVerification;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.wal.AdoptedSegment;
import io.apexstore.engine.wal.LogFormat;
import io.apexstore.engine.wal.LogVerifier;
import io.apexstore.engine.wal.ReplayResult;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Checks every file of a store that is not open, and changes none. It checks what {@link Recovery}
 * checks, with the same code, and all that a later read would: if nothing is reported as damaged or
 * unreadable, the store opens and every entry and every retained change can be read.
 *
 * <pre>
 *   MANIFEST   every edit, and the state that they result in
 *   KEYS       present if the store is encrypted, and no older than the manifest (the caller has
 *              opened it)
 *   tables     all of them present; every block, order, separators, filters, counts
 *   log        all segments present; the replay of what is not in tables; every frame of the others
 *              up to their logical end; no segment newer than the manifest
 * </pre>
 *
 * <p>Only header and length of a retained segment whose commits are in tables are checked more
 * strictly than an open and a reader would.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class StoreVerifier {
  /** The smallest cache: each block is read once. */
  private static final int CACHE_BYTES = 64 << 10;

  private static final Set<String> KNOWN_NAMES =
      Set.of(FileNames.MANIFEST, FileNames.KEYS, FileNames.LOCK, FileNames.RESERVE);

  private final Storage storage;
  private final FileCipherKeys fileKeys;
  private final Report report;
  private final Set<String> files;

  /** Receives what is found, one file at a time. */
  public interface Report {
    /** A file is whole. */
    void whole(String file, String what);

    /** Something about a file that is no damage. */
    void note(String file, String what);

    /** A file is damaged or missing: the store does not open, or reads of it fail. */
    void damaged(String file, String what);

    /** A file could not be read, so that nothing is known about it. */
    void unreadable(String file, String what);
  }

  /** A check of one file, which throws what it finds. */
  private interface Check {
    /** Returns what is whole; null if more checks of the same file follow. */
    @Nullable String run() throws IOException;
  }

  private StoreVerifier(Storage storage, FileCipherKeys fileKeys, Report report)
      throws IOException {
    this.storage = storage;
    this.fileKeys = fileKeys;
    this.report = report;
    this.files = new TreeSet<>(storage.list());
  }

  /**
   * Checks a store.
   *
   * @param storage the files; no one may change them meanwhile
   * @param fileKeys what the files are encrypted with
   * @throws IOException if the directory cannot be listed
   */
  public static void run(Storage storage, FileCipherKeys fileKeys, Report report)
      throws IOException {
    new StoreVerifier(storage, fileKeys, report).run();
  }

  private void run() {
    if (!files.contains(FileNames.MANIFEST)) {
      report.damaged(FileNames.MANIFEST, "is missing");
      return;
    }
    StoreState[] read = new StoreState[1];
    UUID[] storeId = new UUID[1];
    check(
        FileNames.MANIFEST,
        () -> {
          requireKeys();
          ManifestReader reader = ManifestReader.open(storage, FileNames.MANIFEST, fileKeys);
          read[0] = reader.readToEnd();
          storeId[0] = reader.header().storeId();
          if (reader.tornBytes() > 0) {
            report.note(
                FileNames.MANIFEST,
                "an incomplete edit of "
                    + reader.tornBytes()
                    + " bytes at its end, which was never in effect");
          }
          return read[0].keyspaces().size() + " keyspaces";
        });
    StoreState state = read[0];
    UUID id = storeId[0];
    if (state == null || id == null) {
      return; // Nothing else can be told without it.
    }
    boolean complete = reportMissing(state);
    if (complete) {
      check(FileNames.MANIFEST, this::openVersions);
    }
    tables(state, id);
    log(state, id, complete);
    reportOthers(state);
  }

  private void requireKeys() throws IOException {
    boolean encrypted = ManifestReader.header(storage, FileNames.MANIFEST).isEncrypted();
    if (encrypted && !files.contains(FileNames.KEYS)) {
      throw new EngineException(
          Failure.CORRUPTION, "it is encrypted, but the file KEYS with the data keys is missing");
    }
  }

  private boolean reportMissing(StoreState state) {
    Set<String> missing = namesIn(state);
    missing.removeAll(files);
    missing.forEach(name -> report.damaged(name, "is missing, although MANIFEST names it"));
    return missing.isEmpty();
  }

  /** Does with the manifest what an open does before it looks at the log. */
  private @Nullable String openVersions() {
    try (BlockCache cache = new BlockCache(CACHE_BYTES)) {
      OpenFiles tableFiles = new OpenFiles(storage, 1);
      VersionSet.open(storage, tableFiles, cache, Runnable::run, fileKeys, null).close();
      return null;
    }
  }

  private void tables(StoreState state, UUID storeId) {
    try (BlockCache cache = new BlockCache(CACHE_BYTES)) {
      TableContext context = new TableContext(storage, storeId, cache, fileKeys);
      for (KeyspaceState keyspace : state.keyspaces()) {
        for (TableMeta meta : keyspace.tables()) {
          String name = FileNames.table(meta.fileId());
          if (files.contains(name)) {
            check(name, () -> verify(context, meta));
          }
        }
      }
    }
  }

  private static String verify(TableContext context, TableMeta meta) throws IOException {
    try (Table table = Table.open(context, meta)) {
      TableVerification found = table.verify();
      return found.blocks() + " blocks, " + found.entries() + " entries, in order";
    }
  }

  private void log(StoreState state, UUID storeId, boolean complete) {
    List<AdoptedSegment> adopted =
        state.logs().stream()
            .map(s -> new AdoptedSegment(s.fileId(), s.endOffset(), s.lastVersion()))
            .toList();
    long flushed = state.flushedEverywhere();
    LogVerifier log = new LogVerifier(storage, storeId, fileKeys);
    for (LogSegment segment : state.logs()) {
      String name = FileNames.log(segment.fileId());
      if (files.contains(name)) {
        check(name, () -> checkKeyOf(segment, name));
      }
    }
    for (AdoptedSegment segment : LogVerifier.notReplayed(adopted, flushed)) {
      String name = FileNames.log(segment.fileId());
      if (files.contains(name)) {
        check(name, () -> log.frames(segment) + " frames, all commits are in tables");
      }
    }
    if (complete) {
      check("log", () -> replay(log, adopted, flushed));
    }
  }

  private @Nullable String checkKeyOf(LogSegment segment, String name) throws IOException {
    EncryptionTag found =
        fileKeys.overheadBytes() == 0 ? null : LogFormat.encryptionTag(storage, name);
    if (found != null && !found.equals(segment.encryption())) {
      throw new EngineException(
          Failure.CORRUPTION,
          name + " is encrypted with " + found + ", but MANIFEST records " + segment.encryption());
    }
    return null;
  }

  private String replay(LogVerifier log, List<AdoptedSegment> adopted, long flushed)
      throws IOException {
    ReplayResult result = log.replay(adopted, flushed);
    if (result.tornBytes() > 0) {
      report.note(
          "log",
          "a torn tail of "
              + result.tornBytes()
              + " bytes at "
              + result.end()
              + ", after version "
              + result.lastVersion()
              + ", which the next start cuts off: none of it was known to be synced");
    }
    return adopted.size() + " segments, up to version " + result.lastVersion();
  }

  private void reportOthers(StoreState state) {
    Set<String> others = new TreeSet<>(files);
    others.removeAll(namesIn(state));
    others.removeAll(KNOWN_NAMES);
    for (String name : others) {
      boolean own =
          FileNames.idOf(name) >= 0
              || name.equals(FileNames.MANIFEST_TEMPORARY)
              || name.equals(FileNames.KEYS_TEMPORARY);
      report.note(
          name,
          own
              ? "does not belong to the store any more; the next start deletes it or uses its space"
              : "is not a file of a store");
    }
  }

  private static Set<String> namesIn(StoreState state) {
    Set<String> names = new TreeSet<>();
    state.keyspaces().forEach(k -> k.tables().forEach(t -> names.add(FileNames.table(t.fileId()))));
    state.logs().forEach(log -> names.add(FileNames.log(log.fileId())));
    return names;
  }

  private void check(String file, Check check) {
    try {
      String whole = check.run();
      if (whole != null) {
        report.whole(file, whole);
      }
    } catch (EngineException e) {
      String message = String.valueOf(e.getMessage());
      if (e.failure() == Failure.CORRUPTION) {
        report.damaged(file, message);
      } else {
        report.unreadable(file, message);
      }
    } catch (NoSuchFileException e) {
      report.damaged(file, "is missing");
    } catch (IOException e) {
      report.unreadable(file, String.valueOf(e.getMessage()));
    }
  }
}

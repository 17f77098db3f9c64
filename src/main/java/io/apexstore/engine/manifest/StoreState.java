package io.apexstore.engine.manifest;

import io.apexstore.engine.base.Keys;
import io.apexstore.options.KeyspaceOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state of a store after any number of edits: everything that it consists of. Immutable.
 *
 * @param nextFileId file ids below this one may have been used
 * @param nextKeyspaceId keyspace ids below this one have been used
 * @param versionCeiling versions up to this one may have been used
 * @param cleanVersion the newest version ever used if the store was closed cleanly, else {@link
 *     #NOT_CLEAN}
 * @param flushedTo every commit up to this version is in tables, whatever its keyspace
 * @param dataKeysGeneration the oldest valid generation of {@code KEYS}, 0 if the store is not
 *     encrypted
 * @param keyspaces in ascending order of ids
 * @param logs the log segments in the order of their adoption, which is the order of their versions
 * @param readableSince versions below this one could be read only through snapshots
 * @param timeMarks the newest version at some points in time, oldest first
 * @param history the newest parts of the history, at most {@value #HISTORY_MARKS_MAX}, oldest
 *     first; the first one also covers the versions of those that were dropped
 */
public record StoreState(
    long nextFileId,
    int nextKeyspaceId,
    long versionCeiling,
    long cleanVersion,
    long flushedTo,
    long dataKeysGeneration,
    List<KeyspaceState> keyspaces,
    List<LogSegment> logs,
    long readableSince,
    List<TimeMark> timeMarks,
    List<HistoryMark> history) {

  /**
   * Maximum number of marks in the history. A consumer of changes and a client with an entity tag
   * of an older part begin again, as they would with another store.
   */
  static final int HISTORY_MARKS_MAX = 1024;

  /** The clean version of a store that was not closed cleanly. */
  private static final long NOT_CLEAN = -1;

  /** The state of an empty store. File ids and keyspace ids begin with 1. */
  public static final StoreState EMPTY =
      new StoreState(1, 1, 0, NOT_CLEAN, 0, 0, List.of(), List.of(), 0, List.of(), List.of());

  /** Copies the lists. */
  public StoreState {
    keyspaces = List.copyOf(keyspaces);
    logs = List.copyOf(logs);
    timeMarks = List.copyOf(timeMarks);
    history = List.copyOf(history);
  }

  /** Returns the keyspace with this id, or null if there is none. */
  public @Nullable KeyspaceState keyspace(int id) {
    int low = 0;
    int high = keyspaces.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      KeyspaceState keyspace = keyspaces.get(middle);
      if (keyspace.meta().id() == id) {
        return keyspace;
      }
      if (keyspace.meta().id() < id) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /** Returns the version up to which every commit of a keyspace is in tables. */
  public long flushedTo(KeyspaceState keyspace) {
    return Math.max(flushedTo, keyspace.flushedTo());
  }

  /** Returns the version up to which every commit is in tables; replay begins after it. */
  public long flushedEverywhere() {
    return keyspaces.stream().mapToLong(this::flushedTo).min().orElse(0);
  }

  /** Returns whether the store was closed cleanly. */
  public boolean isClean() {
    return cleanVersion != NOT_CLEAN;
  }

  /**
   * Returns the state after an edit.
   *
   * @throws IllegalArgumentException if the edit does not fit this state
   */
  public StoreState with(VersionEdit edit) {
    return new Replay(this).apply(edit).state();
  }

  /** Returns the edit that leads from {@link #EMPTY} to this state. */
  VersionEdit toEdit() {
    VersionEdit.Builder edit = VersionEdit.builder();
    edit.nextFileId(nextFileId).versionCeiling(versionCeiling);
    if (dataKeysGeneration > 0) {
      edit.dataKeysGeneration(dataKeysGeneration);
    }
    if (flushedTo > 0) {
      edit.allFlushedTo(flushedTo);
    }
    for (KeyspaceState keyspace : keyspaces) {
      edit.createKeyspace(keyspace.meta());
      if (keyspace.dropped()) {
        edit.dropKeyspace(keyspace.meta().id());
      }
      if (keyspace.flushedTo() > 0) {
        edit.flushedTo(keyspace.meta().id(), keyspace.flushedTo());
      }
      keyspace.tables().forEach(edit::addTable);
    }
    edit.nextKeyspaceId(nextKeyspaceId);
    for (LogSegment log : logs) {
      edit.adoptLog(log.fileId(), log.encryption());
      if (!log.isOpen()) {
        edit.endLog(log.fileId(), log.endOffset(), log.lastVersion());
      }
    }
    if (readableSince > 0) {
      edit.readableSince(readableSince);
    }
    timeMarks.forEach(mark -> edit.addTimeMark(mark, Long.MIN_VALUE));
    history.forEach(edit::beginHistory);
    if (isClean()) {
      edit.cleanShutdown(cleanVersion);
    }
    return edit.build();
  }

  /**
   * A mutable state to which edits are applied one after another. It shares the keyspaces that no
   * edit changes with the state that it begins with.
   *
   * <p><b>Threads:</b> one at a time.
   */
  public static final class Replay {
    private final StoreState start;
    // Those that an edit has changed or created, by id.
    private final TreeMap<Integer, MutableKeyspace> changed = new TreeMap<>();
    // Names of the keyspaces that an edit has created.
    private final Set<String> createdNames = new HashSet<>();
    private final LinkedHashMap<Long, LogSegment> logs = new LinkedHashMap<>();
    private long nextFileId;
    private int nextKeyspaceId;
    private long versionCeiling;
    private long cleanVersion;
    private long flushedTo;
    private long readableSince;
    private final ArrayList<TimeMark> timeMarks;
    private final ArrayList<HistoryMark> history;
    private long dataKeysGeneration;

    /** Creates a replay that begins with a state. */
    public Replay(StoreState start) {
      this.start = start;
      nextFileId = start.nextFileId;
      nextKeyspaceId = start.nextKeyspaceId;
      versionCeiling = start.versionCeiling;
      cleanVersion = start.cleanVersion;
      flushedTo = start.flushedTo;
      readableSince = start.readableSince;
      timeMarks = new ArrayList<>(start.timeMarks);
      history = new ArrayList<>(start.history);
      dataKeysGeneration = start.dataKeysGeneration;
      start.logs.forEach(log -> logs.put(log.fileId(), log));
    }

    /**
     * Applies an edit.
     *
     * @throws IllegalArgumentException if it does not fit; the replay must not be used afterwards
     */
    public Replay apply(VersionEdit edit) {
      cleanVersion = NOT_CLEAN;
      for (ManifestChange change : edit.changes()) {
        apply(change);
      }
      return this;
    }

    /** Returns the current state. */
    public StoreState state() {
      return new StoreState(
          nextFileId,
          nextKeyspaceId,
          versionCeiling,
          cleanVersion,
          flushedTo,
          dataKeysGeneration,
          keyspaces(),
          new ArrayList<>(logs.values()),
          readableSince,
          timeMarks,
          history);
    }

    private List<KeyspaceState> keyspaces() {
      if (changed.isEmpty()) {
        return start.keyspaces;
      }
      List<KeyspaceState> now = new ArrayList<>(start.keyspaces.size() + changed.size());
      for (KeyspaceState before : start.keyspaces) {
        MutableKeyspace after = changed.get(before.meta().id());
        now.add(after == null ? before : after.freeze());
      }
      // A created keyspace has a greater id than any before it.
      int created = start.nextKeyspaceId;
      changed.tailMap(created).values().forEach(keyspace -> now.add(keyspace.freeze()));
      return now;
    }

    private void apply(ManifestChange change) {
      switch (change) {
        case ManifestChange.NextFileId c -> {
          require(c.fileId() >= nextFileId, change, "it is " + nextFileId + " already");
          nextFileId = c.fileId();
        }
        case ManifestChange.NextKeyspaceId c -> {
          require(c.keyspaceId() >= nextKeyspaceId, change, "it is " + nextKeyspaceId + " already");
          nextKeyspaceId = c.keyspaceId();
        }
        case ManifestChange.VersionCeiling c -> {
          require(c.version() >= versionCeiling, change, "it is " + versionCeiling + " already");
          versionCeiling = c.version();
        }
        case ManifestChange.KeyspaceCreated c -> create(c);
        case ManifestChange.KeyspaceChanged c -> {
          MutableKeyspace keyspace = keyspace(c.keyspaceId(), change);
          keyspace.meta = keyspace.meta.withOptions(c.options());
          keyspace.dropped = false;
        }
        case ManifestChange.KeyspaceDropped c -> {
          MutableKeyspace keyspace = keyspace(c.keyspaceId(), change);
          keyspace.meta = keyspace.meta.withOptions(KeyspaceOptions.defaults());
          keyspace.dropped = true;
        }
        case ManifestChange.FlushedTo c -> {
          MutableKeyspace keyspace = keyspace(c.keyspaceId(), change);
          require(
              c.version() >= keyspace.flushedTo,
              change,
              "it is " + keyspace.flushedTo + " already");
          keyspace.flushedTo = c.version();
        }
        case ManifestChange.AllFlushedTo c -> {
          require(c.version() >= flushedTo, change, "it is " + flushedTo + " already");
          flushedTo = c.version();
        }
        case ManifestChange.TableAdded c -> addTable(c);
        case ManifestChange.TableRemoved c ->
            require(
                keyspace(c.keyspaceId(), change).tables.remove(c.fileId()) != null,
                change,
                "no such table");
        case ManifestChange.LogAdopted c ->
            require(
                logs.putIfAbsent(c.fileId(), LogSegment.open(c.fileId(), c.encryption())) == null,
                change,
                "it is adopted already");
        case ManifestChange.LogEnded c ->
            require(
                logs.computeIfPresent(
                        c.fileId(), (id, log) -> log.endedAt(c.endOffset(), c.lastVersion()))
                    != null,
                change,
                "it was not adopted");
        case ManifestChange.LogDropped c ->
            require(logs.remove(c.fileId()) != null, change, "it was not adopted");
        case ManifestChange.CleanShutdown c -> cleanVersion = c.lastVersion();
        case ManifestChange.ReadableSince c -> readableSince = Math.max(readableSince, c.version());
        case ManifestChange.TimeMarkAdded c -> addTimeMark(c);
        case ManifestChange.HistoryBegun c -> beginHistory(c);
        case ManifestChange.DataKeysGeneration c -> {
          require(
              c.generation() >= dataKeysGeneration,
              change,
              "it is " + dataKeysGeneration + " already");
          dataKeysGeneration = c.generation();
        }
      }
    }

    private void create(ManifestChange.KeyspaceCreated change) {
      KeyspaceMeta meta = change.keyspace();
      require(meta.id() >= nextKeyspaceId, change, "the next id is " + nextKeyspaceId);
      boolean taken = !createdNames.add(meta.name());
      for (KeyspaceState before : start.keyspaces) {
        taken |= before.meta().name().equals(meta.name());
      }
      require(!taken, change, "the name is taken");
      changed.put(meta.id(), new MutableKeyspace(new KeyspaceState(meta, false, 0, List.of())));
      nextKeyspaceId = meta.id() + 1;
    }

    private void addTimeMark(ManifestChange.TimeMarkAdded change) {
      TimeMark mark = change.mark();
      if (!timeMarks.isEmpty()) {
        TimeMark last = timeMarks.getLast();
        require(
            mark.timeMs() >= last.timeMs() && mark.version() >= last.version(),
            change,
            "the last mark is " + last);
      }
      timeMarks.add(mark);
      int old = 0;
      while (old + 1 < timeMarks.size()
          && timeMarks.get(old + 1).timeMs() < change.dropBeforeMs()) {
        old++;
      }
      timeMarks.subList(0, old).clear();
    }

    private void beginHistory(ManifestChange.HistoryBegun change) {
      long first = change.mark().firstVersion();
      if (!history.isEmpty()) {
        HistoryMark last = history.getLast();
        require(first >= last.firstVersion(), change, "the last mark is " + last);
        if (first == last.firstVersion()) {
          history.removeLast();
        } else if (history.size() == HISTORY_MARKS_MAX) {
          history.removeFirst();
        }
      }
      history.add(change.mark());
    }

    private void addTable(ManifestChange.TableAdded change) {
      TableMeta table = change.table();
      byte[] smallest = table.smallestKey();
      byte[] largest = table.largestKey();
      require(
          Keys.compare(smallest, 0, smallest.length, largest, 0, largest.length) <= 0,
          change,
          "its smallest key is above its largest");
      require(
          keyspace(table.keyspaceId(), change).tables.putIfAbsent(table.fileId(), table) == null,
          change,
          "it exists already");
    }

    private MutableKeyspace keyspace(int id, ManifestChange change) {
      MutableKeyspace known = changed.get(id);
      if (known != null) {
        return known;
      }
      KeyspaceState before = start.keyspace(id);
      if (before == null) {
        throw new IllegalArgumentException(change + ": no such keyspace");
      }
      MutableKeyspace copy = new MutableKeyspace(before);
      changed.put(id, copy);
      return copy;
    }

    private static void require(boolean fits, ManifestChange change, String why) {
      if (!fits) {
        throw new IllegalArgumentException(change + ": " + why);
      }
    }
  }

  private static final class MutableKeyspace {
    KeyspaceMeta meta;
    boolean dropped;
    final Map<Long, TableMeta> tables = new TreeMap<>();
    long flushedTo;

    MutableKeyspace(KeyspaceState start) {
      meta = start.meta();
      dropped = start.dropped();
      flushedTo = start.flushedTo();
      start.tables().forEach(table -> tables.put(table.fileId(), table));
    }

    KeyspaceState freeze() {
      return new KeyspaceState(meta, dropped, flushedTo, new ArrayList<>(tables.values()));
    }
  }
}

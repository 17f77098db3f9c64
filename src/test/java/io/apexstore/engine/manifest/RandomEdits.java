package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A generator of edits that fit one after another, from a seed. */
final class RandomEdits {
  private final Random random;
  private StoreState state = StoreState.EMPTY;

  RandomEdits(long seed) {
    random = new Random(seed);
  }

  /** Returns the state after the edits generated so far. */
  StoreState state() {
    return state;
  }

  VersionEdit next() {
    StoreState.Replay replay = new StoreState.Replay(state);
    VersionEdit.Builder edit = VersionEdit.builder();
    int changes = 1 + random.nextInt(6);
    for (int i = 0; i < changes; i++) {
      ManifestChange change = change(replay.state());
      replay.apply(new VersionEdit(List.of(change)));
      edit.add(change);
    }
    VersionEdit next = edit.build();
    state = state.with(next);
    return next;
  }

  private ManifestChange change(StoreState now) {
    KeyspaceState keyspace =
        now.keyspaces().isEmpty()
            ? null
            : now.keyspaces().get(random.nextInt(now.keyspaces().size()));
    int dice = random.nextInt(14);
    if (keyspace == null || dice == 0) {
      int id = now.nextKeyspaceId() + random.nextInt(2);
      return new ManifestChange.KeyspaceCreated(new KeyspaceMeta(id, "späce-" + id, options()));
    }
    int id = keyspace.meta().id();
    boolean noLogs = now.logs().isEmpty();
    return switch (dice) {
      case 1 -> random.nextInt(8) == 0 ? new ManifestChange.KeyspaceDropped(id) : table(now, id);
      case 2 -> new ManifestChange.FlushedTo(id, keyspace.flushedTo() + random.nextInt(1000));
      case 3 -> new ManifestChange.VersionCeiling(now.versionCeiling() + random.nextInt(1 << 20));
      case 4 ->
          new ManifestChange.LogAdopted(
              now.nextFileId() + now.logs().size() + random.nextInt(1 << 20), encryption());
      case 5 ->
          noLogs
              ? new ManifestChange.NextKeyspaceId(now.nextKeyspaceId() + 1)
              : new ManifestChange.LogEnded(
                  now.logs().getLast().fileId(),
                  random.nextInt(1 << 26),
                  random.nextLong(1L << 40));
      case 6 ->
          noLogs
              ? new ManifestChange.NextFileId(now.nextFileId() + 7)
              : new ManifestChange.LogDropped(now.logs().getFirst().fileId());
      case 7 ->
          keyspace.tables().isEmpty()
              ? table(now, id)
              : new ManifestChange.TableRemoved(id, keyspace.tables().getFirst().fileId());
      case 8 -> new ManifestChange.CleanShutdown(now.versionCeiling());
      case 9 -> new ManifestChange.KeyspaceChanged(id, options());
      case 10 -> history(now);
      case 11 -> new ManifestChange.AllFlushedTo(now.flushedTo() + random.nextInt(1000));
      default -> table(now, id);
    };
  }

  private ManifestChange history(StoreState now) {
    long last = now.history().isEmpty() ? 1 : now.history().getLast().firstVersion();
    return new ManifestChange.HistoryBegun(
        new HistoryMark(last + random.nextInt(3), random.nextLong(1L << 40), random.nextInt()));
  }

  private KeyspaceOptions options() {
    CompactionStrategy[] strategies = CompactionStrategy.values();
    return KeyspaceOptions.defaults()
        .withCompaction(strategies[random.nextInt(strategies.length)])
        .withFifoBytesMax(random.nextBoolean() ? 0 : random.nextLong(1L << 50))
        .withFifoAgeMax(Duration.ofMillis(random.nextInt(3)))
        .withTtl(Duration.ofMillis(random.nextInt(100)))
        .withLogPreviousValues(random.nextBoolean());
  }

  private ManifestChange table(StoreState now, int keyspaceId) {
    byte[] smallest = new byte[1 + random.nextInt(20)];
    random.nextBytes(smallest);
    byte[] largest = Arrays.copyOf(smallest, smallest.length + random.nextInt(20));
    long fileId = now.nextFileId() + random.nextLong(1L << 40);
    return new ManifestChange.TableAdded(
        new TableMeta(
            fileId,
            random.nextLong(1L << 40),
            keyspaceId,
            random.nextInt(7),
            smallest,
            largest,
            random.nextInt(1000),
            1000L + random.nextInt(1000),
            random.nextLong(1L << 40),
            random.nextInt(100),
            random.nextInt(3) == 0 ? random.nextLong(1L << 45) : 0,
            random.nextInt(4) == 0 ? random.nextInt(50) : 0,
            encryption()));
  }

  private EncryptionTag encryption() {
    return random.nextBoolean()
        ? EncryptionTag.NONE
        : new EncryptionTag(1 + random.nextInt(5), random.nextLong());
  }
}

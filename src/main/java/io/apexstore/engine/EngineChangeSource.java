package io.apexstore.engine;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.feed.ChangeSource;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.wal.LogReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What feeds of changes are given of the engine.
 *
 * <p><b>Threads:</b> any.
 */
final class EngineChangeSource implements ChangeSource {
  private final LsmEngine engine;
  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;
  private final long openedAtVersion;

  EngineChangeSource(
      LsmEngine engine, EngineParts parts, Keyspaces keyspaces, MemTableWriter writes) {
    this.engine = engine;
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.writes = writes;
    this.openedAtVersion = writes.published();
  }

  @Override
  public UUID storeId() {
    return parts.versions().storeId();
  }

  @Override
  public TimeSource time() {
    return parts.time();
  }

  @Override
  public long publishedVersion() {
    return writes.published();
  }

  @Override
  public long durableVersion() {
    return parts.log().durableVersion();
  }

  @Override
  public long openedAtVersion() {
    return openedAtVersion;
  }

  @Override
  public LogReader readAfter(long version, LogReader.@Nullable Place start) throws IOException {
    return parts.log().readAfter(version, start);
  }

  @Override
  public @Nullable String keyspaceName(int keyspaceId) {
    KeyspaceTree tree = keyspaces.find(keyspaceId);
    return tree == null ? null : tree.name();
  }

  @Override
  public List<Integer> keyspaceIds() {
    return keyspaces.all().stream().map(KeyspaceTree::id).sorted().toList();
  }

  @Override
  public long registerSnapshot() {
    return parts.snapshots().register();
  }

  @Override
  public boolean registerSnapshotAt(long version) {
    return parts.snapshots().registerAt(version);
  }

  @Override
  public void releaseSnapshot(long version) {
    parts.snapshots().release(version);
  }

  @Override
  public void scan(
      int keyspaceId,
      byte @Nullable [] from,
      byte @Nullable [] to,
      long version,
      long nowMs,
      EntryTaker taker) {
    KeyspaceTree tree = keyspaces.get(keyspaceId);
    try (EngineCursor cursor = engine.openCursor(tree, from, to, false, version, nowMs)) {
      boolean wants = true;
      while (wants && cursor.next()) {
        byte[] value =
            cursor
                .valueSegment()
                .asSlice(cursor.valueOffset(), cursor.valueLength())
                .toArray(ValueLayout.JAVA_BYTE);
        wants =
            taker.take(
                Arrays.copyOf(cursor.key(), cursor.keyLength()),
                value,
                cursor.version(),
                cursor.expiryMs());
      }
    }
  }

  @Override
  public void throwIfFailed() {
    parts.logWriter().throwIfFailed();
  }
}

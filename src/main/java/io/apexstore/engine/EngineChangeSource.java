package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundContext;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.VersionTags;
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
import org.jspecify.annotations.Nullable;

/**
 * The change source of an engine: its log, its snapshots and its scans.
 *
 * <p><b>Threads:</b> any.
 */
final class EngineChangeSource implements ChangeSource {
  private final LsmEngine engine;
  private final BackgroundContext context;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;
  private final long openedAtVersion;
  private final VersionTags versionTags;

  EngineChangeSource(LsmEngine engine, BackgroundContext context, MemTableWriter writes) {
    this.engine = engine;
    this.context = context;
    this.keyspaces = context.keyspaces();
    this.writes = writes;
    this.openedAtVersion = writes.published();
    this.versionTags = context.versions().versionTags();
  }

  @Override
  public VersionTags versionTags() {
    return versionTags;
  }

  @Override
  public TimeSource time() {
    return context.clock();
  }

  @Override
  public long publishedVersion() {
    return writes.published();
  }

  @Override
  public long durableVersion() {
    return context.log().durableVersion();
  }

  @Override
  public long openedAtVersion() {
    return openedAtVersion;
  }

  @Override
  public LogReader readAfter(long version, LogReader.@Nullable StartHint start) throws IOException {
    return context.log().readAfter(version, start);
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
    return context.snapshots().register();
  }

  @Override
  public boolean registerSnapshotAt(long version) {
    return context.snapshots().registerAt(version);
  }

  @Override
  public void releaseSnapshot(long version) {
    context.snapshots().release(version);
  }

  @Override
  public void scan(
      int keyspaceId,
      byte @Nullable [] from,
      byte @Nullable [] to,
      long version,
      long nowMs,
      EntryConsumer consumer) {
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
            consumer.accept(
                Arrays.copyOf(cursor.key(), cursor.keyLength()),
                value,
                cursor.version(),
                cursor.expiryMs());
      }
    }
  }

  @Override
  public void throwIfFailed() {
    context.logWriter().throwIfFailed();
  }
}

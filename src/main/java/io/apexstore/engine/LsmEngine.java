package io.apexstore.engine;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Lookup;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The engine of one open store. */
@SuppressWarnings({"DoNotCallSuggester", "TypeParameterUnusedInFormals"})
public final class LsmEngine implements AutoCloseable {
  private LsmEngine() {}

  /** Opens the store. */
  public static LsmEngine open(EngineComponents components, EngineOptions options) {
    return outline(components, options);
  }

  /** Returns the keyspace of that name, making it if there is none. */
  public KeyspaceTree keyspace(String name) {
    return outline(name);
  }

  /** Returns the names of the keyspaces that are not internal. */
  public List<String> keyspaceNames() {
    return outline();
  }

  /** Reads one key. */
  public Lookup.Outcome get(KeyspaceTree tree, Lookup lookup) {
    return outline(tree, lookup);
  }

  /** Opens a scan. */
  public EngineCursor scan(
      KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to, boolean reverse) {
    return outline(tree, from, to, reverse);
  }

  /** Commits and waits. */
  public long commit(Batch batch, @Nullable CommitMode atLeast) {
    return outline(batch, atLeast);
  }

  /** Commits. */
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable CommitMode atLeast) {
    return outline(batch, atLeast);
  }

  /** Makes everything written durable. */
  public void sync() {
    outline();
  }

  /** Flushes all memtables. */
  public void flush() {
    outline();
  }

  /** Compacts everything. */
  public void compact() {
    outline();
  }

  @Override
  public void close() {
    outline();
  }

  private static <T> T outline(@Nullable Object... arguments) {
    if (arguments.length < 9) {
      throw new IllegalStateException("outline");
    }
    return java.util.Objects.requireNonNull(null);
  }
}

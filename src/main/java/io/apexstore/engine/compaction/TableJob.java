package io.apexstore.engine.compaction;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.version.TreeShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The common part of flushes and compactions: it writes the entries of a source that some reader
 * may still need to new tables, and then replaces the source by them.
 *
 * <p>The order is: the table files are written, each is synced when it is complete, the directory
 * is synced once, and one edit is appended to the manifest. Only then does anything that the tables
 * replace become obsolete. A job that fails removes its files. It leaves them where they are if the
 * manifest could not be written, or if an {@link Error} was thrown meanwhile: then they belong to
 * the store, or it is not known whether they do.
 *
 * <p><b>Threads:</b> one thread runs a job, once; subcompactions may run on other threads
 * meanwhile.
 */
abstract class TableJob {
  // Bytes of entries between two calls of the limiter and checks for cancellation.
  private static final long PACE_BYTES = 256 << 10;

  private final JobComponents components;
  private final int level;
  private final LongAdder entriesDone = new LongAdder();
  // Why the first subcompaction that failed did; the others give up then.
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private boolean isInstalling;

  TableJob(JobComponents components, int level) {
    this.components = components;
    this.level = level;
  }

  JobComponents components() {
    return components;
  }

  /** About how many entries of the source are done. <b>Threads:</b> any. */
  public final long entriesDone() {
    return entriesDone.sum();
  }

  /** Whether the job gives up when the store closes. */
  abstract boolean isCancellable();

  /** Returns the edit that replaces the source by the new tables. */
  abstract VersionEdit edit(List<TableMeta> outputs);

  /**
   * The entries of a key range, and the rules that decide which are kept.
   *
   * @param keyspaceId the keyspace of the entries
   * @param source holds the range, and perhaps more
   * @param filter drops entries that no reader needs; its horizon is the same in all subcompactions
   * @param from first key, or null for no lower bound
   * @param to first key past the range, or null for no upper bound
   * @param userFilter the user's rule for which values stay, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Subcompaction(
      int keyspaceId,
      InternalIterator source,
      EntryFilter filter,
      byte @Nullable [] from,
      byte @Nullable [] to,
      @Nullable UserFilter userFilter) {}

  /**
   * Writes the tables and installs them.
   *
   * @param subcompactions those of one keyspace in ascending key order, without overlap
   * @param runner runs them
   * @param tableBytesTarget size in bytes at which a table is ended, once it holds all versions of
   *     its last key
   * @param inputs tables that the source reads, which the new ones replace
   */
  final JobStats run(
      List<Subcompaction> subcompactions,
      SubcompactionRunner runner,
      long tableBytesTarget,
      List<TableMeta> inputs,
      Runnable installed) {
    long start = components.time().nanoTime();
    List<Long> replaced = inputs.stream().map(TableMeta::fileId).toList();
    List<Task> tasks =
        subcompactions.stream().map(each -> new Task(each, replaced, tableBytesTarget)).toList();
    boolean isWritten = false;
    boolean mayBeNamed = false;
    List<TableMeta> tables = new ArrayList<>();
    try {
      runner.runAll(tasks);
      throwFailure();
      tasks.forEach(task -> tables.addAll(task.tables));
      if (!tables.isEmpty()) {
        components.storage().syncDirectory();
      }
      isWritten = true;
      long horizon = subcompactions.getFirst().filter().horizon();
      components
          .versions()
          .logAndApply(
              VersionEdit.builder().addAll(edit(tables)).readableSince(horizon).build(),
              () -> {
                isInstalling = true;
                installed.run();
              });
    } catch (IOException e) {
      throw OutputTables.failed(e);
    } catch (EngineException e) {
      mayBeNamed = e.failure() == Failure.STORAGE_FAILED;
      throw e;
    } catch (Error e) {
      mayBeNamed = isWritten;
      throw e;
    } finally {
      if (!mayBeNamed && !isInstalling) {
        tasks.forEach(task -> task.outputs.abandon());
      }
    }
    return new JobStats(
        inputs.size(),
        TreeShape.bytes(inputs),
        tasks.stream().mapToLong(task -> task.entriesRead).sum(),
        tables.size(),
        TreeShape.bytes(tables),
        tasks.stream().mapToLong(task -> task.entriesWritten).sum(),
        components.time().nanoTime() - start);
  }

  private void throwFailure() throws IOException {
    Throwable cause = failure.get();
    if (cause instanceof IOException e) {
      throw e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
  }

  private void pace(long bytes) {
    if (isCancellable()) {
      if (components.cancelled().getAsBoolean()) {
        throw new CancellationException("the store is closing");
      }
      components.limiter().acquire(bytes);
    } else {
      components.limiter().charge(bytes);
    }
    if (failure.get() != null) {
      throw new CancellationException("another subcompaction has failed");
    }
  }

  /** Writes the tables of one subcompaction. */
  private final class Task implements Runnable {
    private final Subcompaction subcompaction;
    private final OutputTables outputs;
    private final long tableBytesTarget;
    private List<TableMeta> tables = List.of();
    private long entriesRead;
    private long entriesWritten;

    Task(Subcompaction subcompaction, List<Long> replacedFileIds, long tableBytesTarget) {
      this.subcompaction = subcompaction;
      this.outputs =
          new OutputTables(
              components,
              subcompaction.keyspaceId(),
              level,
              replacedFileIds,
              subcompaction.filter().keptTombstones());
      this.tableBytesTarget = tableBytesTarget;
    }

    @Override
    public void run() {
      try {
        copy(subcompaction.source(), subcompaction.filter(), subcompaction.userFilter());
        tables = outputs.finish();
      } catch (IOException | RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    }

    private void copy(InternalIterator source, EntryFilter filter, @Nullable UserFilter userFilter)
        throws IOException {
      long unpacedBytes = 0;
      long lastWrittenKey = 0;
      long counted = 0;
      pace(0);
      seekToFirst(source);
      for (; source.isValid() && !isPast(source); source.next()) {
        entriesRead++;
        unpacedBytes += source.keyLength() + source.valueLength();
        if (unpacedBytes > PACE_BYTES) {
          pace(unpacedBytes);
          unpacedBytes = 0;
          entriesDone.add(entriesRead - counted);
          counted = entriesRead;
        }
        if (filter.keeps(source)) {
          if (outputs.tableBytes() >= tableBytesTarget && filter.keyCount() != lastWrittenKey) {
            outputs.endTable();
          }
          if (userFilter == null || filter.mustStay(source) || userFilter.keeps(source)) {
            outputs.add(source);
          } else if (filter.mayBeInLowerLevels()) {
            // Without a tombstone, an older value of the key would become visible again.
            outputs.addTombstone(source);
          } else {
            continue;
          }
          lastWrittenKey = filter.keyCount();
          entriesWritten++;
        }
      }
      entriesDone.add(entriesRead - counted);
    }

    private void seekToFirst(InternalIterator source) {
      byte[] from = subcompaction.from();
      if (from == null) {
        source.seekToFirst();
      } else {
        source.seek(from, from.length);
      }
    }

    private boolean isPast(InternalIterator source) {
      byte[] to = subcompaction.to();
      return to != null && Keys.compare(source.key(), 0, source.keyLength(), to, 0, to.length) >= 0;
    }
  }
}

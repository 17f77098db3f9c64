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
 * What flushes and compactions have in common: entries that somebody may still need go from a
 * source into new tables, and then the tables take the place of the source.
 *
 * <p>In order: the files are written, each synced when it is whole, then the directory, then the
 * manifest's edit; only after that does anything that they replace become obsolete. When it ends in
 * any other way the files are removed, but not when the manifest could not be written, nor when an
 * error came while that was done: then they belong to the store, or it is not known whether they
 * do.
 *
 * <p><b>Threads:</b> one thread runs it, once; parts of it may run on others meanwhile.
 */
abstract class TableJob {
  // Bytes of entries between two looks at the limiter and at whether the job was cancelled.
  private static final long PACE_BYTES = 256 << 10;

  private final JobComponents components;
  private final int keyspaceId;
  private final int level;
  private final LongAdder entriesDone = new LongAdder();
  // Why the first part that ended early did; the others give up then.
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private boolean isInstalling;

  TableJob(JobComponents components, int keyspaceId, int level) {
    this.components = components;
    this.keyspaceId = keyspaceId;
    this.level = level;
  }

  JobComponents components() {
    return components;
  }

  int keyspaceId() {
    return keyspaceId;
  }

  /** How many entries of the source are done, about. May be asked by any thread. */
  public final long entriesDone() {
    return entriesDone.sum();
  }

  /** Whether the job gives up when the store closes. */
  abstract boolean isCancellable();

  /** Returns the edit that puts the new tables in the place of the source. */
  abstract VersionEdit edit(List<TableMeta> outputs);

  /**
   * Entries of a range of keys, and what decides on them.
   *
   * @param source over the range, and perhaps more
   * @param filter decides; its horizon is the same in all parts
   * @param from first key, or null for no lower end
   * @param to first key past the range, or null for no upper end
   * @param rule a rule of the user's for what stays, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Part(
      InternalIterator source,
      EntryFilter filter,
      byte @Nullable [] from,
      byte @Nullable [] to,
      @Nullable UserFilter rule) {}

  /**
   * Writes the tables and installs them.
   *
   * @param parts ranges of keys that do not overlap, rising
   * @param runner where they run
   * @param tableBytesTarget size at which a table is ended, once its last key's versions are all in
   * @param inputs tables that the source reads, which the new ones replace
   */
  final JobStats run(
      List<Part> parts,
      SubcompactionRunner runner,
      long tableBytesTarget,
      List<TableMeta> inputs,
      Runnable installed) {
    long start = components.time().nanoTime();
    List<Long> replaced = inputs.stream().map(TableMeta::fileId).toList();
    List<PartWork> works =
        parts.stream()
            .map(
                part ->
                    new PartWork(
                        part,
                        new OutputTables(
                            components, keyspaceId, level, replaced, part.filter().keptRanges()),
                        tableBytesTarget))
            .toList();
    boolean isWritten = false;
    boolean mayBeNamed = false;
    List<TableMeta> tables = new ArrayList<>();
    try {
      runner.runAll(works);
      throwFailure();
      works.forEach(work -> tables.addAll(work.tables));
      isWritten = true;
      long horizon = parts.getFirst().filter().horizon();
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
        works.forEach(work -> work.outputs.abandon());
      }
    }
    return new JobStats(
        inputs.size(),
        TreeShape.bytes(inputs),
        works.stream().mapToLong(work -> work.read).sum(),
        tables.size(),
        TreeShape.bytes(tables),
        works.stream().mapToLong(work -> work.written).sum(),
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
      throw new CancellationException("another part has failed");
    }
  }

  /** Writes the tables of one part. */
  private final class PartWork implements Runnable {
    private final Part part;
    private final OutputTables outputs;
    private final long tableBytesTarget;
    private List<TableMeta> tables = List.of();
    private long read;
    private long written;

    PartWork(Part part, OutputTables outputs, long tableBytesTarget) {
      this.part = part;
      this.outputs = outputs;
      this.tableBytesTarget = tableBytesTarget;
    }

    @Override
    public void run() {
      try {
        copy(part.source(), part.filter(), part.rule());
        tables = outputs.finish();
      } catch (IOException | RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    }

    private void copy(InternalIterator source, EntryFilter filter, @Nullable UserFilter rule)
        throws IOException {
      long unpacedBytes = 0;
      long lastWrittenKey = 0;
      long counted = 0;
      pace(0);
      seekToFirst(source);
      for (; source.isValid() && !isPast(source); source.next()) {
        read++;
        unpacedBytes += source.keyLength() + source.valueLength();
        if (unpacedBytes > PACE_BYTES) {
          pace(unpacedBytes);
          unpacedBytes = 0;
          entriesDone.add(read - counted);
          counted = read;
        }
        if (filter.keeps(source)) {
          if (outputs.tableBytes() >= tableBytesTarget && filter.keyCount() != lastWrittenKey) {
            outputs.endTable();
          }
          if (rule == null || filter.isNeeded(source) || rule.keeps(source)) {
            outputs.add(source);
          } else if (filter.mayBeBelow()) {
            outputs.addDeletion(source);
          } else {
            continue;
          }
          lastWrittenKey = filter.keyCount();
          written++;
        }
      }
      entriesDone.add(read - counted);
    }

    private void seekToFirst(InternalIterator source) {
      byte[] from = part.from();
      if (from == null) {
        source.seekToFirst();
      } else {
        source.seek(from, from.length);
      }
    }

    private boolean isPast(InternalIterator source) {
      byte[] to = part.to();
      return to != null && Keys.compare(source.key(), 0, source.keyLength(), to, 0, to.length) >= 0;
    }
  }
}

package io.apexstore.engine.commit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.wal.CommitLog;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pipeline between a log and memtables that only record what they are given. */
@Timeout(20)
class CommitPipelineTest {
  private static final int ASYNC_BYTES_MAX = 1_000;
  private static final int ASYNC_DELAY_MS = 20;
  private static final Keyspaces NONE = new Keyspaces(new ReadEpochs(), Runnable::run);

  private final Notes log = new Notes();
  private final Target target = new Target();
  private final TestClock clock = TestClock.at(1_000_000);
  private final ArrayDeque<Runnable> drains = new ArrayDeque<>();
  private boolean drainsEnded;
  private boolean noThread;

  /** A log that records versions. */
  private static final class Notes implements CommitLog {
    @Override
    public void prepareNext() {}

    final List<Long> gathered = new ArrayList<>();
    final List<Long> written = new ArrayList<>();
    final List<Long> times = new ArrayList<>();
    int synced;
    int syncs;
    int marks;
    int syncsAtMark;
    boolean full;

    @Override
    public void add(long version, long commitTimeMs, byte[] batch, int length) {
      gathered.add(version);
      times.add(commitTimeMs);
    }

    @Override
    public void write() throws IOException {
      if (full) {
        throw new DiskFullException("full", null);
      }
      written.addAll(gathered);
      gathered.clear();
    }

    @Override
    public void discard() {
      gathered.clear();
    }

    @Override
    public void sync() {
      syncs++;
      synced = written.size();
    }

    @Override
    public void renew() {
      syncs++;
    }

    @Override
    public void mark() {
      marks++;
      syncsAtMark = syncs;
    }

    @Override
    public long durableVersion() {
      return synced == 0 ? 0 : written.get(synced - 1);
    }

    @Override
    public long writtenVersion() {
      return written.isEmpty() ? 0 : written.getLast();
    }

    @Override
    public long bytesAfter(long version) {
      return 0;
    }

    @Override
    public long diskBytes() {
      return 0;
    }

    @Override
    public void flushedTo(long version) {}

    @Override
    public void close() {}
  }

  /** Memtables that record versions. */
  private static final class Target implements CommitTarget {
    final List<Long> applied = new ArrayList<>();
    final List<Long> reserved = new ArrayList<>();
    long published;
    long failAtVersion;
    Runnable whenApplied = () -> {};
    Runnable whenPublished = () -> {};

    @Override
    public void prepare(Commit group) {}

    @Override
    public void reserveVersions(long upTo) {
      reserved.add(upTo);
    }

    @Override
    public void apply(Batch batch, long version) {
      if (version == failAtVersion) {
        throw new EngineException(Failure.CORRUPTION, "no such keyspace");
      }
      whenApplied.run();
      applied.add(version);
    }

    @Override
    public void publish(long version, long commitTimeMs) {
      published = version;
      whenPublished.run();
    }
  }

  private CommitPipeline pipeline(SyncMode mode) {
    return new CommitPipeline(
        new LogWriter(log, clock, ASYNC_BYTES_MAX, ASYNC_DELAY_MS, 0, () -> {}),
        target,
        noConditions(),
        NONE,
        mode,
        new CommitPipeline.Executors(this::drainLater, Runnable::run, Runnable::run),
        new Backoff(() -> {}),
        0,
        1L << 30);
  }

  private void drainLater(Runnable task) {
    if (drainsEnded) {
      throw new RejectedExecutionException("ended");
    }
    if (noThread) {
      throw new InternalError("unable to create native thread");
    }
    drains.add(task);
  }

  private ConditionRecheck noConditions() {
    return new ConditionRecheck(new ReadEpochs(), NONE, clock, new RecentCommits());
  }

  private static Batch batch(int valueBytes) {
    return Batch.ofPut(1, "key".getBytes(StandardCharsets.UTF_8), new byte[valueBytes]);
  }

  private static Failure failureOf(CompletableFuture<Long> stage) {
    assertTrue(stage.isDone(), "never completed");
    CompletionException e = assertThrows(CompletionException.class, stage::join);
    return assertInstanceOf(EngineException.class, e.getCause()).failure();
  }

  private static Failure refusal(CommitPipeline pipeline) {
    return assertThrows(EngineException.class, () -> pipeline.commit(batch(1), null)).failure();
  }

  @Test
  void anAsynchronousCommitSubmittedBeforeCloseIsCommitted() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    CompletableFuture<Long> first = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    CompletableFuture<Long> second = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    pipeline.close();
    assertEquals(1, first.join());
    assertEquals(2, second.join());
    assertEquals(2, log.synced);
    CompletableFuture<Long> late = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    while (!drains.isEmpty()) {
      drains.remove().run();
    }
    assertEquals(Failure.CLOSED, failureOf(late));
    assertEquals(List.of(1L, 2L), log.written);
  }

  @Test
  void aCommitAfterTheThreadsHaveEndedFailsWithClosed() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    pipeline.close();
    drainsEnded = true;
    assertEquals(
        Failure.CLOSED, failureOf(pipeline.commitAsync(batch(1), null).toCompletableFuture()));
    assertEquals(
        Failure.CLOSED, failureOf(pipeline.commitAsync(batch(1), null).toCompletableFuture()));
    assertEquals(Failure.CLOSED, refusal(pipeline));
  }

  @Test
  void withoutADrainThreadSubmittersCommitThemselves() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    noThread = true;
    assertEquals(1, pipeline.commitAsync(batch(1), null).toCompletableFuture().getNow(0L));
    noThread = false;
    CompletableFuture<Long> later = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    drains.remove().run();
    assertEquals(2, later.getNow(0L), "it was not drained");
  }

  @Test
  void ifTheMemtablesRefuseALoggedCommitAllLaterWritesFail() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    pipeline.commit(batch(1), null);
    target.failAtVersion = 2;
    assertEquals(Failure.STORAGE_FAILED, refusal(pipeline));
    assertEquals(Failure.STORAGE_FAILED, refusal(pipeline));
    assertEquals(1, target.published, "a part of what failed is visible");
  }

  @Test
  void aFailureThatCannotBeDescribedReachesAllWaiters() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    target.whenApplied =
        () -> {
          throw new Indescribable();
        };
    CompletableFuture<Long> first = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    CompletableFuture<Long> second = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    drains.remove().run();
    assertEquals(Failure.STORAGE_FAILED, failureOf(first));
    assertEquals(Failure.STORAGE_FAILED, failureOf(second));
    assertEquals(Failure.STORAGE_FAILED, refusal(pipeline));
    assertEquals(0, target.published);
  }

  /** An error whose description fails for lack of memory. */
  private static final class Indescribable extends Error {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new OutOfMemoryError("of a test");
    }
  }

  @Test
  void aGroupHasAtMost256RangeTombstones() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    List<Long> published = new ArrayList<>();
    target.whenPublished = () -> published.add(target.published);
    for (int i = 0; i < 500; i++) {
      pipeline.commitAsync(ranges(1), null);
    }
    pipeline.commitAsync(ranges(10_000), null);
    pipeline.commitAsync(batch(1), null);
    drains.remove().run();
    assertEquals(List.of(256L, 500L, 501L, 502L), published);
  }

  private static Batch ranges(int count) {
    Batch batch = new Batch(16);
    for (int i = 0; i < count; i++) {
      batch.deleteRange(1, new byte[0], null);
    }
    batch.seal();
    return batch;
  }

  @Test
  void commitsInAsyncStayBelowTheirSizeLimit() {
    CommitPipeline pipeline = pipeline(SyncMode.ASYNC);
    long held = 0;
    for (int i = 0; i < 200; i++) {
      Batch batch = batch(i % 90);
      pipeline.commit(batch, null);
      held = log.gathered.isEmpty() ? 0 : held + batch.length();
      assertTrue(held < ASYNC_BYTES_MAX, held + " bytes in memory only");
    }
    assertTrue(log.written.size() > 100);
  }

  @Test
  void commitsInAsyncStayBelowTheirAgeLimit() {
    CommitPipeline pipeline = pipeline(SyncMode.ASYNC);
    pipeline.commit(batch(1), null);
    clock.advance(ASYNC_DELAY_MS - 1);
    pipeline.commit(batch(1), null);
    assertEquals(List.of(), log.written);
    clock.advance(1);
    pipeline.commit(batch(1), null);
    assertTrue(log.written.containsAll(List.of(1L, 2L)), () -> "written: " + log.written);
  }

  @Test
  void aTickWritesHeldBackCommitsAndSyncsOnlyWhenASyncIsDue() {
    CommitPipeline pipeline = pipeline(SyncMode.ASYNC);
    pipeline.commit(batch(1), null);
    pipeline.tick(false);
    assertEquals(List.of(1L), log.written);
    assertEquals(0, log.synced);
    pipeline.tick(true);
    assertEquals(1, log.synced);
  }

  @Test
  void aTickSyncsWhatIntervalWrote() {
    CommitPipeline pipeline = pipeline(SyncMode.INTERVAL);
    pipeline.commit(batch(1), null);
    assertEquals(List.of(1L), log.written);
    assertEquals(0, log.synced);
    pipeline.tick(true);
    assertEquals(1, log.synced);
  }

  @Test
  void aDurableCommitSyncsEarlierOnes() {
    CommitPipeline pipeline = pipeline(SyncMode.ASYNC);
    pipeline.commit(batch(1), null);
    assertEquals(2, pipeline.commit(batch(1), SyncMode.GROUP));
    assertEquals(2, log.synced);
  }

  @Test
  void everySyncsEachCommitAndGroupSharesSyncs() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    for (int i = 0; i < 6; i++) {
      pipeline.commitAsync(batch(1), i == 2 || i == 3 ? SyncMode.EVERY : null);
    }
    drains.remove().run();
    assertEquals(6, log.synced);
    assertEquals(4, log.syncs, "2 together, 1, 1, 2 together");
  }

  @ParameterizedTest
  @EnumSource(SyncMode.class)
  void aCommitRefusedOnAFullDiskChangesNothingAndTheNextMaySucceed(SyncMode mode) {
    CommitPipeline pipeline = pipeline(mode);
    log.full = true;
    int bytes = 2 * ASYNC_BYTES_MAX; // In ASYNC, too much to be held back.
    for (int i = 0; i < 3; i++) {
      EngineException e =
          assertThrows(EngineException.class, () -> pipeline.commit(batch(bytes), null));
      assertEquals(Failure.DISK_FULL, e.failure());
    }
    assertEquals(List.of(), log.gathered);
    log.full = false;
    long version = pipeline.commit(batch(bytes), null);
    assertEquals(List.of(version), log.written);
    assertEquals(List.of(version), target.applied);
    assertEquals(version, target.published);
  }

  @Test
  void acknowledgedCommitsInAsyncSurviveAFullDisk() {
    CommitPipeline pipeline = pipeline(SyncMode.ASYNC);
    long first = pipeline.commit(batch(1), null);
    log.full = true;
    clock.advance(ASYNC_DELAY_MS);
    assertEquals(Failure.DISK_FULL, refusal(pipeline));
    assertEquals(Failure.DISK_FULL, refusal(pipeline));
    pipeline.tick(true);
    EngineException e = assertThrows(EngineException.class, pipeline::sync);
    assertEquals(Failure.DISK_FULL, e.failure());
    assertEquals(List.of(first), target.applied);
    log.full = false;
    long second = pipeline.commit(batch(1), SyncMode.GROUP);
    assertEquals(List.of(first, second), log.written);
    assertEquals(2, log.synced);
  }

  @ParameterizedTest
  @EnumSource(SyncMode.class)
  void durableComesBeforeVisibleAndVisibleBeforeAcknowledged(SyncMode mode) {
    CommitPipeline pipeline = pipeline(mode);
    CompletableFuture<Long> commit = pipeline.commitAsync(batch(1), null).toCompletableFuture();
    target.whenApplied =
        () -> {
          assertEquals(mode.isDurable() ? 1 : 0, log.synced);
          assertEquals(mode == SyncMode.ASYNC ? 0 : 1, log.written.size());
          assertEquals(0, target.published);
        };
    target.whenPublished = () -> assertFalse(commit.isDone());
    drains.remove().run();
    assertEquals(1, commit.join());
    assertEquals(1, target.published);
  }

  @Test
  void anIdleLogIsMarkedOnceAndTheMarkIsSynced() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    pipeline.commit(batch(1), null);
    pipeline.tick(true);
    assertEquals(0, log.marks, "not idle for a whole interval yet");
    pipeline.tick(false);
    pipeline.tick(true);
    assertEquals(1, log.marks);
    assertTrue(log.syncs > log.syncsAtMark);
    pipeline.tick(true);
    pipeline.tick(true);
    assertEquals(1, log.marks);
    pipeline.commit(batch(1), null);
    pipeline.tick(true);
    pipeline.tick(true);
    assertEquals(2, log.marks);
  }

  @Test
  void commitTimesNeverDecrease() {
    CommitPipeline pipeline = pipeline(SyncMode.GROUP);
    pipeline.commit(batch(1), null);
    clock.advance(-500_000);
    pipeline.commit(batch(1), null);
    assertEquals(log.times.get(0), log.times.get(1));
  }

  @Test
  void versionsAreAssignedOnlyUpToTheReservedOne() {
    CommitPipeline pipeline =
        new CommitPipeline(
            new LogWriter(log, clock, 1, 1, 0, () -> {}),
            target,
            noConditions(),
            NONE,
            SyncMode.GROUP,
            new CommitPipeline.Executors(drains::add, Runnable::run, Runnable::run),
            new Backoff(() -> {}),
            10,
            11);
    assertEquals(11, pipeline.commit(batch(1), null));
    assertEquals(List.of(), target.reserved);
    assertEquals(12, pipeline.commit(batch(1), null));
    assertEquals(1, target.reserved.size());
    assertFalse(target.reserved.getFirst() < 12);
  }
}

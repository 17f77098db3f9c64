package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.io.SimulatedExecutor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(QuietLogs.class)
class FileCommitLogTest {
  private final MemoryStorage storage = new MemoryStorage();

  private static List<Long> upTo(long version) {
    return LongStream.rangeClosed(1, version).boxed().toList();
  }

  /** Kills the process and opens the log again. */
  private LogStore reopened() throws IOException {
    storage.kill();
    return LogStore.open(storage);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatWasWrittenIsReplayedInOrder(long defaultSeed) throws IOException {
    long seed = Long.getLong("seed", defaultSeed);
    Random random = new Random(seed);
    SimulatedExecutor background = new SimulatedExecutor(seed);
    LogStore store = LogStore.open(storage, LogStore.SMALL, background);
    long version = 0;
    while (version < 600) {
      int size = random.nextInt(4) == 0 ? random.nextInt(60) : 1;
      for (int i = 0; i < size; i++) {
        store.add(++version);
      }
      store.log.write();
      switch (random.nextInt(6)) {
        case 0 -> store.log.sync();
        case 1 -> store.log.mark();
        case 2 -> background.step();
        default -> {}
      }
    }
    assertEquals(version, store.log.writtenVersion());
    storage.kill();
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(version), again.versions(), "seed " + seed);
      assertTrue(again.replayed.stream().allMatch(LogStore.Commit::isExpected), "seed " + seed);
      assertEquals(version, again.result.lastVersion());
      assertEquals(LogStore.timeOf(version), again.log.lastCommitTimeMs());
      assertEquals(version, again.log.durableVersion());
    }
  }

  @Test
  void groupsOfEverySizeEndAnywhereInASegment() throws IOException {
    for (int padding = 0; padding < 700; padding += 3) {
      MemoryStorage files = new MemoryStorage();
      LogStore store = LogStore.open(files);
      store.addBytes(1, 16384 - LogFormat.FRAMES_START - 1000 + padding);
      store.log.write();
      store.addBytes(2, 120);
      store.addBytes(3, 0);
      store.log.write();
      store.addBytes(4, padding);
      store.log.write();
      files.kill();
      try (LogStore again = LogStore.open(files)) {
        assertEquals(upTo(4), again.versions(), "padding " + padding);
        assertEquals(padding, again.replayed.get(3).batch().length);
      }
    }
  }

  @Test
  @Tag("stress")
  void theLargestBatchIsReplayed() throws IOException {
    byte[] batch = new byte[Limits.BATCH_BYTES_MAX];
    new Random(1).nextBytes(batch);
    LogStore store = LogStore.open(storage, LogOptions.DEFAULT, LogStore.NO_BACKGROUND);
    store.commit(1);
    store.log.add(2, LogStore.timeOf(2), batch, batch.length);
    store.log.write();
    store.log.sync();
    store.commit(3);
    storage.kill();
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(3), again.versions());
      assertArrayEquals(batch, again.replayed.get(1).batch());
    }
  }

  @Test
  void aBatchOverTheLimitIsRefused() throws IOException {
    try (LogStore store = LogStore.open(storage)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> store.log.add(1, 1, new byte[0], Limits.BATCH_BYTES_MAX + 1));
    }
  }

  @Test
  void versionsAndTimesMustGrow() throws IOException {
    try (LogStore store = LogStore.open(storage)) {
      store.commit(7);
      long time = LogStore.timeOf(7);
      assertThrows(IllegalArgumentException.class, () -> store.log.add(7, time, new byte[0], 0));
      assertThrows(
          IllegalArgumentException.class, () -> store.log.add(8, time - 1, new byte[0], 0));
      store.log.add(8, time, new byte[0], 0);
      store.log.write();
      assertEquals(8, store.log.writtenVersion());
    }
  }

  @Test
  void theNewestCommitTimeSurvivesEveryReopeningAndFlush() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(5);
    store.flush(5);
    store.close();
    for (int i = 0; i < 3; i++) {
      store = LogStore.open(storage, LogStore.SMALL.withRetention(0, 0), LogStore.AT_ONCE);
      assertEquals(LogStore.timeOf(5), store.log.lastCommitTimeMs());
      assertEquals(5, store.result.lastVersion());
      store.flush(5);
      if (i != 1) {
        store.close();
      }
      storage.kill();
    }
  }

  @Test
  void theNewestVersionAndTimeSurviveAKillAfterARenewalAndAFlush() throws IOException {
    LogOptions none = LogStore.SMALL.withRetention(0, 0);
    LogStore store = LogStore.open(storage, none, LogStore.AT_ONCE);
    store.commit(9);
    store.log.sync();
    store.log.renew();
    store.flush(9);
    storage.kill();
    store = LogStore.open(storage, none, LogStore.AT_ONCE);
    assertEquals(9, store.result.lastVersion());
    assertEquals(LogStore.timeOf(9), store.log.lastCommitTimeMs());
    assertEquals(9, store.log.durableVersion());
    // The segment is dropped once a durable frame follows it.
    store.commit(20);
    store.log.sync();
    store.flush(9);
    assertEquals(1, store.log.segments().size());
    store.close();
  }

  @Test
  void onlySyncedVersionsAreDurable() throws IOException {
    try (LogStore store = LogStore.open(storage)) {
      store.commit(1);
      assertEquals(0, store.log.durableVersion());
      assertEquals(1, store.log.writtenVersion());
      store.log.sync();
      assertEquals(1, store.log.durableVersion());
      store.add(2);
      assertEquals(1, store.log.writtenVersion());
      store.log.sync();
      assertEquals(1, store.log.durableVersion());
      store.log.write();
      store.log.sync();
      assertEquals(2, store.log.durableVersion());
    }
  }

  @Test
  void aSyncOfNothingNewTouchesNoFile() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    try (LogStore store = LogStore.open(faults)) {
      store.commit(1);
      store.log.sync();
      FaultStorage.Rule syncs = faults.before(Kind.REGION_SYNC, (kind, name) -> {});
      store.log.sync();
      assertEquals(0, syncs.seen());
    }
  }

  @Test
  void theOldSegmentIsSyncedBeforeTheNewOneAtARoll() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    try (LogStore store = LogStore.open(faults)) {
      store.commit(1);
      store.addBytes(2, 20_000);
      store.log.write();
      List<String> synced = new ArrayList<>();
      faults.before(Kind.REGION_SYNC, (kind, name) -> synced.add(name));
      store.log.sync();
      assertEquals(List.of("000001.log", "000002.log"), synced);
    }
  }

  @Test
  void aSegmentIsCreatedAndAdoptedBeforeItsFirstFrame() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    List<String> steps = new ArrayList<>();
    try (LogStore store = LogStore.open(faults)) {
      store.commit(1);
      for (Kind kind :
          List.of(
              Kind.CREATE_REGION,
              Kind.REGION_WRITE,
              Kind.REGION_SYNC,
              Kind.SYNC_DIRECTORY,
              Kind.APPEND,
              Kind.APPEND_SYNC)) {
        faults.before(kind, (k, name) -> steps.add(k + " " + name));
      }
      store.addBytes(2, 20_000);
      store.log.write();
      assertEquals(
          List.of(
              "CREATE_REGION 000002.log",
              "REGION_WRITE 000002.log",
              "REGION_SYNC 000002.log",
              "SYNC_DIRECTORY ",
              "APPEND REGISTRY.tmp",
              "APPEND_SYNC REGISTRY.tmp",
              "REGION_WRITE 000001.log",
              "REGION_WRITE 000002.log"),
          steps);
    }
  }

  @Test
  void theNextSegmentIsCreatedInTheBackground() throws IOException {
    SimulatedExecutor background = new SimulatedExecutor(1);
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, background)) {
      background.runAll();
      store.calls.clear();
      for (long version = 1; !store.calls.contains("adopt 3"); version++) {
        int before = store.calls.size();
        store.addBytes(version, 1000);
        store.log.write();
        assertEquals(before, store.calls.size(), "the writer made a segment itself");
        background.runAll();
      }
    }
  }

  @Test
  void endsAreRecordedOnceASegmentIsFullAndSynced() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE)) {
      store.addBytes(1, 11_000);
      store.log.write();
      store.addBytes(2, 4000);
      store.log.write();
      assertFalse(store.calls.contains("end 1 16384 2"));
      store.log.sync();
      assertTrue(store.calls.contains("end 1 16384 2"));
    }
  }

  @Test
  void aRecycledSegmentNeverShowsItsOldFrames() throws IOException {
    LogOptions none = LogStore.SMALL.withRetention(0, 0);
    LogStore store = LogStore.open(storage, none, LogStore.AT_ONCE);
    long version = 0;
    int recycled = 0;
    for (int life = 0; life < 12; life++) {
      for (int i = 0; i < 120; i++) {
        store.commit(++version);
        if (i % 10 == 0) {
          store.log.sync();
          store.flush(version - 3);
        }
      }
      store.log.sync();
      storage.kill();
      assertTrue(storage.usedBytes() < 600_000, "the directory grows");
      recycled += (int) store.calls.stream().filter(c -> c.startsWith("drop")).count();
      long flushed = LogStore.read(storage).flushedVersion();
      store = LogStore.open(storage, none, LogStore.AT_ONCE);
      assertEquals(LongStream.rangeClosed(flushed + 1, version).boxed().toList(), store.versions());
      assertTrue(store.replayed.stream().allMatch(LogStore.Commit::isExpected));
    }
    assertTrue(recycled > 20, "only " + recycled + " segments were recycled");
    store.close();
  }

  @Test
  void segmentsAreRecycledRatherThanCreated() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogOptions options = new LogOptions(16 << 10, 16 << 10, 0, 0, 2);
    try (LogStore store = LogStore.open(faults, options, LogStore.AT_ONCE)) {
      long version = 0;
      FaultStorage.Rule made = null;
      for (int i = 0; i < 300; i++) {
        store.addBytes(++version, 500);
        store.log.write();
        store.log.sync();
        store.flush(version);
        if (i == 100) {
          made = faults.before(Kind.CREATE_REGION, (kind, name) -> {});
        }
      }
      assertNotNull(made);
      assertEquals(0, made.seen());
      assertTrue(store.log.diskBytes() <= 4 * options.segmentBytesMax());
      assertEquals(logBytes(), store.log.diskBytes());
    }
  }

  private long logBytes() {
    return storage.contents().entrySet().stream()
        .filter(file -> file.getKey().endsWith(".log"))
        .mapToLong(file -> file.getValue().length)
        .sum();
  }

  @Test
  void aSegmentIsRecordedAsDroppedBeforeItsFileIsTouched() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogOptions options = new LogOptions(16 << 10, 16 << 10, 0, 0, 0);
    List<String> early = new ArrayList<>();
    FaultStorage.Hook check =
        (kind, name) -> {
          if (LogStore.read(storage).adopted().stream()
              .anyMatch(s -> name.equals(FileNames.log(s.fileId())))) {
            early.add(kind + " " + name);
          }
        };
    try (LogStore store = LogStore.open(faults, options, LogStore.AT_ONCE)) {
      FaultStorage.Rule deletes = faults.before(Kind.DELETE, check);
      faults.before(Kind.RENAME, check);
      for (long version = 1; version <= 100; version++) {
        store.addBytes(version, 1000);
        store.log.write();
        store.log.sync();
        store.flush(version);
      }
      assertTrue(deletes.seen() > 3);
      assertEquals(List.of(), early);
    }
  }

  @Test
  void aFullDiskLeavesTheLogUnchanged() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogStore store = LogStore.open(faults);
    store.commit(1);
    List<FaultStorage.Rule> full = faults.fillDisk();
    store.addBytes(2, 10);
    store.addBytes(3, 100_000);
    assertThrows(DiskFullException.class, store.log::write);
    assertThrows(DiskFullException.class, store.log::write, "the collected group was dropped");
    assertEquals(1, store.log.writtenVersion());
    store.log.discard();
    store.commit(2);
    store.log.sync();
    assertEquals(2, store.log.durableVersion());
    full.forEach(FaultStorage.Rule::stop);
    store.addBytes(3, 100_000);
    store.log.write();
    store.commit(4);
    storage.kill();
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(4), again.versions());
      assertEquals(100_000, again.replayed.get(2).batch().length);
    }
  }

  @Test
  void aSegmentTakesAtMostHalfOfTheFreeSpace() throws IOException {
    LogOptions options = LogOptions.DEFAULT.withSegmentBytes(16 << 10, 16 << 20);
    LogStore store = LogStore.open(storage, options, LogStore.NO_BACKGROUND);
    store.commit(1);
    long freeBytes = 4 << 20;
    storage.setCapacityBytes(storage.usedBytes() + freeBytes);
    long writtenBytes = 0;
    @Nullable DiskFullException full = null;
    for (long version = 2; full == null; version++) {
      try {
        store.addBytes(version, 10_000);
        store.log.write();
        writtenBytes += 10_000;
      } catch (DiskFullException e) {
        full = e;
      }
    }
    assertNotNull(full.getMessage());
    assertTrue(writtenBytes > freeBytes * 9 / 10, writtenBytes + " bytes fitted");
    storage.setCapacityBytes(1L << 40);
    store.log.write();
    store.close();
  }

  @Test
  void aDiskThatFillsUpWhileSegmentsAreCreatedLosesNothing() throws IOException {
    for (int room = 0; room < 12; room++) {
      MemoryStorage files = new MemoryStorage();
      LogStore store = LogStore.open(files);
      store.commit(1);
      files.setCapacityBytes(files.usedBytes() + room * 20_000L);
      long version = 1;
      try {
        while (true) {
          store.commit(version + 1);
          version++;
        }
      } catch (DiskFullException e) {
        assertNotNull(e.getMessage());
      }
      assertEquals(version, store.log.writtenVersion());
      store.log.sync();
      if (room % 2 == 0) {
        store.log.discard();
      } else {
        version++; // The collected commits are written with the next group.
      }
      files.setCapacityBytes(1L << 30);
      for (int i = 0; i < 100; i++) {
        store.commit(++version);
      }
      files.kill();
      try (LogStore again = LogStore.open(files)) {
        assertEquals(upTo(version), again.versions(), "room " + room);
      }
    }
  }

  @Test
  void afterAFailedSyncNoFileIsSyncedAgainAndNothingIsWritten() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogStore store = LogStore.open(faults);
    store.commit(1);
    store.log.sync();
    faults.failNthSyncAndLosePages(Kind.REGION_SYNC, 1);
    store.commit(2);
    assertThrows(IOException.class, store.log::sync);
    FaultStorage.Rule syncs = faults.before(Kind.REGION_SYNC, (kind, name) -> {});
    FaultStorage.Rule writes = faults.before(Kind.REGION_WRITE, (kind, name) -> {});
    assertThrows(IOException.class, store.log::sync);
    store.add(3);
    assertThrows(IOException.class, store.log::write);
    assertThrows(IOException.class, store.log::mark);
    store.log.close();
    assertEquals(1, store.log.durableVersion());
    assertEquals(0, syncs.seen());
    assertEquals(0, writes.seen());
  }

  @Test
  void aFailedWriteEndsTheLog() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogStore store = LogStore.open(faults);
    faults.failNth(Kind.REGION_WRITE, 1, "broken");
    store.add(1);
    assertThrows(IOException.class, store.log::write);
    store.add(2);
    IOException again = assertThrows(IOException.class, store.log::write);
    assertTrue(String.valueOf(again.getMessage()).contains("broken"));
    store.log.close();
  }

  @Test
  void aMarkIsWrittenOnlyIfItRecordsSomethingNew() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    try (LogStore store = LogStore.open(faults)) {
      FaultStorage.Rule writes = faults.before(Kind.REGION_WRITE, (kind, name) -> {});
      store.log.mark();
      assertEquals(0, writes.seen());
      store.commit(1);
      store.log.mark();
      assertEquals(1, writes.seen(), "nothing is synced yet");
      store.log.sync();
      store.log.mark();
      assertEquals(2, writes.seen());
      store.log.mark();
      store.log.sync();
      store.log.mark();
      assertEquals(2, writes.seen(), "a mark needs no mark");
    }
  }

  @Test
  void bytesAfterAVersionShrinkAsTheVersionGrows() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE)) {
      for (long version = 1; version <= 400; version++) {
        store.addBytes(version, 1000);
        store.log.write();
      }
      assertEquals(0, store.log.bytesAfter(400));
      long before = Long.MAX_VALUE;
      for (long version = 0; version <= 400; version++) {
        long bytes = store.log.bytesAfter(version);
        assertTrue(bytes <= before, "at version " + version);
        long exact = (400 - version) * (1000 + 20 + 64 + 4);
        assertTrue(Math.abs(bytes - exact) < 16_000, bytes + " bytes, really " + exact);
        before = bytes;
      }
    }
  }

  @Test
  void aSecondThreadMaySyncConcurrentlyWithTheWriter() throws Exception {
    SimulatedExecutor background = new SimulatedExecutor(1);
    LogStore store = LogStore.open(storage, LogStore.SMALL, background);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    AtomicReference<MemoryStorage> cut = new AtomicReference<>();
    long[] durable = new long[1];
    Thread syncer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!stop.get()) {
                      store.log.sync();
                      long version = store.log.durableVersion();
                      if (version >= 1000 && cut.get() == null) {
                        durable[0] = version;
                        cut.set(storage.afterPowerCut(PowerCut.DROP_ALL, 1));
                      }
                    }
                  } catch (Throwable e) {
                    failed.set(e);
                  }
                });
    long version = 0;
    while ((version < 3000 || cut.get() == null) && failed.get() == null) {
      store.commit(++version);
      if (version % 16 == 0) {
        background.runAll();
      }
    }
    stop.set(true);
    syncer.join();
    assertFalse(failed.get() != null, () -> String.valueOf(failed.get()));
    try (LogStore again = LogStore.open(Objects.requireNonNull(cut.get()))) {
      assertTrue(again.result.lastVersion() >= durable[0]);
      assertEquals(upTo(again.result.lastVersion()), again.versions());
      assertTrue(again.replayed.stream().allMatch(LogStore.Commit::isExpected));
    }
    store.close();
    try (LogStore again = reopened()) {
      assertEquals(upTo(version), again.versions());
    }
  }

  @Test
  void aClosedLogRejectsWrites() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.close();
    store.log.close();
    assertThrows(IllegalStateException.class, store.log::sync);
    store.add(2);
    assertThrows(IllegalStateException.class, store.log::write);
  }

  @Test
  void anEndThatCannotBeRecordedNowIsRecordedLater() throws IOException {
    LogOptions options = LogStore.SMALL.withRetention(0, 0);
    try (LogStore store = LogStore.open(storage, options, LogStore.NO_BACKGROUND)) {
      store.addBytes(1, 20_000);
      store.log.write();
      store.log.sync();
      storage.setCapacityBytes(storage.usedBytes());
      assertThrows(DiskFullException.class, () -> store.log.flushedTo(1));
      assertThrows(DiskFullException.class, () -> store.log.flushedTo(1));
      storage.setCapacityBytes(1 << 20);
      store.calls.clear();
      store.log.flushedTo(1);
      assertEquals(List.of("end 1 16384 1", "drop 1"), store.calls);
    }
  }

  @Test
  void aFileThatCannotBeDeletedDoesNotStopTheLog() throws IOException {
    FaultStorage faults = new FaultStorage(storage);
    LogOptions options = new LogOptions(16 << 10, 16 << 10, 0, 0, 0);
    FaultStorage.Rule deletes =
        faults.before(
            Kind.DELETE,
            (kind, name) -> {
              throw new IOException("not permitted");
            });
    try (LogStore store = LogStore.open(faults, options, LogStore.AT_ONCE)) {
      for (long version = 1; version <= 50; version++) {
        store.addBytes(version, 1000);
        store.log.write();
        store.log.sync();
        store.flush(version);
      }
      assertTrue(deletes.seen() > 2);
    }
    deletes.stop();
    try (LogStore again = LogStore.open(faults, options, LogStore.NO_BACKGROUND)) {
      assertEquals(logBytes(), again.log.diskBytes());
      assertTrue(logBytes() <= 3 * options.segmentBytesMax(), logBytes() + " bytes");
    }
  }

  @Test
  void openingAndClosingDoesNotAccumulateSegments() throws IOException {
    for (int i = 0; i < 20; i++) {
      LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
      if (i % 5 == 0) {
        store.commit(i + 1);
      }
      store.close();
      storage.kill();
    }
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(List.of(1L, 6L, 11L, 16L), again.versions());
      long segments = again.log.segments().size();
      assertEquals(5, segments, "four with commits, and the new one");
    }
  }
}

package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LogRecoveryTest {
  private final MemoryStorage storage = new MemoryStorage();

  private static List<Long> upTo(long version) {
    return LongStream.rangeClosed(1, version).boxed().toList();
  }

  private static LogRecovery recover(MemoryStorage files, List<Long> versions) throws IOException {
    AtomicLong ids = new AtomicLong(1);
    LogContext context =
        new LogContext(
            files,
            LogStore.STORE,
            ids::getAndIncrement,
            LogStore.NO_BACKGROUND,
            TimeSource.SYSTEM,
            LogStore.SMALL);
    return LogRecovery.replay(
        context,
        LogStore.read(files).adopted(),
        0,
        (version, timeMs, bytes, offset, length) -> versions.add(version));
  }

  @Test
  void replayingTwiceGivesTheSameResultAndChangesNothing() throws IOException {
    LogStore store = LogStore.open(storage);
    for (long version = 1; version <= 100; version++) {
      store.commit(version);
      if (version % 10 == 0) {
        store.log.sync();
      }
    }
    storage.kill();
    List<String> files = storage.list();
    List<Long> first = new ArrayList<>();
    List<Long> second = new ArrayList<>();
    try (LogRecovery one = recover(storage, first);
        LogRecovery two = recover(storage, second)) {
      assertEquals(upTo(100), first);
      assertEquals(first, second);
      assertEquals(one.result(), two.result());
    }
    assertEquals(files, storage.list());
  }

  @Test
  void theTailIsWrittenAgainAndTheOldSegmentEndsWhereItWasKnownToBeSynced() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.log.sync();
    store.commit(2);
    store.log.sync();
    store.commit(3);
    store.commit(4);
    storage.kill();
    List<Long> versions = new ArrayList<>();
    try (LogRecovery recovery = recover(storage, versions)) {
      LogRecovery.Edit edit = recovery.prepare();
      assertEquals(1, edit.ended().size());
      assertEquals(2, edit.ended().getFirst().lastVersion());
      assertEquals(List.of(2L), edit.adopted());
      assertEquals(List.of(), edit.dropped());
      assertEquals(0, storage.unsyncedBytes(FileNames.log(2)));
      // Read alone, the new segment contains the tail, and its mark records that it is synced.
      List<Long> rewritten = new ArrayList<>();
      ReplayResult result =
          LogReplay.run(
              storage,
              LogStore.STORE,
              List.of(AdoptedSegment.open(2)),
              0,
              (version, timeMs, bytes, offset, length) -> rewritten.add(version));
      assertEquals(List.of(3L, 4L), rewritten);
      assertEquals(0, result.unsyncedGroups());
    }
  }

  @Test
  void segmentsThatWereNotAdoptedAreNeverReadAndTheirIdsNotUsedAgain() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.commit(2);
    storage.kill();
    // A recovery that ends between its two steps leaves unused segments each time.
    for (int i = 0; i < 3; i++) {
      List<Long> versions = new ArrayList<>();
      try (LogRecovery recovery = recover(storage, versions)) {
        recovery.prepare();
        assertEquals(upTo(2), versions);
      }
      storage.kill();
    }
    assertTrue(
        storage.list().containsAll(List.of(FileNames.log(2), FileNames.log(3), FileNames.log(4))));
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(2), again.versions());
      assertEquals(
          List.of(FileNames.log(1), FileNames.log(5)),
          storage.list().stream().filter(FileNames::isLog).toList(),
          "the first is a spare, the others were deleted");
    }
  }

  @Test
  void aLargeTailTakesSeveralNewSegments() throws IOException {
    LogStore store = LogStore.open(storage);
    for (long version = 1; version <= 150; version++) {
      store.addBytes(version, 2000);
      store.log.write();
    }
    storage.kill();
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(150), again.versions());
      assertTrue(LogStore.read(storage).adopted().size() > 3);
      again.commit(151);
    }
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(151), again.versions());
    }
  }

  @Test
  void anAcknowledgedTailSurvivesAPowerCutRightAfterRecovery() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    storage.kill();
    // The operating system has the commit, and readers have seen it after recovery.
    LogStore shown = LogStore.open(storage);
    assertEquals(upTo(1), shown.versions());
    MemoryStorage cut = storage.afterPowerCut(PowerCut.DROP_ALL, 1);
    try (LogStore again = LogStore.open(cut)) {
      assertEquals(upTo(1), again.versions());
    }
  }

  @Test
  void nothingIsAppendedToSegmentsOfAnEarlierProcess() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.close();
    byte[] before = storage.contents().get(FileNames.log(1));
    try (LogStore again = LogStore.open(storage)) {
      again.commit(2);
      again.log.sync();
      assertArrayEquals(before, storage.contents().get(FileNames.log(1)));
    }
  }

  @Test
  void afterACleanCloseNothingIsWrittenAgainAndNoOldSegmentIsRead() throws IOException {
    LogStore store = LogStore.open(storage);
    for (long version = 1; version <= 100; version++) {
      store.commit(version);
    }
    store.log.sync();
    store.flush(100);
    store.close();
    for (AdoptedSegment segment : LogStore.read(storage).adopted()) {
      assertFalse(segment.isOpen());
    }
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(List.of(), again.versions());
      assertEquals(0, again.result.unsyncedGroups());
      assertEquals(100, again.result.lastVersion());
    }
  }

  @Test
  void aDiskWithoutRoomForTheNewSegmentIsReportedAsFull() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    storage.kill();
    storage.setCapacityBytes(storage.usedBytes() + 100);
    assertThrows(DiskFullException.class, () -> LogStore.open(storage));
    storage.setCapacityBytes(1 << 20);
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(upTo(1), again.versions());
    }
  }

  @Test
  void theStepsMustComeInOrder() throws IOException {
    try (LogRecovery recovery = recover(storage, new ArrayList<>());
        LogStore registry = LogStore.open(new MemoryStorage())) {
      assertThrows(IllegalStateException.class, () -> recovery.start(registry));
      recovery.prepare();
      assertThrows(IllegalStateException.class, recovery::prepare);
    }
  }
}

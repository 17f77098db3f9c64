package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.wal.LogReader.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LogReaderTest {
  private final MemoryStorage storage = new MemoryStorage();

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  private static List<Long> readUntil(LogReader reader, long until) throws IOException {
    List<Long> versions = new ArrayList<>();
    while (reader.next(until) == Step.COMMIT) {
      versions.add(reader.version());
      byte[] batch =
          Arrays.copyOfRange(
              reader.array(), reader.batchStart(), reader.batchStart() + reader.batchBytes());
      assertArrayEquals(LogStore.batchOf(reader.version()), batch);
      assertEquals(LogStore.timeOf(reader.version()), reader.commitTimeMs());
    }
    return versions;
  }

  @Test
  void everyCommitAfterAVersionIsReadOnceAndInOrder() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE)) {
      Random random = new Random(1);
      for (long version = 1; version <= 500; version++) {
        store.add(version);
        if (random.nextInt(3) == 0 || version == 500) {
          store.log.write();
          store.log.sync();
          store.log.mark();
        }
      }
      for (long after = 0; after <= 500; after += 9) {
        try (LogReader reader = store.log.readAfter(after)) {
          assertEquals(range(after + 1, 500), readUntil(reader, 500));
          assertEquals(Step.NONE_YET, reader.next(500));
        }
      }
    }
  }

  @Test
  void nothingPastTheGivenVersionIsRead() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
        LogReader reader = store.log.readAfter(0)) {
      assertEquals(Step.NONE_YET, reader.next(0));
      long read = 0;
      for (long version = 1; version <= 400; version += 4) {
        for (int i = 0; i < 4; i++) {
          store.add(version + i);
        }
        store.log.write();
        assertEquals(range(read + 1, version), readUntil(reader, version));
        read = version;
      }
      assertEquals(range(read + 1, 400), readUntil(reader, 400));
    }
  }

  @Test
  void aReaderFollowsALogThatIsRenewedBeforeItsSegmentIsFull() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.NO_BACKGROUND);
        LogReader reader = store.log.readAfter(0);
        LogReader late = store.log.readAfter(0)) {
      Random random = new Random(3);
      long read = 0;
      for (long version = 1; version <= 200; version++) {
        store.commit(version);
        store.log.sync();
        if (random.nextInt(4) == 0) {
          store.log.renew();
        }
        if (random.nextInt(3) == 0) {
          assertEquals(range(read + 1, version), readUntil(reader, version));
          read = version;
        }
        if (random.nextInt(20) == 0) {
          store.log.renew();
          store.log.renew();
        }
      }
      assertEquals(range(read + 1, 200), readUntil(reader, 200));
      assertEquals(range(1, 200), readUntil(late, 200));
    }
    try (LogStore again = LogStore.open(storage, LogStore.SMALL, LogStore.NO_BACKGROUND)) {
      assertEquals(range(1, 200), again.versions());
    }
  }

  @Test
  void theMemoryOfAGroupThatHasBeenReadIsReleased() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
        LogReader reader = store.log.readAfter(0)) {
      store.addBytes(1, 3_000_000);
      store.addBytes(2, 10);
      store.log.write();
      store.commit(3);
      store.log.sync();
      assertEquals(Step.COMMIT, reader.next(3));
      reader.releaseGroup();
      assertEquals(3_000_000, reader.batchBytes());
      assertEquals(Step.COMMIT, reader.next(3));
      reader.releaseGroup();
      assertEquals(0, reader.array().length);
      assertEquals(Step.COMMIT, reader.next(3));
      assertEquals(3, reader.version());
    }
  }

  @Test
  void aReaderFollowsAWriterOnAnotherThread() throws Exception {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    AtomicBoolean failed = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (long version = 1; version <= 2000; version++) {
                      store.commit(version);
                      if (version % 7 == 0 || version == 2000) {
                        store.log.sync();
                      }
                    }
                  } catch (IOException | RuntimeException e) {
                    failed.set(true);
                  }
                });
    long read = 0;
    try (LogReader reader = store.log.readAfter(0)) {
      while (read < 2000 && !failed.get()) {
        for (long version : readUntil(reader, store.log.durableVersion())) {
          assertEquals(++read, version);
        }
      }
    }
    writer.join();
    assertEquals(2000, read);
    store.close();
  }

  @Test
  void theCommitsOfEarlierProcessesAreRead() throws IOException {
    long version = 0;
    for (int life = 0; life < 6; life++) {
      LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
      for (int i = 0; i < 60; i++) {
        store.commit(++version);
      }
      if (life % 2 == 0) {
        store.log.sync();
        store.flush(version - 5);
        store.commit(++version);
      }
      storage.kill();
    }
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
        LogReader reader = store.log.readAfter(0)) {
      assertEquals(range(1, version), readUntil(reader, version));
    }
  }

  @Test
  void commitsThatWereDroppedHaveExpired() throws IOException {
    LogOptions options = LogStore.SMALL.withRetention(100_000, 0);
    try (LogStore store = LogStore.open(storage, options, LogStore.AT_ONCE)) {
      List<LogReader> readers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        LogReader reader = store.log.readAfter(0);
        readers.add(reader);
      }
      store.commit(1);
      long version = 1;
      // Each reader reads a little further than the preceding one.
      for (LogReader reader : readers) {
        for (int i = 0; i < 20; i++) {
          store.commit(++version);
        }
        store.log.sync();
        readUntil(reader, version);
      }
      store.flush(version);
      for (int i = 0; i < 400; i++) {
        store.commit(++version);
        store.log.sync();
        store.flush(version);
      }
      int expired = 0;
      for (int i = 0; i < readers.size(); i++) {
        long from = 1 + 20L * (i + 1);
        List<Long> read = readUntil(readers.get(i), version);
        // No gap from its position to the end, or to the position at which it expired.
        assertEquals(range(from + 1, from + read.size()), read);
        if (from + read.size() < version) {
          assertEquals(Step.EXPIRED, readers.get(i).next(version));
          assertEquals(Step.EXPIRED, readers.get(i).next(version));
          expired++;
        }
        readers.get(i).close();
      }
      assertTrue(expired > 10, expired + " have expired");
      try (LogReader reader = store.log.readAfter(0)) {
        assertEquals(Step.EXPIRED, reader.next(version));
      }
    }
  }

  @Test
  void aReaderAtTheNewestVersionHasNotExpiredThoughAllElseWasDropped() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(9);
    store.log.sync();
    store.flush(9);
    store.close();
    LogOptions none = LogStore.SMALL.withRetention(0, 0);
    try (LogStore again = LogStore.open(storage, none, LogStore.AT_ONCE)) {
      again.flush(9);
      try (LogReader current = again.log.readAfter(9);
          LogReader late = again.log.readAfter(8)) {
        again.commit(20);
        assertEquals(List.of(20L), readUntil(current, 20));
        assertEquals(Step.EXPIRED, late.next(20));
      }
    }
  }

  @Test
  void aReaderThatBeginsAtAStartHintMissesNothing() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE)) {
      Random random = new Random(6);
      for (long version = 1; version <= 600; version++) {
        store.add(version);
        if (random.nextInt(3) == 0 || version == 600) {
          store.log.write();
          store.log.sync();
        }
      }
      for (int i = 0; i < 200; i++) {
        long until = random.nextInt(601);
        LogReader.StartHint hint;
        try (LogReader first = store.log.readAfter(random.nextInt(1 + (int) until))) {
          readUntil(first, until);
          if (random.nextBoolean()) {
            first.releaseBuffers();
          }
          hint = first.startHint();
        }
        long after = Math.min(600, until + random.nextInt(3));
        try (LogReader second = store.log.readAfter(after, hint)) {
          assertTrue(second.begin());
          assertEquals(range(after + 1, 600), readUntil(second, 600));
        }
      }
    }
  }

  @Test
  void aReaderContinuesAfterItsBuffersWereReleased() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
        LogReader reader = store.log.readAfter(0)) {
      long read = 0;
      for (long version = 1; version <= 300; version++) {
        store.commit(version);
        store.log.sync();
        if (version % 3 == 0) {
          assertEquals(range(read + 1, version), readUntil(reader, version));
          reader.releaseBuffers();
          read = version;
        }
      }
    }
  }

  @Test
  void versionsThatWereSkippedAtASegmentsStartAreNotConsideredLost() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE)) {
      long version = 0;
      for (int i = 0; i < 300; i++) {
        version += 10;
        store.commit(version);
        store.log.sync();
      }
      assertTrue(store.log.segments().size() > 2);
      for (long after = 0; after < version; after += 5) {
        try (LogReader reader = store.log.readAfter(after)) {
          assertTrue(reader.begin(), "after " + after);
        }
      }
    }
  }

  @Test
  void heldSegmentsAreKeptUpToALimit() throws IOException {
    Random random = new Random(7);
    LogOptions none = LogStore.SMALL.withRetention(0, 0);
    try (LogStore store = LogStore.open(storage, none, LogStore.AT_ONCE)) {
      long cap = 400_000;
      AtomicLong held = new AtomicLong(0);
      store.log.holdAbove(held::get, cap);
      boolean capped = false;
      for (long version = 1; version <= 3_000; version++) {
        store.commit(version);
        store.log.sync();
        if (random.nextInt(10) == 0) {
          store.flush(version);
          boolean kept;
          try (LogReader reader = store.log.readAfter(held.get())) {
            kept = reader.begin();
          }
          if (!kept) {
            capped = true;
            // Only because the limit was exceeded.
            assertTrue(store.log.retainedBytes() > cap - none.segmentBytesMax());
            held.set(version);
          }
          assertTrue(store.log.retainedBytes() <= cap + none.segmentBytesMax());
        }
        if (random.nextInt(900) == 0) {
          held.set(random.nextBoolean() ? version : Math.max(held.get(), version - 50));
        }
      }
      assertTrue(capped);
      held.set(Long.MAX_VALUE);
      store.flush(3_000);
      assertEquals(0, store.log.retainedBytes());
    }
  }

  @Test
  void damageIsDistinguishedFromExpiry() throws IOException {
    try (LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.NO_BACKGROUND)) {
      for (long version = 1; version <= 10; version++) {
        store.addBytes(version, 100);
        store.log.write();
      }
      store.log.sync();
      MemoryStorage copy = storage.copy();
      FaultStorage.flipByte(copy, FileNames.log(1), 5000);
      LogReader reader =
          new LogReader(copy, LogStore.STORE, FileCipherKeys.NONE, store.log, 0, null);
      EngineException e =
          assertThrows(
              EngineException.class,
              () -> {
                while (reader.next(10) == Step.COMMIT) {
                  assertTrue(reader.version() < 10);
                }
              });
      assertEquals(EngineException.Failure.CORRUPTION, e.failure());
      assertTrue(String.valueOf(e.getMessage()).startsWith("000001.log at offset 4"));
      reader.close();
    }
  }
}

package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.wal.FrameCursor.Found;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The frames of an encrypted log: they are read back, and no one without the file key can add any.
 */
class SealedLogTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final DataKeys keys = keys();
  private MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void showTheSeed() {
    System.out.println("SealedLogTest: -Dseed=" + SEED);
  }

  private static DataKeys keys() {
    try {
      return DataKeys.create(
          new MemoryStorage(),
          EncryptionComponents.with(new TestWrapper(1)),
          TimeSource.SYSTEM,
          LogStore.STORE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void commitsAreReplayedAcrossSegmentsProcessesAndDataKeys() throws IOException {
    Random random = new Random(SEED);
    long version = 0;
    for (int life = 0; life < 8; life++) {
      LogStore store = LogStore.open(storage, keys);
      assertEquals(LongStream.rangeClosed(1, version).boxed().toList(), store.versions());
      store.replayed.forEach(commit -> assertTrue(commit.isExpected()));
      for (int group = 0; group < 60; group++) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          store.add(++version);
        }
        store.log.write();
        if (random.nextInt(4) == 0) {
          store.log.sync();
        }
        if (random.nextInt(8) == 0) {
          store.log.mark();
        }
        if (random.nextInt(20) == 0) {
          keys.rotate();
          if (random.nextBoolean()) {
            store.log.renew();
          }
        }
      }
      if (random.nextBoolean()) {
        store.close();
      } else {
        storage = storage.copy(); // What a killed process leaves.
      }
    }
  }

  @Test
  void afterARenewalNothingIsSealedWithAnOlderDataKey() throws IOException {
    LogStore store = LogStore.open(storage, keys);
    for (long version = 1; version <= 40; version += 2) {
      store.commit(version);
      keys.rotate();
      store.log.renew();
      Map<String, byte[]> before = storage.contents();
      store.commit(version + 1);
      store.log.sync();
      for (Map.Entry<String, byte[]> file : storage.contents().entrySet()) {
        if (FileNames.isLog(file.getKey())
            && !Arrays.equals(file.getValue(), before.get(file.getKey()))) {
          FileHeader header =
              FileHeader.decode(
                  file.getValue(), FileType.LOG, LogFormat.FORMAT_VERSION, file.getKey());
          assertEquals(keys.currentEpoch(), header.dataKeyEpoch(), file.getKey());
        }
      }
    }
    storage = storage.copy();
    assertEquals(
        LongStream.rangeClosed(1, 40).boxed().toList(), LogStore.open(storage, keys).versions());
  }

  @Test
  void aGroupOfManyFramesIsSealedFrameByFrame() throws IOException {
    try (LogStore store = LogStore.open(storage, keys)) {
      store.addBytes(1, 3_000_000);
      store.log.write();
      store.addBytes(2, 10);
      store.log.write();
      store.log.sync();
    }
    LogStore again = LogStore.open(storage, keys);
    assertEquals(List.of(1L, 2L), again.versions());
    assertEquals(3_000_000, again.replayed.getFirst().batch().length);
    for (byte b : again.replayed.getFirst().batch()) {
      assertEquals((byte) 0xa5, b);
    }
    again.close();
  }

  /** An attacker without the file key can still compute checksums. */
  @Test
  void aModifiedFrameIsInvalidEvenIfItsChecksumIsCorrect() throws IOException {
    try (LogStore store = LogStore.open(storage, keys)) {
      store.commit(1);
      store.commit(2);
      store.log.sync();
    }
    long fileId = 1;
    String name = FileNames.log(fileId);
    byte[] good = Objects.requireNonNull(storage.contents().get(name));
    int length = MemorySegment.ofArray(good).get(LogFormat.INT, LogFormat.FRAMES_START + 4L);
    assertTrue(length > LogFormat.FRAME_HEADER_BYTES);
    for (int at = 8; at < length; at++) {
      if (at >= LogFormat.FILE_ID_OFFSET && at < LogFormat.FILE_ID_OFFSET + 8) {
        continue;
      }
      byte[] changed = good.clone();
      changed[LogFormat.FRAMES_START + at] ^= 1;
      checksum(changed, fileId, length);
      storage.put(name, changed);
      int where = at;
      try (FrameCursor cursor = FrameCursor.open(storage, LogStore.STORE, fileId, keys)) {
        assertEquals(Found.NOTHING, cursor.look(), () -> "byte " + where);
      }
    }
    storage.put(name, good);
    try (FrameCursor cursor = FrameCursor.open(storage, LogStore.STORE, fileId, keys)) {
      assertEquals(Found.FRAME, cursor.look());
      assertFalse(cursor.payloadBytes() == 0 && cursor.kind() != LogFormat.MARK);
    }
  }

  private static void checksum(byte[] file, long fileId, int length) {
    byte[] seed = new byte[LogFormat.SEED_BYTES + Integer.BYTES];
    MemorySegment view = MemorySegment.ofArray(seed);
    LogFormat.putSeed(view, LogStore.STORE);
    view.set(LogFormat.LONG, LogFormat.SEED_FILE_ID_OFFSET, fileId);
    view.set(LogFormat.LONG, LogFormat.SEED_OFFSET_OFFSET, LogFormat.FRAMES_START);
    CRC32C crc = new CRC32C();
    crc.update(seed);
    crc.update(file, LogFormat.FRAMES_START + Integer.BYTES, length - Integer.BYTES);
    MemorySegment.ofArray(file).set(LogFormat.INT, LogFormat.FRAMES_START, (int) crc.getValue());
  }

  /** A recycled file has its new header before its first frame, and still has its old frames. */
  @Test
  void aSegmentThatIsRecycledUnderASlowReaderIsExpiredNotDamaged() throws IOException {
    try (LogStore store = LogStore.open(storage, keys)) {
      store.commit(1);
      store.commit(2);
      store.log.sync();
    }
    String name = FileNames.log(1);
    byte[] recycled = Objects.requireNonNull(storage.contents().get(name));
    FileHeader later = keys.newHeader(FileType.LOG, LogFormat.FORMAT_VERSION, LogStore.STORE, 99);
    byte[] header = LogFormat.header(later, recycled.length, false);
    System.arraycopy(header, 0, recycled, 0, header.length);
    storage.put(name, recycled);
    List<LogReader.@Nullable StartHint> starts = new ArrayList<>();
    starts.add(null);
    starts.add(new LogReader.StartHint(0, 1, LogFormat.FRAMES_START));
    for (LogReader.StartHint start : starts) {
      // The reader gets the list of segments just before the segment is dropped.
      Iterator<List<AdoptedSegment>> segments =
          List.of(List.of(AdoptedSegment.open(1)), List.<AdoptedSegment>of()).iterator();
      LogReader.Source source = () -> segments.hasNext() ? segments.next() : List.of();
      try (LogReader reader = new LogReader(storage, LogStore.STORE, keys, source, 0, start)) {
        assertEquals(LogReader.Step.EXPIRED, reader.next(2));
      }
    }
    // A segment that the log still contains is damaged.
    LogReader.Source source = () -> List.of(AdoptedSegment.open(1));
    try (LogReader reader = new LogReader(storage, LogStore.STORE, keys, source, 0, null)) {
      EngineException e = assertThrows(EngineException.class, () -> reader.next(2));
      assertEquals(EngineException.Failure.CORRUPTION, e.failure());
    }
  }

  @Test
  void theTimeOfASegmentIsInItsLastMark() throws IOException {
    try (LogStore store = LogStore.open(storage, keys)) {
      for (long version = 1; version <= 9; version++) {
        store.commit(version);
      }
      store.log.sync();
      store.flush(9);
    }
    // Without the mark, all frames would have to be read for the time.
    FaultStorage.flipByte(storage, FileNames.log(1), LogFormat.FRAMES_START + 20);
    try (LogStore again = LogStore.open(storage, keys)) {
      assertEquals(LogStore.timeOf(9), again.result.lastCommitTimeMs());
    }
  }
}

package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Torn tails are cut, damage is refused, and a refusal changes nothing. */
@ExtendWith(QuietLogs.class)
class LogReplayTest {
  private final MemoryStorage storage = new MemoryStorage();

  private static List<Long> upTo(long version) {
    return LongStream.rangeClosed(1, version).boxed().toList();
  }

  private static byte[] content(MemoryStorage files, long fileId) throws IOException {
    return FaultStorage.contentOf(files, FileNames.log(fileId));
  }

  /** Returns the offsets of the frames of a segment, and the end of the last one. */
  private static List<Long> frameOffsets(MemoryStorage files, long fileId) throws IOException {
    List<Long> offsets = new ArrayList<>();
    try (FrameCursor cursor = FrameCursor.open(files, LogStore.STORE, fileId)) {
      while (cursor.look() == FrameCursor.Found.FRAME) {
        offsets.add(cursor.offset());
        cursor.skip();
      }
      offsets.add(cursor.offset());
    }
    return offsets;
  }

  /** Opens a copy of the files with one of them replaced. */
  private static List<Long> versionsAfter(MemoryStorage files, long fileId, byte[] damaged)
      throws IOException {
    MemoryStorage copy = files.copy();
    copy.put(FileNames.log(fileId), damaged);
    LogStore store = LogStore.open(copy);
    assertTrue(store.replayed.stream().allMatch(LogStore.Commit::isExpected));
    // The store has the same content when it is opened again.
    copy.kill();
    try (LogStore again = LogStore.open(copy)) {
      assertEquals(store.versions(), again.versions());
    }
    return store.versions();
  }

  /** Asserts that opening a copy with one file replaced is refused and changes no file. */
  private static String refusal(MemoryStorage files, long fileId, byte[] damaged)
      throws IOException {
    MemoryStorage copy = files.copy();
    copy.put(FileNames.log(fileId), damaged);
    Map<String, byte[]> before = copy.contents();
    EngineException e = assertThrows(EngineException.class, () -> LogStore.open(copy));
    assertEquals(Failure.CORRUPTION, e.failure());
    Map<String, byte[]> after = copy.contents();
    assertEquals(before.keySet(), after.keySet());
    before.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, after.get(name)), name));
    return String.valueOf(e.getMessage());
  }

  /** Writes a log of three unsynced frames, each with two commits. */
  private void threeUnsyncedGroups() throws IOException {
    LogStore store = LogStore.open(storage);
    for (long version = 1; version <= 6; version += 2) {
      store.addBytes(version, 20);
      store.addBytes(version + 1, 30);
      store.log.write();
    }
    storage.kill();
  }

  @Test
  void aTailCutAtAnyByteLeavesTheGroupsBeforeIt() throws IOException {
    threeUnsyncedGroups();
    byte[] whole = content(storage, 1);
    List<Long> offsets = frameOffsets(storage, 1);
    // The first frame is the mark that every log begins with.
    assertEquals(5, offsets.size());
    Random random = new Random(1);
    for (int group = 0; group < 3; group++) {
      int from = (int) (long) offsets.get(group + 1);
      int to = (int) (long) offsets.get(group + 2);
      for (int at = from; at < to; at++) {
        if (at + 8 > to && whole[at] == 0) {
          continue; // Padding.
        }
        byte[] zeroed = whole.clone();
        Arrays.fill(zeroed, at, zeroed.length, (byte) 0);
        byte[] flipped = whole.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        byte[] garbage = whole.clone();
        byte[] noise = new byte[garbage.length - at];
        random.nextBytes(noise);
        noise[0] = (byte) ~whole[at];
        System.arraycopy(noise, 0, garbage, at, noise.length);
        for (byte[] damaged : List.of(zeroed, flipped, garbage)) {
          assertEquals(upTo(2L * group), versionsIn(damaged), "group " + group + " at " + at);
        }
      }
    }
  }

  private List<Long> versionsIn(byte[] damaged) throws IOException {
    MemoryStorage copy = storage.copy();
    copy.put(FileNames.log(1), damaged);
    List<Long> versions = new ArrayList<>();
    LogReplay.run(
        copy,
        LogStore.STORE,
        LogStore.read(copy).adopted(),
        0,
        (version, timeMs, bytes, offset, length) -> versions.add(version));
    return versions;
  }

  @Test
  void aLostFrameTakesAllLaterOnesWithIt() throws IOException {
    threeUnsyncedGroups();
    List<Long> offsets = frameOffsets(storage, 1);
    byte[] damaged = content(storage, 1);
    damaged[(int) (long) offsets.get(2) + 70] ^= 1;
    MemoryStorage copy = storage.copy();
    copy.put(FileNames.log(1), damaged);
    try (LogStore store = LogStore.open(copy)) {
      assertEquals(upTo(2), store.versions());
      assertEquals(offsets.get(2), store.result.end().offset());
      assertEquals(offsets.get(4) - offsets.get(2), store.result.tornBytes());
    }
  }

  @Test
  void aTornTailIsLoggedWithItsBytesAndItsPosition() throws IOException {
    threeUnsyncedGroups();
    List<Long> offsets = frameOffsets(storage, 1);
    byte[] damaged = content(storage, 1);
    damaged[(int) (offsets.get(3) + 70)] ^= 1;
    storage.put(FileNames.log(1), damaged);
    List<String> messages = new ArrayList<>();
    Handler handler = new Captured(messages);
    QuietLogs.LOGGER.addHandler(handler);
    try {
      LogStore.open(storage).close();
    } finally {
      QuietLogs.LOGGER.removeHandler(handler);
    }
    assertEquals(
        List.of(
            "WARNING memory: cut the torn tail of the log, 64 bytes, at 000001.log at offset "
                + offsets.get(3)
                + ", after version 4"),
        messages);
  }

  private static final class Captured extends Handler {
    private final List<String> messages;

    Captured(List<String> messages) {
      this.messages = messages;
    }

    @Override
    public void publish(LogRecord entry) {
      messages.add(entry.getLevel() + " " + new SimpleFormatter().formatMessage(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void damageBeforeAFrameThatProvesItWasSyncedIsRefused() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.commit(2);
    store.log.sync();
    store.commit(3);
    storage.kill();
    List<Long> offsets = frameOffsets(storage, 1);
    byte[] whole = content(storage, 1);
    // The mark, version 1 and version 2 were synced: damage to any byte must be found.
    for (int frame = 0; frame < 3; frame++) {
      byte[] damaged = whole.clone();
      damaged[(int) (offsets.get(frame) + 20)] ^= 1;
      String message = refusal(storage, 1, damaged);
      assertTrue(message.contains("000001.log at offset " + offsets.get(frame)), message);
      assertTrue(message.contains("after version " + Math.max(0, frame - 1)), message);
      assertTrue(message.contains("the frame in 000001.log at offset "), message);
    }
    byte[] tail = whole.clone();
    tail[(int) (offsets.get(3) + 20)] ^= 1;
    assertEquals(upTo(2), versionsAfter(storage, 1, tail));
  }

  @Test
  void damageBeforeALaterSegmentThatProvesItWasSyncedIsRefused() throws IOException {
    LogStore store = LogStore.open(storage);
    long version = 0;
    while (!store.calls.contains("adopt 3")) {
      store.commit(++version);
      store.log.sync();
    }
    store.commit(++version);
    storage.kill();
    byte[] whole = content(storage, 1);
    for (int i = 0; i < 50; i++) {
      byte[] damaged = whole.clone();
      int at = LogFormat.FRAMES_START + i * 200;
      Arrays.fill(damaged, at, damaged.length, (byte) 0);
      String message = refusal(storage, 1, damaged);
      assertTrue(message.startsWith("000001.log at offset "), message);
      assertTrue(message.contains("the frame in 00000"), message);
    }
  }

  @Test
  void damageInAClosedSegmentThatIsNeededIsRefused() throws IOException {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    for (long version = 1; version <= 20; version++) {
      store.addBytes(version, 1000);
      store.log.write();
    }
    store.log.sync();
    AdoptedSegment first = LogStore.read(storage).adopted().getFirst();
    assertFalse(first.isOpen());
    // Nothing follows: only the recorded end proves the damage.
    storage.delete(FileNames.log(2));
    storage.put(FileNames.log(2), new byte[32 << 10]);
    byte[] damaged = content(storage, 1);
    damaged[6000] ^= 1;
    storage.kill();
    String message = refusal(storage, 1, damaged);
    assertTrue(message.contains("000001.log at offset 5"), message);
  }

  @Test
  void damageInAClosedSegmentThatIsInTablesDoesNotMatter() throws IOException {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    for (long version = 1; version <= 20; version++) {
      store.addBytes(version, 1000);
      store.log.write();
    }
    store.log.sync();
    store.flush(15);
    byte[] damaged = content(storage, 1);
    damaged[6000] ^= 1;
    storage.put(FileNames.log(1), damaged);
    storage.kill();
    try (LogStore again = LogStore.open(storage)) {
      assertEquals(LongStream.rangeClosed(16, 20).boxed().toList(), again.versions());
    }
  }

  @Test
  void damageAfterTheLastMarkLooksLikeATornTail() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.log.sync();
    store.commit(2);
    store.log.sync();
    storage.kill();
    // Version 2 is durable and was acknowledged, but nothing written since records that.
    byte[] damaged = content(storage, 1);
    damaged[(int) (frameOffsets(storage, 1).get(2) + 20)] ^= 1;
    assertEquals(upTo(1), versionsAfter(storage, 1, damaged));
  }

  @Test
  void withAMarkTheLastGroupIsProtectedToo() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.log.sync();
    store.commit(2);
    store.log.sync();
    store.log.mark();
    store.log.sync();
    storage.kill();
    byte[] damaged = content(storage, 1);
    damaged[(int) (frameOffsets(storage, 1).get(2) + 20)] ^= 1;
    assertTrue(refusal(storage, 1, damaged).contains("after version 1"));
  }

  @Test
  void closingProtectsEverything() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.commit(2);
    store.close();
    List<Long> offsets = frameOffsets(storage, 1);
    for (int frame = 0; frame + 1 < offsets.size(); frame++) {
      byte[] damaged = content(storage, 1);
      damaged[(int) (offsets.get(frame) + 20)] ^= 1;
      assertTrue(refusal(storage, 1, damaged).contains("offset " + offsets.get(frame)));
    }
  }

  @Test
  void aDamagedHeaderBeforeFramesIsRefused() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    storage.kill();
    for (int at = 0; at < LogFormat.HEADER_BYTES; at++) {
      byte[] damaged = content(storage, 1);
      damaged[at] ^= 1;
      String message = refusal(storage, 1, damaged);
      assertTrue(message.startsWith("000001.log at offset "), message);
    }
  }

  @Test
  void aFileThatWasCutIsRefused() throws IOException {
    threeUnsyncedGroups();
    byte[] whole = content(storage, 1);
    for (int length : new int[] {LogFormat.HEADER_BYTES, 4096, 4160, 4300, 8192, 16383}) {
      String message = refusal(storage, 1, Arrays.copyOf(whole, length));
      assertTrue(message.contains("expected 16384, found " + length), message);
    }
  }

  @Test
  void aDamagedHeaderOfAnUnusedSegmentDoesNotMatter() throws IOException {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    store.commit(1);
    store.log.sync();
    store.commit(2);
    storage.kill();
    byte[] damaged = content(storage, 2);
    damaged[3] ^= 1;
    assertEquals(upTo(2), versionsAfter(storage, 2, damaged));
  }

  @Test
  void aMissingSegmentIsRefused() throws IOException {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    store.commit(1);
    storage.kill();
    for (long fileId = 1; fileId <= 2; fileId++) {
      MemoryStorage copy = storage.copy();
      copy.delete(FileNames.log(fileId));
      EngineException e = assertThrows(EngineException.class, () -> LogStore.open(copy));
      assertEquals(Failure.CORRUPTION, e.failure());
      assertTrue(String.valueOf(e.getMessage()).contains(FileNames.log(fileId)), e.getMessage());
    }
  }

  @Test
  void aSegmentOfANewerFormatIsRefused() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    storage.kill();
    byte[] newer = content(storage, 1);
    newer[8] = LogFormat.FORMAT_VERSION + 1;
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(newer, 0, 92);
    for (int i = 0; i < 4; i++) {
      newer[92 + i] = (byte) (crc.getValue() >>> (8 * i));
    }
    storage.put(FileNames.log(1), newer);
    EngineException e = assertThrows(EngineException.class, () -> LogStore.open(storage));
    assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure());
  }

  @Test
  void framesOfAnotherOffsetOrFileOrStoreAreInvalid() throws IOException {
    LogStore store = LogStore.open(storage);
    store.addBytes(1, 100);
    store.log.write();
    store.addBytes(2, 100);
    store.log.write();
    storage.kill();
    List<Long> offsets = frameOffsets(storage, 1);
    int first = (int) (long) offsets.get(1);
    int second = (int) (long) offsets.get(2);
    byte[] moved = content(storage, 1);
    System.arraycopy(moved, first, moved, second, second - first);
    assertEquals(upTo(1), versionsIn(moved));

    try (FrameCursor other = FrameCursor.open(storage, new java.util.UUID(1, 2), 1)) {
      assertEquals(FrameCursor.Found.NOTHING, other.look());
    }
    storage.put(FileNames.log(9), content(storage, 1));
    try (FrameCursor other = FrameCursor.open(storage, LogStore.STORE, 9)) {
      assertEquals(FrameCursor.Found.NOTHING, other.look());
    }
  }

  @Test
  void onlyCommitsThatAreNotInTablesAreReplayed() throws IOException {
    LogStore store = LogStore.open(storage, LogStore.SMALL, LogStore.AT_ONCE);
    for (long version = 1; version <= 300; version++) {
      store.commit(version);
    }
    store.log.sync();
    storage.kill();
    List<AdoptedSegment> adopted = LogStore.read(storage).adopted();
    for (long flushed = 0; flushed <= 300; flushed += 7) {
      List<Long> versions = new ArrayList<>();
      ReplayResult result =
          LogReplay.run(
              storage,
              LogStore.STORE,
              adopted,
              flushed,
              (version, timeMs, bytes, offset, length) -> versions.add(version));
      assertEquals(LongStream.rangeClosed(flushed + 1, 300).boxed().toList(), versions);
      assertEquals(300, result.lastVersion());
    }
  }

  @Test
  void theTailThatWasNotKnownToBeSyncedIsReported() throws IOException {
    LogStore store = LogStore.open(storage);
    store.commit(1);
    store.log.sync();
    store.commit(2);
    store.commit(3);
    storage.kill();
    List<Long> offsets = frameOffsets(storage, 1);
    ReplayResult result =
        LogReplay.run(
            storage, LogStore.STORE, LogStore.read(storage).adopted(), 0, (v, t, b, o, l) -> {});
    assertEquals(new LogPosition(1, offsets.get(2)), result.synced());
    assertEquals(1, result.syncedVersion());
    assertEquals(2, result.unsyncedGroups());
    assertEquals(new LogPosition(1, offsets.get(4)), result.end());
    assertEquals(List.of(new AdoptedSegment(1, offsets.get(2), 1)), result.ended());
    assertEquals(0, result.tornBytes());
  }
}

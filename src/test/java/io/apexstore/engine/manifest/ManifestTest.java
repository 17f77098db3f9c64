package io.apexstore.engine.manifest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final UUID STORE = new UUID(0x0123456789abcdefL, 0x8899aabbccddeeffL);
  private static final long FILE_ID = 42;
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final MemoryStorage storage = new MemoryStorage();
  private final List<Integer> editOffsets = new ArrayList<>();
  private final List<String> states = new ArrayList<>();

  private static String text(StoreState state) {
    return state.toEdit().toString();
  }

  private StoreState read() throws IOException {
    return ManifestReader.open(storage, FileNames.MANIFEST).readToEnd();
  }

  private byte[] manifest() {
    byte[] bytes = storage.contents().get(FileNames.MANIFEST);
    assertTrue(bytes != null);
    return bytes;
  }

  /** Writes a manifest of random edits; records each edit's offset and the state after it. */
  private byte[] write(int edits, long seed) throws IOException {
    RandomEdits random = new RandomEdits(seed);
    random.next();
    editOffsets.add(FileHeader.BYTES);
    states.add(text(random.state()));
    try (ManifestWriter writer = ManifestWriter.replace(storage, STORE, FILE_ID, random.state())) {
      for (int i = 0; i < edits; i++) {
        editOffsets.add((int) writer.size());
        writer.append(random.next());
        states.add(text(random.state()));
      }
    }
    return manifest();
  }

  @Test
  void editsAreReadAsTheyWereWritten() throws IOException {
    RandomEdits random = new RandomEdits(SEED);
    List<VersionEdit> edits = new ArrayList<>();
    try (ManifestWriter writer =
        ManifestWriter.replace(storage, STORE, FILE_ID, StoreState.EMPTY)) {
      for (int i = 0; i < 200; i++) {
        edits.add(random.next());
        writer.append(edits.getLast());
      }
    }
    ManifestReader reader = ManifestReader.open(storage, FileNames.MANIFEST);
    assertEquals(STORE, reader.header().storeId());
    assertEquals(FILE_ID, reader.header().fileId());
    assertTrue(reader.next());
    assertEquals(StoreState.EMPTY.toEdit().toString(), reader.edit().toString());
    for (VersionEdit edit : edits) {
      assertTrue(reader.next(), "seed " + SEED);
      assertEquals(edit.toString(), reader.edit().toString(), "seed " + SEED);
    }
    assertFalse(reader.next());
    assertEquals(0, reader.tornBytes());
    assertEquals(text(random.state()), text(read()), "seed " + SEED);
  }

  @Test
  void aStateEqualsTheResultOfItsEdit() {
    RandomEdits random = new RandomEdits(SEED);
    for (int i = 0; i < 200; i++) {
      random.next();
      StoreState state = random.state();
      StoreState again = StoreState.EMPTY.with(state.toEdit());
      assertEquals(text(state), text(again), "seed " + SEED);
      assertEquals(state.isClean(), again.isClean(), "seed " + SEED);
      assertEquals(state.nextKeyspaceId(), again.nextKeyspaceId(), "seed " + SEED);
    }
  }

  @Test
  void aTornLastEditIsCutOff() throws IOException {
    byte[] whole = write(5, SEED);
    int last = editOffsets.getLast();
    int end = whole.length - ManifestFormat.DONE_BYTES;
    Random random = new Random(SEED);
    for (int length = last; length < end; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      storage.put(FileNames.MANIFEST, cut);
      assertEquals(states.get(4), text(read()), "cut at " + length + ", seed " + SEED);
      byte[] zeros = Arrays.copyOf(cut, whole.length);
      if (!Arrays.equals(zeros, 0, end, whole, 0, end)) {
        storage.put(FileNames.MANIFEST, zeros);
        assertEquals(states.get(4), text(read()), "zeros from " + length + ", seed " + SEED);
      }
      byte[] garbage = new byte[whole.length + 100];
      random.nextBytes(garbage);
      System.arraycopy(cut, 0, garbage, 0, length);
      if (!Arrays.equals(garbage, 0, end, whole, 0, end)) {
        storage.put(FileNames.MANIFEST, garbage);
        assertEquals(states.get(4), text(read()), "garbage from " + length + ", seed " + SEED);
      }
    }
  }

  @Test
  void damageToAnyEditIsReportedAndNothingIsChanged() throws IOException {
    byte[] whole = write(5, SEED);
    editOffsets.add(whole.length);
    for (int number = 0; number <= 5; number++) {
      int end = editOffsets.get(number + 1) - ManifestFormat.DONE_BYTES;
      for (int at = editOffsets.get(number); at < end; at++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 0x10;
        storage.put(FileNames.MANIFEST, damaged);
        EngineException e = assertThrows(EngineException.class, this::read, "byte " + at);
        assertEquals(Failure.CORRUPTION, e.failure());
        String message = String.valueOf(e.getMessage());
        assertTrue(
            message.startsWith("MANIFEST at offset " + editOffsets.get(number) + ":"), message);
        assertTrue(message.contains("expected") && message.contains("found"), message);
        assertArrayEquals(damaged, manifest());
      }
    }
  }

  @Test
  void damageToAnEndMarkIsIgnored() throws IOException {
    byte[] whole = write(5, SEED);
    editOffsets.add(whole.length);
    for (int next : editOffsets.subList(1, editOffsets.size())) {
      for (int at = next - ManifestFormat.DONE_BYTES; at < next; at++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 0x10;
        storage.put(FileNames.MANIFEST, damaged);
        assertEquals(states.getLast(), text(read()), "byte " + at + ", seed " + SEED);
      }
    }
    int end = whole.length - ManifestFormat.DONE_BYTES;
    for (int length = end; length < whole.length; length++) {
      storage.put(FileNames.MANIFEST, Arrays.copyOf(whole, length));
      assertEquals(states.getLast(), text(read()), "cut at " + length + ", seed " + SEED);
    }
  }

  @Test
  void anEditWithoutEndMarkIsValidAndTheLastOfItsFile() throws IOException {
    FaultStorage faulty = new FaultStorage(storage);
    VersionEdit edit = VersionEdit.builder().nextFileId(5).build();
    try (ManifestWriter writer = ManifestWriter.replace(faulty, STORE, FILE_ID, StoreState.EMPTY)) {
      faulty.failNth(Kind.APPEND, 2, "planted");
      writer.append(edit);
      assertFalse(writer.isUsable());
      assertThrows(IOException.class, () -> writer.append(edit));
    }
    assertEquals(5, read().nextFileId());
  }

  @Test
  void anEditFromAnotherPositionIsNotAccepted() throws IOException {
    byte[] whole = write(3, SEED);
    byte[] repeated = Arrays.copyOf(whole, whole.length + whole.length - editOffsets.getLast());
    System.arraycopy(
        whole, editOffsets.getLast(), repeated, whole.length, whole.length - editOffsets.getLast());
    storage.put(FileNames.MANIFEST, repeated);
    ManifestReader reader = ManifestReader.open(storage, FileNames.MANIFEST);
    assertEquals(states.getLast(), text(reader.readToEnd()));
    assertEquals(whole.length - editOffsets.getLast(), reader.tornBytes());
  }

  @Test
  void aDamagedHeaderIsCorruption() throws IOException {
    byte[] whole = write(1, SEED);
    for (int at = 0; at < FileHeader.BYTES; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      storage.put(FileNames.MANIFEST, damaged);
      EngineException e = assertThrows(EngineException.class, this::read, "byte " + at);
      assertEquals(Failure.CORRUPTION, e.failure());
    }
    for (int length = 0; length < FileHeader.BYTES + ManifestFormat.EDIT_HEADER_BYTES; length++) {
      storage.put(FileNames.MANIFEST, Arrays.copyOf(whole, length));
      EngineException e = assertThrows(EngineException.class, this::read, "length " + length);
      assertEquals(Failure.CORRUPTION, e.failure());
    }
  }

  @Test
  void aChangeFromANewerBuildIsUnsupportedNotDamage() {
    byte[] payload = {99, 1, 2, 3};
    EngineException e =
        assertThrows(EngineException.class, () -> VersionEditCodec.decode("MANIFEST", 0, payload));
    assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure());
  }

  @Test
  void anEditThatEndsTooEarlyIsCorruption() {
    byte[] payload = VersionEditCodec.encode(new RandomEdits(SEED).next());
    for (int length = 1; length < payload.length; length++) {
      int cut = length;
      try {
        VersionEditCodec.decode("MANIFEST", 0, Arrays.copyOf(payload, cut));
      } catch (EngineException e) {
        assertEquals(Failure.CORRUPTION, e.failure());
      }
    }
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> VersionEditCodec.decode("MANIFEST", 0, Arrays.copyOf(payload, 2)));
    assertEquals(Failure.CORRUPTION, e.failure());
  }

  @Test
  void anEditThatDoesNotFitIsRefusedByStateAndReader() throws IOException {
    VersionEdit misfit = VersionEdit.builder().dropLog(7).build();
    assertThrows(IllegalArgumentException.class, () -> StoreState.EMPTY.with(misfit));
    try (ManifestWriter writer =
        ManifestWriter.replace(storage, STORE, FILE_ID, StoreState.EMPTY)) {
      writer.append(misfit);
    }
    EngineException e = assertThrows(EngineException.class, this::read);
    assertEquals(Failure.CORRUPTION, e.failure());
    assertTrue(String.valueOf(e.getMessage()).contains("log 7 dropped"), e.getMessage());
  }

  @Test
  void anyEditEndsTheCleanState() {
    StoreState clean = StoreState.EMPTY.with(VersionEdit.builder().cleanShutdown(9).build());
    assertTrue(clean.isClean());
    assertEquals(9, clean.cleanVersion());
    assertFalse(clean.with(VersionEdit.builder().nextFileId(2).build()).isClean());
  }

  @Test
  void aHistoryHasOneMarkForEachPartWithVersionsAndABoundedNumberOfThem() {
    StoreState.Replay replay = new StoreState.Replay(StoreState.EMPTY);
    int parts = StoreState.HISTORY_MARKS_MAX + 10;
    for (int i = 1; i <= parts; i++) {
      for (int id : new int[] {-i, i}) {
        HistoryMark mark = new HistoryMark(10L * i, 10L * i, id);
        replay.apply(VersionEdit.builder().beginHistory(mark).build());
      }
    }
    List<HistoryMark> history = replay.state().history();
    assertEquals(StoreState.HISTORY_MARKS_MAX, history.size());
    assertEquals(new HistoryMark(110, 110, 11), history.getFirst());
    assertEquals(new HistoryMark(10L * parts, 10L * parts, parts), history.getLast());
    assertThrows(
        IllegalArgumentException.class,
        () -> replay.apply(VersionEdit.builder().beginHistory(new HistoryMark(1, 1, 1)).build()));
  }

  @Test
  void aFailedSyncIsNeverRetried() throws IOException {
    FaultStorage faulty = new FaultStorage(storage);
    ManifestWriter writer = ManifestWriter.replace(faulty, STORE, FILE_ID, StoreState.EMPTY);
    faulty.failNth(Kind.APPEND_SYNC, 1, "planted");
    FaultStorage.Rule syncs = faulty.before(Kind.APPEND_SYNC, (kind, name) -> {});
    FaultStorage.Rule appends = faulty.before(Kind.APPEND, (kind, name) -> {});
    VersionEdit edit = VersionEdit.builder().nextFileId(5).build();
    assertThrows(IOException.class, () -> writer.append(edit));
    assertFalse(writer.isUsable());
    long synced = syncs.seen();
    long appended = appends.seen();
    assertThrows(IOException.class, () -> writer.append(edit));
    assertEquals(synced, syncs.seen());
    assertEquals(appended, appends.seen());
    writer.close();
  }

  @Test
  void aFullDiskLeavesTheOldManifestWhereItIs() throws IOException {
    write(3, SEED);
    byte[] before = manifest();
    FaultStorage faulty = new FaultStorage(storage);
    faulty.before(
        Kind.APPEND,
        (kind, name) -> {
          throw new DiskFullException("planted", null);
        });
    ManifestWriter.NotReplacedException e =
        assertThrows(
            ManifestWriter.NotReplacedException.class,
            () -> ManifestWriter.replace(faulty, STORE, 43, StoreState.EMPTY));
    assertEquals(Failure.DISK_FULL, e.failure());
    assertArrayEquals(before, manifest());
    assertEquals(List.of(FileNames.MANIFEST), storage.list());
  }

  @Test
  void aLeftoverTemporaryManifestIsOverwritten() throws IOException {
    storage.put(FileNames.MANIFEST_TEMPORARY, new byte[] {1, 2, 3});
    write(2, SEED);
    assertEquals(states.getLast(), text(read()));
    assertEquals(List.of(FileNames.MANIFEST), storage.list());
  }

  @Test
  @Tag("crash")
  void aPowerCutLeavesTheStateBeforeOrAfterTheEditUnderWay() throws IOException {
    CrashStorage recorded = new CrashStorage();
    RandomEdits random = new RandomEdits(SEED);
    List<String> reached = new ArrayList<>();
    for (int manifest = 0; manifest < 3; manifest++) {
      reached.add(text(random.state()));
      try (ManifestWriter writer =
          ManifestWriter.replace(recorded, STORE, FILE_ID + manifest, random.state())) {
        recorded.acknowledged(reached.size() - 1L);
        for (int i = 0; i < 4; i++) {
          writer.append(random.next());
          reached.add(text(random.state()));
          recorded.acknowledged(reached.size() - 1L);
        }
      }
    }
    CrashImages images = recorded.images();
    for (int step = 0; step <= images.steps(); step++) {
      for (PowerCut policy : PowerCut.values()) {
        MemoryStorage image = images.at(step, policy, SEED + step);
        int acknowledged = (int) images.acknowledgedAt(step);
        String where = "step " + step + " " + policy + ", seed " + SEED;
        if (!image.list().contains(FileNames.MANIFEST)) {
          assertEquals(-1, acknowledged, where);
          continue;
        }
        String found = text(ManifestReader.open(image, FileNames.MANIFEST).readToEnd());
        int last = Math.min(acknowledged + 2, reached.size());
        assertTrue(reached.subList(Math.max(0, acknowledged), last).contains(found), where);
      }
    }
  }
}

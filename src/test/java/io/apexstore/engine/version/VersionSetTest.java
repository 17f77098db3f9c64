package io.apexstore.engine.version;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.options.KeyspaceOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VersionSetTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final List<PowerCut> CUTS = List.of(PowerCut.values());
  private static final byte[] ANYTHING = {1, 2, 3};

  private final MemoryStorage storage = new MemoryStorage();

  private static VersionEdit adding(TableMeta... tables) {
    VersionEdit.Builder edit = VersionEdit.builder();
    for (TableMeta table : tables) {
      edit.addTable(table);
    }
    return edit.build();
  }

  private Set<String> files() {
    return new TreeSet<>(storage.list());
  }

  private EngineException refused() {
    Map<String, byte[]> before = storage.contents();
    EngineException e =
        assertThrows(EngineException.class, () -> TestVersionSet.openUnstarted(storage));
    assertEquals(before.keySet(), storage.contents().keySet());
    before.forEach(
        (name, bytes) -> assertTrue(Arrays.equals(bytes, storage.contents().get(name)), name));
    return e;
  }

  @Test
  void anEmptyDirectoryBecomesAStoreThatKeepsItsId() {
    UUID id;
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      id = store.versions().storeId();
      assertEquals("empty\n", store.current().toString());
    }
    try (BlockCache cache = new BlockCache(0);
        VersionSet again = VersionSet.open(storage, cache, Runnable::run, UUID.randomUUID())) {
      assertEquals(id, again.storeId());
    }
  }

  @Test
  void noStoreIsCreatedWithoutAnId() {
    try (BlockCache cache = new BlockCache(0)) {
      EngineException e =
          assertThrows(
              EngineException.class,
              () -> VersionSet.open(storage, cache, Runnable::run, null).close());
      assertEquals(Failure.INVALID_REQUEST, e.failure());
      assertEquals(List.of(), storage.list());
    }
  }

  @Test
  void aMissingManifestIsNeverTakenForAnEmptyStore() throws IOException {
    for (String left : List.of("000007.sst", "000007.log")) {
      storage.put(left, ANYTHING);
      EngineException e = refused();
      assertEquals(Failure.CORRUPTION, e.failure());
      assertTrue(String.valueOf(e.getMessage()).contains(left), e.getMessage());
      storage.delete(left);
    }
  }

  @Test
  void filesThatACrashLeavesBeforeTheFirstManifestAreNoObstacle() throws IOException {
    storage.put(FileNames.MANIFEST_TEMPORARY, ANYTHING);
    storage.put(FileNames.LOCK, ANYTHING);
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(0, store.current().shape().tableCount());
      assertEquals(Set.of(FileNames.LOCK, FileNames.MANIFEST), files());
    }
  }

  @Test
  void aMissingTableOrLogSegmentIsNamedBeforeAnyOrphanIsDeleted() throws IOException {
    TableMeta table;
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
      storage.put(FileNames.log(900), ANYTHING);
      store.versions().logAndApply(VersionEdit.builder().adoptLog(900).build());
    }
    storage.put(FileNames.table(901), ANYTHING);
    for (String name : List.of(FileNames.table(table.fileId()), FileNames.log(900))) {
      byte[] content = storage.contents().get(name);
      storage.delete(name);
      EngineException e = refused();
      assertEquals(Failure.CORRUPTION, e.failure());
      assertTrue(String.valueOf(e.getMessage()).contains(name), e.getMessage());
      storage.put(name, Objects.requireNonNull(content));
    }
  }

  @Test
  void openReadsNoTableAndTheFirstReadOpensOneOnly() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta first = store.table(1, new Entry("a", 1, "x"));
      TableMeta second = store.table(1, new Entry("b", 1, "y"));
      store.versions().logAndApply(adding(first, second));
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(0, store.current().memoryBytes());
      Lookup onlyFromMemory = new Lookup();
      onlyFromMemory.start("a".getBytes(StandardCharsets.US_ASCII), 9, true);
      assertEquals(Outcome.NEEDS_DISK, store.current().get(onlyFromMemory));
      assertEquals(0, store.current().memoryBytes());
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      long one = store.current().memoryBytes();
      assertTrue(one > 0);
      List<EngineException> failures = new ArrayList<>();
      store.current().openTables(() -> false, failures::add);
      assertEquals(List.of(), failures);
      assertEquals(2 * one, store.current().memoryBytes());
    }
  }

  @Test
  void openDeletesOrphansAndNothingElse() throws IOException {
    TableMeta kept;
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      kept = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(kept));
      store.table(0, new Entry("b", 2, "orphan"));
    }
    storage.put(FileNames.log(77), ANYTHING);
    storage.put(FileNames.MANIFEST_TEMPORARY, ANYTHING);
    storage.put("notes.txt", ANYTHING);
    storage.put("7.sst", ANYTHING);
    storage.put("other.tmp", ANYTHING);
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      Set<String> expected = store.namedFiles();
      expected.addAll(Set.of("notes.txt", "7.sst", "other.tmp"));
      assertEquals(expected, files());
    }
  }

  @Test
  void fileIdsAreNeverIssuedTwiceNotEvenAfterACrash() {
    Set<Long> issued = new HashSet<>();
    for (int process = 0; process < 5; process++) {
      try (TestVersionSet store = TestVersionSet.open(storage)) {
        for (int i = 0; i < 1000; i++) {
          assertTrue(issued.add(store.versions().newFileId()));
        }
      }
      storage.kill();
    }
  }

  @Test
  void fileIdsAreAboveThoseInTheDirectory() throws IOException {
    TestVersionSet.open(storage).close();
    storage.put(FileNames.table(123_456_789), ANYTHING);
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertTrue(store.versions().newFileId() > 123_456_789);
    }
  }

  @Test
  void afterCloseNothingIsWrittenSinceTheDirectoryMayHaveAnotherOwner() {
    TestVersionSet store = TestVersionSet.open(storage);
    VersionSet closed = store.versions();
    store.close();
    byte[] before = Objects.requireNonNull(storage.contents().get(FileNames.MANIFEST));
    VersionEdit edit =
        VersionEdit.builder()
            .createKeyspace(new KeyspaceMeta(77, "late", KeyspaceOptions.defaults()))
            .build();
    EngineException e = assertThrows(EngineException.class, () -> closed.logAndApply(edit));
    assertEquals(Failure.CLOSED, e.failure());
    assertArrayEquals(before, storage.contents().get(FileNames.MANIFEST));
  }

  @Test
  void versionsGoOnAboveTheCeilingAfterACrash() {
    long ceiling;
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(0, store.versions().lastVersionBeforeOpen());
      store.versions().reserveVersions(5_000_000);
      ceiling = store.versions().versionCeiling();
      assertTrue(ceiling >= 5_000_000);
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(ceiling, store.versions().lastVersionBeforeOpen());
      assertTrue(store.versions().versionCeiling() > ceiling);
    }
  }

  @Test
  void versionsGoOnFromTheLastAfterAnOrderlyClose() {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      store.versions().markClean(41);
    }
    try (TestVersionSet store = TestVersionSet.openUnstarted(storage)) {
      assertTrue(store.versions().state().isClean());
      assertEquals(41, store.versions().lastVersionBeforeOpen());
      store.start();
      assertFalse(store.versions().state().isClean());
      assertEquals(41, store.versions().lastVersionBeforeOpen());
    }
    try (TestVersionSet store = TestVersionSet.openUnstarted(storage)) {
      assertFalse(store.versions().state().isClean());
    }
  }

  @Test
  void aRemovedTableIsReadableUntilItsLastReaderHasGone() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
      Version pinned = store.versions().retainCurrent(TestVersionSet.KEYSPACE);
      store.versions().logAndApply(VersionEdit.builder().removeTable(table).build());
      assertEquals(0, store.runCloser());
      assertNull(TestVersionSet.get(store.current(), "a", 9));
      assertEquals("x", TestVersionSet.get(pinned, "a", 9));
      assertTrue(files().contains(FileNames.table(table.fileId())));
      pinned.release();
      assertEquals(1, store.runCloser());
      assertFalse(files().contains(FileNames.table(table.fileId())));
      assertThrows(IllegalStateException.class, pinned::retain);
    }
  }

  @Test
  void aTableThatIsStillNamedIsClosedButNotDeleted() throws IOException {
    TableMeta table;
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
    }
    assertTrue(files().contains(FileNames.table(table.fileId())));
  }

  @Test
  void aMoveKeepsTheTableOpen() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
      store.versions().logAndApply(VersionEdit.builder().moveTable(table, 3).build());
      assertEquals(0, store.runCloser());
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      assertEquals(1, store.current().shape().level(3).size());
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      assertEquals(1, store.current().shape().level(3).size());
    }
  }

  @Test
  void theInstalledCallbackSeesTheNewVersionWhileTheOldOneIsRetained() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      Version before = store.current();
      List<Version> seen = new ArrayList<>();
      store
          .versions()
          .logAndApply(
              adding(table),
              () -> {
                seen.add(store.current());
                before.retain().release();
              });
      assertEquals(1, seen.size());
      assertSame(store.current(), seen.getFirst());
      assertThrows(IllegalStateException.class, before::retain);
    }
  }

  @Test
  void aDroppedKeyspaceKeepsItsTablesAndItsName() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
      store
          .versions()
          .logAndApply(VersionEdit.builder().dropKeyspace(TestVersionSet.KEYSPACE).build());
      store.runCloser();
      assertEquals(1, store.current().shape().tableCount());
      VersionEdit again =
          VersionEdit.builder()
              .createKeyspace(new KeyspaceMeta(77, "default", KeyspaceOptions.defaults()))
              .build();
      assertThrows(IllegalArgumentException.class, () -> store.versions().logAndApply(again));
      assertEquals(1, store.current().shape().tableCount());
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertTrue(store.versions().state().keyspaces().getFirst().dropped());
      store
          .versions()
          .logAndApply(
              VersionEdit.builder()
                  .changeKeyspace(TestVersionSet.KEYSPACE, KeyspaceOptions.defaults())
                  .build());
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertFalse(store.versions().state().keyspaces().getFirst().dropped());
    }
  }

  @Test
  void anEditThatDoesNotFitChangesNothing() throws IOException {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      TableMeta low = store.table(1, new Entry("a", 1, "x"), new Entry("m", 1, "x"));
      TableMeta overlapping = store.table(1, new Entry("k", 2, "y"), new Entry("z", 2, "y"));
      store.versions().logAndApply(adding(low));
      Version before = store.current();
      assertThrows(EngineException.class, () -> store.versions().logAndApply(adding(overlapping)));
      assertThrows(
          IllegalArgumentException.class,
          () -> store.versions().logAndApply(VersionEdit.builder().dropLog(5).build()));
      assertSame(before, store.current());
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(1, store.current().shape().tableCount());
    }
  }

  @Test
  void aFullDiskRejectsTheEditAndItCanBeRepeated() throws IOException {
    FaultStorage faulty = new FaultStorage(storage);
    try (TestVersionSet store = TestVersionSet.open(faulty)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      Version before = store.current();
      FaultStorage.Rule full =
          faulty.before(
              Kind.APPEND,
              (kind, name) -> {
                throw new DiskFullException("planted", null);
              });
      for (int i = 0; i < 3; i++) {
        EngineException e =
            assertThrows(EngineException.class, () -> store.versions().logAndApply(adding(table)));
        assertEquals(Failure.DISK_FULL, e.failure());
        assertSame(before, store.current());
        assertNull(store.versions().failure());
      }
      full.stop();
      store.versions().logAndApply(adding(table));
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      assertEquals(store.namedFiles(), files());
    }
  }

  @Test
  void aFailedSyncEndsAllWritingButNotReading() throws IOException {
    FaultStorage faulty = new FaultStorage(storage);
    try (TestVersionSet store = TestVersionSet.open(faulty)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(adding(table));
      TableMeta other = store.table(0, new Entry("b", 2, "y"));
      faulty.failNth(Kind.APPEND_SYNC, 1, "planted");
      for (int i = 0; i < 3; i++) {
        EngineException e =
            assertThrows(EngineException.class, () -> store.versions().logAndApply(adding(other)));
        assertEquals(Failure.STORAGE_FAILED, e.failure());
        assertTrue(store.versions().failure() != null);
      }
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
      assertNull(TestVersionSet.get(store.current(), "b", 9));
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals("x", TestVersionSet.get(store.current(), "a", 9));
    }
  }

  @Test
  void aManifestThatHasGrownLargeIsReplaced() {
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      long largest = 0;
      for (int i = 0; i < 40_000; i++) {
        store
            .versions()
            .logAndApply(
                VersionEdit.builder()
                    .flushedTo(1, i)
                    .versionCeiling(store.versions().versionCeiling() + 1)
                    .build());
        if (i % 1000 == 0) {
          byte[] manifest = storage.contents().get(FileNames.MANIFEST);
          largest = Math.max(largest, manifest == null ? 0 : manifest.length);
        }
      }
      assertTrue(largest < 1_200_000, "largest " + largest);
    }
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals(39_999, store.versions().state().keyspaces().getFirst().flushedTo());
    }
  }

  @Test
  @Tag("crash")
  void everyPowerCutLeavesAStoreThatOpensWithoutOrphans() throws IOException {
    CrashStorage recorded = new CrashStorage();
    Random random = new Random(SEED);
    int edits = 12;
    try (TestVersionSet store = TestVersionSet.open(recorded)) {
      List<TableMeta> live = new ArrayList<>();
      for (int i = 1; i <= edits; i++) {
        TableMeta table = store.table(0, new Entry("a", i, "v" + i));
        VersionEdit.Builder edit = VersionEdit.builder().addTable(table).flushedTo(1, i);
        live.add(table);
        while (live.size() > 2 && random.nextBoolean()) {
          edit.removeTable(live.removeFirst());
        }
        recorded.submitted(i);
        store.versions().logAndApply(edit.build());
        recorded.acknowledged(i);
        if (random.nextBoolean()) {
          store.runCloser();
        }
      }
    }
    CrashImages images = recorded.images();
    for (int step = 0; step <= images.steps(); step++) {
      PowerCut policy = CUTS.get(random.nextInt(CUTS.size()));
      MemoryStorage image = images.at(step, policy, SEED + step);
      String where = "seed " + SEED + " step " + step + " " + policy;
      for (int time = 0; time < 2; time++) {
        try (TestVersionSet store = TestVersionSet.open(image)) {
          long flushed = store.versions().state().keyspaces().getFirst().flushedTo();
          assertTrue(flushed >= images.acknowledgedAt(step), where);
          assertTrue(flushed <= Math.max(0, images.submittedAt(step)), where);
          String expected = flushed == 0 ? null : "v" + flushed;
          assertEquals(expected, TestVersionSet.get(store.current(), "a", 99), where);
          assertEquals(store.namedFiles(), new TreeSet<>(image.list()), where);
        }
      }
    }
  }
}

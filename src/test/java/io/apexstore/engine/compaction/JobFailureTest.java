package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.version.TestVersionSet;
import io.apexstore.engine.version.Version;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A job that fails changes nothing and leaves no files. */
class JobFailureTest {
  private final MemoryStorage storage = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(storage);
  private final TreeWorkload work = new TreeWorkload(faulty, 5, 300);

  /** Writes three tables to level 0, and returns the merge that is due. */
  private CompactionChoice.Merge dueMerge() {
    for (int i = 0; i < 3; i++) {
      work.write(100);
      work.flush();
    }
    return (CompactionChoice.Merge) new LeveledPolicy(TreeWorkload.OPTIONS).pick(work.state());
  }

  private void assertUnchanged(Version before) {
    assertEquals(before, work.store.current());
    assertEquals("", work.differences(before, work.published()));
    work.store.runCloser();
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()));
  }

  @Test
  void aFullDiskEndsACompactionAndRemovesItsOutputs() {
    CompactionChoice.Merge merge = dueMerge();
    Version before = work.store.current();
    for (Kind kind : new Kind[] {Kind.CREATE, Kind.APPEND}) {
      FaultStorage.Rule full =
          faulty.before(
              kind,
              (k, name) -> {
                throw new DiskFullException("planted", null);
              });
      EngineException e = assertThrows(EngineException.class, () -> work.merge(merge));
      assertEquals(Failure.DISK_FULL, e.failure());
      assertUnchanged(before);
      full.stop();
    }
    work.merge(merge);
    assertEquals("", work.differences(work.store.current(), work.published()));
  }

  @Test
  void aFullDiskEndsAFlushAndItCanBeRepeated() {
    work.write(100);
    Version before = work.store.current();
    FaultStorage.Rule full =
        faulty.before(
            Kind.APPEND,
            (kind, name) -> {
              throw new DiskFullException("planted", null);
            });
    EngineException e = assertThrows(EngineException.class, work::flush);
    assertEquals(Failure.DISK_FULL, e.failure());
    assertEquals(before, work.store.current());
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()));
    full.stop();
    work.flush();
    assertEquals("", work.differences(work.store.current(), work.published()));
  }

  @Test
  void aFailedSyncOfAnOutputEndsTheJobAndIsNotRepeatedOnThatFile() {
    CompactionChoice.Merge merge = dueMerge();
    Version before = work.store.current();
    Set<String> synced = new TreeSet<>();
    faulty.before(
        Kind.APPEND_SYNC,
        (kind, name) -> {
          assertTrue(synced.add(name), name + " was synced again");
          throw new IOException("planted");
        });
    EngineException e = assertThrows(EngineException.class, () -> work.merge(merge));
    assertEquals(Failure.STORAGE_FAILED, e.failure());
    assertEquals(1, synced.size());
    assertUnchanged(before);
  }

  @Test
  void whenTheManifestCannotBeWrittenTheOutputsStaySinceItMayNameThem() {
    work.write(100);
    faulty.before(
        Kind.APPEND_SYNC,
        FileNames.MANIFEST_TEMPORARY::equals,
        (kind, name) -> {
          throw new IOException("planted");
        });
    EngineException e = assertThrows(EngineException.class, work::flush);
    assertEquals(Failure.STORAGE_FAILED, e.failure());
    work.store.close();
    storage.kill();
    try (TestVersionSet store = TestVersionSet.open(storage)) {
      assertEquals("", work.differences(store.current(), work.published()));
      assertEquals(store.namedFiles(), new TreeSet<>(storage.list()));
    }
  }

  @Test
  void anErrorAfterTheManifestNamesTheOutputsKeepsThem() {
    assertOutputsStayAfter(
        () -> {
          throw new OutOfMemoryError("planted");
        });
  }

  @Test
  void anExceptionAfterTheManifestNamesTheOutputsKeepsThem() {
    assertOutputsStayAfter(
        () -> {
          throw new IllegalArgumentException("planted");
        });
  }

  private void assertOutputsStayAfter(Runnable planted) {
    CompactionChoice.Merge merge = dueMerge();
    assertThrows(Throwable.class, () -> work.merge(merge, planted));
    assertEquals("", work.differences(work.store.current(), work.published()));
    work.store.runCloser();
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()));
  }

  @Test
  void aDamagedInputEndsTheCompactionAndTheInputsStay() throws IOException {
    CompactionChoice.Merge merge = dueMerge();
    work.store.close();
    TableMeta damaged = merge.inputs().get(1);
    String name = FileNames.table(damaged.fileId());
    byte[] bytes = Objects.requireNonNull(storage.contents().get(name)).clone();
    bytes[1000] ^= 1;
    storage.put(name, bytes);

    TreeWorkload again = new TreeWorkload(storage, 6, 300);
    EngineException e = assertThrows(EngineException.class, () -> again.merge(merge));
    assertEquals(Failure.CORRUPTION, e.failure());
    assertTrue(String.valueOf(e.getMessage()).contains(name), e.getMessage());
    assertEquals(merge.inputs().size(), again.store.current().shape().level(0).size());
    assertEquals(again.store.namedFiles(), new TreeSet<>(storage.list()));
    assertThrows(
        EngineException.class, () -> TestVersionSet.scan(again.store.current(), 999, null, null));
    again.store.close();
  }

  @Test
  void aCompactionDoesNotStartWhenTheStoreIsClosing() {
    CompactionChoice.Merge merge = dueMerge();
    Version before = work.store.current();
    work.cancel();
    assertThrows(CancellationException.class, () -> work.merge(merge));
    assertEquals(0, work.pacedBytes());
    assertUnchanged(before);
  }

  @Test
  void aRunningCompactionGivesUpWhenTheStoreCloses() {
    TreeWorkload large = new TreeWorkload(faulty, 5, 30_000);
    for (int i = 0; i < 3; i++) {
      large.write(15_000);
      large.flush();
    }
    Version before = large.store.current();
    large.cancelAfter(300_000);
    assertThrows(CancellationException.class, large::compactOnce);
    assertTrue(large.pacedBytes() >= 300_000);
    assertEquals(before, large.store.current());
    assertEquals(large.store.namedFiles(), new TreeSet<>(storage.list()));
    large.store.close();
  }

  @Test
  void aJobWhoseEditDoesNotFitLeavesNothing() {
    CompactionChoice.Merge merge = dueMerge();
    AtomicBoolean removed = new AtomicBoolean();
    // While the merge writes, one of its inputs is removed.
    FaultStorage.Rule rule =
        faulty.before(
            Kind.CREATE,
            (k, name) -> {
              if (removed.compareAndSet(false, true)) {
                TableMeta input = merge.inputs().getFirst();
                work.store.versions().logAndApply(VersionEdit.builder().removeTable(input).build());
              }
            });
    assertThrows(IllegalArgumentException.class, () -> work.merge(merge));
    assertTrue(removed.get());
    rule.stop();
    assertNoStrayFiles();
    work.write(10);
    // The keyspace is flushed further than what is flushed now.
    work.store
        .versions()
        .logAndApply(VersionEdit.builder().flushedTo(TestVersionSet.KEYSPACE, 1L << 40).build());
    assertThrows(IllegalArgumentException.class, work::flush);
    assertNoStrayFiles();
    assertEquals(2, work.store.current().shape().tableCount());
  }

  private void assertNoStrayFiles() {
    work.store.runCloser();
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()));
  }
}

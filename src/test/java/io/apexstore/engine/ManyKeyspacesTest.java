package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Keyspaces that no one writes to cost nothing, and those that are flushed together share syncs.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class ManyKeyspacesTest {
  private static final int KEYSPACES = 400;

  private final MemoryStorage files = new MemoryStorage();
  private final FaultStorage counted = new FaultStorage(files);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<KeyspaceTree> createAll(LsmEngine engine) {
    List<KeyspaceTree> trees = new ArrayList<>();
    for (int i = 0; i < KEYSPACES; i++) {
      trees.add(engine.keyspace("keyspace-" + i));
    }
    return trees;
  }

  private static void put(LsmEngine engine, KeyspaceTree tree, String value) {
    Batch batch = new Batch(64);
    batch.put(tree.id(), bytes("key"), 0, MemorySegment.ofArray(bytes(value)));
    batch.seal();
    engine.commit(batch, null);
  }

  private static String get(LsmEngine engine, KeyspaceTree tree) {
    Lookup lookup = new Lookup();
    lookup.start(bytes("key"), Long.MAX_VALUE, false);
    assertEquals(Lookup.Outcome.FOUND, engine.get(tree, lookup));
    return new String(Objects.requireNonNull(lookup.value()), StandardCharsets.UTF_8);
  }

  private FaultStorage.Rule count(Kind kind, String suffix) {
    return counted.before(kind, name -> name.endsWith(suffix), (k, name) -> {});
  }

  private int manifestBytes() {
    return Objects.requireNonNull(files.contents().get(FileNames.MANIFEST)).length;
  }

  @Test
  void aFlushOfManyKeyspacesIsOneEditAndOneSyncOfTheDirectory() {
    try (TestStore store = TestStore.open(counted, SyncMode.GROUP)) {
      List<KeyspaceTree> trees = createAll(store.engine());
      for (KeyspaceTree tree : trees) {
        put(store.engine(), tree, "1");
      }
      FaultStorage.Rule tables = count(Kind.APPEND_SYNC, FileNames.TABLE_SUFFIX);
      FaultStorage.Rule directory = count(Kind.SYNC_DIRECTORY, "");
      FaultStorage.Rule manifest = count(Kind.APPEND_SYNC, FileNames.MANIFEST);
      FaultStorage.Rule log = count(Kind.REGION_SYNC, FileNames.LOG_SUFFIX);
      store.engine().flush();
      assertEquals(KEYSPACES, tables.seen());
      // The flush may begin before the last memtable is sealed: then there are two groups. File ids
      // are reserved by 256. A log segment that is dropped afterwards needs some of each, too.
      assertTrue(directory.seen() <= 6, directory.seen() + " syncs of the directory");
      assertTrue(manifest.seen() <= 8, manifest.seen() + " syncs of the manifest");
      assertTrue(log.seen() <= 4, log.seen() + " syncs of the log");
      assertEquals(KEYSPACES, store.engine().stats().writes().flushes());
    }
  }

  @Test
  void closingWithManyChangedKeyspacesSharesSyncsToo() {
    TestStore store = TestStore.open(counted, SyncMode.GROUP);
    List<KeyspaceTree> trees = createAll(store.engine());
    for (KeyspaceTree tree : trees) {
      put(store.engine(), tree, "1");
    }
    FaultStorage.Rule directory = count(Kind.SYNC_DIRECTORY, "");
    FaultStorage.Rule manifest = count(Kind.APPEND_SYNC, FileNames.MANIFEST);
    store.close();
    assertTrue(directory.seen() <= 8, directory.seen() + " syncs of the directory");
    assertTrue(manifest.seen() <= 12, manifest.seen() + " syncs of the manifest");
    try (TestStore again = TestStore.open(counted, SyncMode.GROUP)) {
      for (int i = 0; i < KEYSPACES; i++) {
        KeyspaceTree tree = again.engine().keyspace("keyspace-" + i);
        assertEquals("1", get(again.engine(), tree));
      }
    }
  }

  @Test
  void aFlushOfOneKeyspaceWritesNothingForTheOthers() {
    try (TestStore store = TestStore.open(counted, SyncMode.GROUP)) {
      createAll(store.engine());
      for (int i = 0; i < 3; i++) {
        store.put("key", "value " + i);
        int before = manifestBytes();
        store.engine().flush();
        int written = manifestBytes() - before;
        assertTrue(written < 1_000, written + " bytes of the manifest");
      }
    }
  }

  @Test
  void idleKeyspacesDoNotKeepTheLog() throws IOException {
    MemoryStorage image;
    long flushed;
    try (TestStore store = TestStore.open(counted, SyncMode.GROUP)) {
      KeyspaceTree rare = store.engine().keyspace("rare");
      put(store.engine(), rare, "old");
      store.engine().flush();
      for (int i = 0; i < 10; i++) {
        store.put("key", "v".repeat(60_000) + i);
      }
      store.engine().flush();
      flushed = store.engine().stats().version();
      put(store.engine(), rare, "new");
      store.put("key", "newest");
      image = files.afterPowerCut(PowerCut.DROP_ALL, 1);
    }
    // Replay begins where everything is flushed.
    StoreState state =
        ManifestReader.open(image, FileNames.MANIFEST, FileCipherKeys.NONE).readToEnd();
    assertEquals(flushed, state.flushedEverywhere());
    try (TestStore after = TestStore.open(image, SyncMode.GROUP)) {
      assertEquals(2, after.engine().stats().memtables().activeEntries());
      assertEquals("new", get(after.engine(), after.engine().keyspace("rare")));
      assertEquals("newest", after.get("key"));
    }
  }

  @Test
  void memtablesSealedTogetherDoNotStopWritersByTheirNumber() {
    try (TestStore store = TestStore.open(counted, SyncMode.GROUP)) {
      List<KeyspaceTree> trees = createAll(store.engine());
      for (KeyspaceTree tree : trees) {
        put(store.engine(), tree, "1");
      }
      store.engine().flush();
      assertEquals(0, store.engine().stats().stall().stops());
      put(store.engine(), trees.getFirst(), "2");
      assertEquals(0, store.engine().stats().stall().stops());
    }
  }
}

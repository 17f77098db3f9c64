package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A store whose directory is moved away, replaced or deleted, or whose lock file is, refuses
 * writes, goes on reading, and touches no file of whoever owns the name now.
 */
class LostDirectoryTest {
  private static final int ROUNDS = 300;

  @TempDir Path temp;

  private static TestStore open(Path directory) throws IOException {
    return TestStore.open(FileStorage.open(directory), SyncMode.GROUP);
  }

  private static void fill(TestStore store, String prefix) {
    for (int i = 0; i < ROUNDS; i++) {
      store.put(prefix + i, "v".repeat(100));
    }
  }

  private static void assertRefused(TestStore store, String reason) {
    EngineException e = assertThrows(EngineException.class, () -> store.put("late", "x"));
    assertEquals(Failure.STORAGE_FAILED, e.failure());
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(reason), message);
  }

  private static List<String> listing(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private static void closeFails(TestStore store) {
    EngineException e = assertThrows(EngineException.class, store::close);
    assertEquals(Failure.STORAGE_FAILED, e.failure());
  }

  @Test
  void aStoreWhoseDirectoryWasMovedDoesNotTouchItsSuccessor() throws Exception {
    Path name = temp.resolve("data");
    Path moved = temp.resolve("moved");
    TestStore first = open(name);
    fill(first, "a");
    Files.move(name, moved);
    try (TestStore second = open(name)) {
      fill(second, "b");
      assertRefused(first, "moved");
      assertEquals("v".repeat(100), first.get("a0"));
      List<String> left = listing(moved);
      closeFails(first);
      assertEquals(left, listing(moved));
      assertEquals(ROUNDS, second.scan().size());
    }
    try (TestStore atName = open(name);
        TestStore atMoved = open(moved)) {
      assertEquals(ROUNDS, atName.scan().size());
      TreeMap<String, String> found = new TreeMap<>(atMoved.scan());
      found.remove("late"); // It was refused, so it may be there or not.
      assertEquals(ROUNDS, found.size());
    }
  }

  @Test
  @Tag("process")
  void aMovedStoreAndItsSuccessorInAnotherProcessAreBothWhole() throws Exception {
    Path name = temp.resolve("data");
    Path moved = temp.resolve("moved");
    TestStore first = open(name);
    first.put("k", "first");
    Files.move(name, moved);
    try (StoreProcess second = new StoreProcess(name)) {
      assertEquals("open", second.line());
      assertRefused(first, "moved");
      closeFails(first);
      second.end();
    }
    try (TestStore atName = open(name);
        TestStore atMoved = open(moved)) {
      assertEquals("1", atName.get("a"));
      assertEquals("first", atMoved.get("k"));
    }
  }

  @Test
  @Tag("process")
  void noAcknowledgedWriteIsLostWhenTheLockFileIsRemoved() throws Exception {
    Path name = temp.resolve("data");
    TreeMap<String, String> acknowledged = new TreeMap<>();
    TestStore first = open(name);
    for (int i = 0; i < ROUNDS; i++) {
      first.put("k" + i, "v");
      acknowledged.put("k" + i, "v");
    }
    Files.delete(name.resolve("LOCK"));
    try (StoreProcess second = new StoreProcess(name)) {
      assertEquals("open", second.line());
      List<String> left = listing(name);
      for (int i = ROUNDS; i < 2 * ROUNDS; i++) {
        try {
          first.put("k" + i, "v");
          acknowledged.put("k" + i, "v");
        } catch (EngineException e) {
          assertEquals(Failure.STORAGE_FAILED, e.failure());
        }
      }
      assertRefused(first, "LOCK");
      closeFails(first);
      assertEquals(left, listing(name));
      second.end();
    }
    try (TestStore after = open(name)) {
      TreeMap<String, String> found = new TreeMap<>(after.scan());
      found.keySet().retainAll(acknowledged.keySet());
      assertEquals(acknowledged, found);
    }
  }

  @Test
  void aSecondOpenInThisProcessFailsEvenWithoutTheLockFile() throws Exception {
    Path name = temp.resolve("data");
    TestStore first = open(name);
    first.put("a", "1");
    Files.delete(name.resolve("LOCK"));
    EngineException e = assertThrows(EngineException.class, () -> open(name));
    assertEquals(Failure.LOCKED, e.failure());
    assertRefused(first, "LOCK was moved or deleted");
    closeFails(first);
  }

  @ParameterizedTest
  @EnumSource(
      value = SyncMode.class,
      names = {"ASYNC", "INTERVAL"})
  void aStoreThatAcknowledgesBeforeItSyncsRefusesWritesSoon(SyncMode mode) throws Exception {
    Path name = temp.resolve("data");
    TestStore store = TestStore.open(FileStorage.open(name), mode);
    store.put("a", "1");
    Files.delete(name.resolve("LOCK"));
    EngineException refused = null;
    while (refused == null) {
      try {
        store.put("b", "2");
      } catch (EngineException e) {
        refused = e;
      }
    }
    assertEquals(Failure.STORAGE_FAILED, refused.failure());
    closeFails(store);
  }

  @Test
  void aReplacedLockFileEndsWriting() throws Exception {
    Path name = temp.resolve("data");
    TestStore store = open(name);
    store.put("a", "1");
    Path mine = Files.writeString(temp.resolve("mine"), "mine");
    Files.move(mine, name.resolve("LOCK"), StandardCopyOption.ATOMIC_MOVE);
    assertRefused(store, "replaced");
    closeFails(store);
    assertEquals("mine", Files.readString(name.resolve("LOCK")));
    try (TestStore again = open(name)) {
      assertEquals("1", again.get("a"));
    }
  }

  @Test
  void aDeletedDirectoryEndsWriting() throws Exception {
    Path name = temp.resolve("data");
    TestStore store = open(name);
    fill(store, "a");
    for (String file : listing(name)) {
      Files.delete(name.resolve(file));
    }
    Files.delete(name);
    assertRefused(store, "deleted");
    assertEquals("v".repeat(100), store.get("a7"));
    closeFails(store);
    assertTrue(Files.notExists(name));
  }

  @Test
  void aLinkInPlaceOfTheDirectoryEndsWriting() throws Exception {
    Path name = temp.resolve("data");
    TestStore store = open(name);
    store.put("a", "1");
    Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
    Files.move(name, temp.resolve("moved"));
    Files.createSymbolicLink(name, elsewhere);
    assertRefused(store, "moved");
    closeFails(store);
    assertEquals(List.of(), listing(elsewhere));
  }

  @Test
  void aStoreThatLostItsDirectoryDoesNotResumeWhenItComesBack() throws Exception {
    Path name = temp.resolve("data");
    Path moved = temp.resolve("moved");
    TestStore store = open(name);
    store.put("a", "1");
    Files.move(name, moved);
    assertRefused(store, "moved");
    Files.move(moved, name);
    assertRefused(store, "moved");
    closeFails(store);
    try (TestStore again = open(name)) {
      assertEquals("1", again.get("a"));
    }
  }

  /** A second process that opens a store, puts one key, and closes it when told to. */
  private static final class StoreProcess implements AutoCloseable {
    private final Process process;

    StoreProcess(Path directory) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  SecondOpenTest.Holder.class.getName(),
                  directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    }

    String line() throws IOException {
      return process.inputReader().readLine();
    }

    void end() throws Exception {
      process.outputWriter().close();
      assertEquals(0, process.waitFor());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}

package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.DataKeyOpening;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeFilter;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A store is damaged, file by file: the verifier finds that exactly if the store does not open, or
 * an entry or a retained change cannot be read.
 */
class StoreVerifierTest {
  private static final int FLIPS = 8;
  private static final int CUTS = 3;
  private static final long LOG_BYTES = 1 << 20;

  private static final EncryptionComponents ENCRYPTION =
      EncryptionComponents.with(new TestWrapper(3));

  /** Files of stores, by whether they are encrypted and whether they were closed. */
  private static final TreeMap<String, Sample> SAMPLES = new TreeMap<>();

  /**
   * A store's files.
   *
   * @param token a token from which on all changes are retained
   */
  private record Sample(
      MemoryStorage files, @Nullable EncryptionComponents encryption, String token) {
    static Sample of(boolean encrypted, boolean closed) {
      MemoryStorage files = new MemoryStorage();
      EncryptionComponents encryption = encrypted ? ENCRYPTION : null;
      Random random = new Random(7);
      String token;
      try (TestStore first = TestStore.open(files, encryption, LOG_BYTES);
          ChangeCursor cursor =
              first.engine().changes().openNow(ChangeFilter.ALL, false, Long.MAX_VALUE)) {
        token = cursor.text(cursor.token());
        fill(first, random, 400);
      }
      TestStore store = TestStore.open(files, encryption, LOG_BYTES);
      fill(store, random, 400);
      store.engine().flush();
      fill(store, random, 150);
      store.engine().flush();
      fill(store, random, 100);
      MemoryStorage killed = files.copy();
      store.close();
      return new Sample(closed ? files : killed, encryption, token);
    }

    private static void fill(TestStore store, Random random, int puts) {
      for (int i = 0; i < puts; i++) {
        store.put("key" + random.nextInt(500), "v".repeat(random.nextInt(300)));
      }
    }

    /** Opens a store of these files and reads all of it; returns the failure, or null. */
    @Nullable EngineException use(MemoryStorage damaged) {
      try (TestStore store = TestStore.open(damaged, encryption, LOG_BYTES)) {
        store.scan();
        try (ChangeCursor cursor =
            store.engine().changes().openAt(token, ChangeFilter.ALL, Long.MAX_VALUE)) {
          long changes = 0;
          while (cursor.poll() != null) {
            changes++;
          }
          assertTrue(changes > 0);
        }
        return null;
      } catch (EngineException e) {
        return e;
      }
    }
  }

  @BeforeAll
  static void createStores() {
    for (boolean encrypted : new boolean[] {false, true}) {
      for (boolean closed : new boolean[] {false, true}) {
        SAMPLES.put(encrypted + " " + closed, Sample.of(encrypted, closed));
      }
    }
  }

  /** What the verifier reports. */
  private static final class Findings implements StoreVerifier.Report {
    final List<String> whole = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    final List<String> damaged = new ArrayList<>();

    @Override
    public void whole(String file, String what) {
      whole.add(file);
    }

    @Override
    public void note(String file, String what) {
      notes.add(file + ": " + what);
    }

    @Override
    public void damaged(String file, String what) {
      damaged.add(file + ": " + what);
    }

    @Override
    public void unreadable(String file, String what) {
      throw new AssertionError(file + ": " + what);
    }
  }

  private static Findings verify(Storage files, @Nullable EncryptionComponents encryption)
      throws IOException {
    Findings findings = new Findings();
    FileCipherKeys keys = FileCipherKeys.NONE;
    if (encryption != null && files.list().contains(FileNames.KEYS)) {
      try {
        FileCipherKeys opened =
            DataKeyOpening.open(
                files,
                encryption,
                TimeSource.SYSTEM,
                false,
                () -> ManifestReader.header(files, FileNames.MANIFEST));
        keys = opened == null ? keys : opened;
      } catch (EngineException e) {
        assertEquals(Failure.CORRUPTION, e.failure(), String.valueOf(e.getMessage()));
        findings.damaged(FileNames.KEYS, String.valueOf(e.getMessage()));
        return findings;
      }
    }
    StoreVerifier.run(files, keys, findings);
    return findings;
  }

  private static Sample sample(boolean encrypted, boolean closed) {
    Sample sample = SAMPLES.get(encrypted + " " + closed);
    assertTrue(sample != null);
    return sample;
  }

  private static void compare(Sample sample, MemoryStorage damaged, String file, String what)
      throws IOException {
    MemoryStorage before = damaged.copy();
    Findings findings = verify(damaged, sample.encryption());
    assertEquals(before.contents().keySet(), damaged.contents().keySet(), "nothing is changed");
    EngineException failure = sample.use(damaged);
    String context = file + " " + what + ": found " + findings.damaged + ", use: " + failure;
    if (findings.damaged.isEmpty()) {
      assertEquals(null, failure, context);
    } else if (failure == null) {
      // The one thing that is checked more strictly than by a start and by readers.
      assertTrue(FileNames.isLog(file), context);
      String found = findings.damaged.toString();
      assertTrue(
          found.contains("size: expected")
              || found.contains("header checksum")
              || found.contains("magic")
              || found.contains("header"),
          context);
    }
  }

  @ParameterizedTest
  @Tag("model")
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void damageIsFoundIfAndOnlyIfSomethingCannotBeRead(boolean encrypted, boolean closed)
      throws IOException {
    Sample sample = sample(encrypted, closed);
    Random random = new Random(11);
    for (var file : sample.files().contents().entrySet()) {
      String name = file.getKey();
      int size = file.getValue().length;
      if (size == 0) {
        continue; // LOCK
      }
      MemoryStorage deleted = sample.files().copy();
      deleted.delete(name);
      compare(sample, deleted, name, "deleted");
      for (int i = 0; i < FLIPS; i++) {
        // A log segment is mostly empty; its beginning is not.
        int at = random.nextInt(i % 2 == 0 ? size : Math.min(size, 2048));
        MemoryStorage flipped = sample.files().copy();
        FaultStorage.flipByte(flipped, name, at);
        compare(sample, flipped, name, "flipped at " + at + " of " + size);
      }
      for (int i = 0; i < CUTS; i++) {
        int length = i == 0 ? size - 1 : random.nextInt(size);
        MemoryStorage cut = sample.files().copy();
        FaultStorage.cut(cut, name, length);
        compare(sample, cut, name, "cut to " + length + " of " + size);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void aWholeStoreIsWhole(boolean encrypted, boolean closed) throws IOException {
    Sample sample = sample(encrypted, closed);
    MemoryStorage files = sample.files().copy();
    Findings findings = verify(files, sample.encryption());
    assertEquals(List.of(), findings.damaged);
    assertTrue(findings.whole.contains("MANIFEST"));
    assertTrue(findings.whole.contains("log"));
    assertTrue(findings.whole.stream().anyMatch(name -> name.endsWith(".sst")));
    assertEquals(null, sample.use(files));
    assertEquals(List.of(), verify(files, sample.encryption()).damaged, "after another process");
  }

  @Test
  void eachKindOfFileThatIsMissingIsNamed() throws IOException {
    Sample sample = sample(true, true);
    TreeMap<String, String> byKind = new TreeMap<>();
    for (String name : sample.files().contents().keySet()) {
      int dot = name.lastIndexOf('.');
      byKind.put(dot < 0 ? name : name.substring(dot), name);
    }
    byKind.remove("LOCK");
    assertEquals(List.of(".log", ".sst", "KEYS", "MANIFEST"), List.copyOf(byKind.keySet()));
    for (String name : byKind.values()) {
      MemoryStorage files = sample.files().copy();
      files.delete(name);
      String found = String.join("\n", verify(files, sample.encryption()).damaged);
      assertTrue(found.contains(name), found);
      assertTrue(found.contains("missing"), found);
    }
  }

  @Test
  void aTornTailAndLeftoversAreNotedAndNoDamage() throws IOException {
    Sample sample = sample(false, false);
    MemoryStorage files = sample.files().copy();
    for (String name : sample.files().contents().keySet()) {
      MemoryStorage torn = sample.files().copy();
      if (FileNames.isLog(name) && tear(torn, name)) {
        files = torn;
      }
    }
    files.create("999990.sst").close();
    files.create("MANIFEST.tmp").close();
    files.create("notes").close();
    Findings findings = verify(files, null);
    assertEquals(List.of(), findings.damaged);
    String notes = String.join("\n", findings.notes);
    assertTrue(notes.contains("log: a torn tail of "), notes);
    assertTrue(notes.contains("999990.sst: does not belong to the store"), notes);
    assertTrue(notes.contains("MANIFEST.tmp: does not belong"), notes);
    assertTrue(notes.contains("notes: is not a file of a store"), notes);
    assertEquals(null, sample.use(files));
  }

  /**
   * Damages the last byte of a log segment that was written; returns whether that tears the log.
   */
  private static boolean tear(MemoryStorage files, String name) throws IOException {
    byte[] log = FaultStorage.contentOf(files, name);
    int end = log.length;
    while (log[end - 1] == 0) {
      end--;
    }
    FaultStorage.flipByte(files, name, end - 1);
    Findings findings = verify(files, null);
    return findings.damaged.isEmpty()
        && findings.notes.stream().anyMatch(note -> note.startsWith("log: a torn tail of "));
  }
}

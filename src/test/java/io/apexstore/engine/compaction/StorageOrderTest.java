package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.version.TestVersionSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The order of storage calls is that of {@code storage-order.txt}. */
class StorageOrderTest {
  private final StringBuilder calls = new StringBuilder();
  private String last = "";
  private boolean renamed;

  private void note(String line) {
    if (!line.equals(last)) {
      calls.append(line).append('\n');
    }
    last = line;
  }

  // The storage reports an open file under the name that it was created with.
  private String nameNow(Kind kind, String name) {
    if (!name.equals(FileNames.MANIFEST_TEMPORARY)) {
      return name;
    }
    boolean wasRenamed = renamed;
    renamed = kind == Kind.RENAME || (renamed && kind != Kind.CREATE);
    return wasRenamed && renamed ? FileNames.MANIFEST : name;
  }

  @Test
  void newFilesAreDurableBeforeTheManifestNamesThemAndOldOnesAreDeletedLast() throws IOException {
    FaultStorage storage = new FaultStorage(new MemoryStorage());
    for (Kind kind : Kind.values()) {
      if (kind != Kind.READ && kind != Kind.CLOSE && kind != Kind.LIST) {
        storage.before(
            kind,
            (k, name) -> {
              String verb = k.name().toLowerCase(Locale.ROOT).replace('_', ' ');
              note("  " + (verb + " " + nameNow(k, name)).strip());
            });
      }
    }
    note("open of a new store");
    TreeWorkload work = new TreeWorkload(storage, 3, 200);
    for (int i = 0; i < 3; i++) {
      work.write(100);
      note(i == 0 ? "first flush" : "flush");
      work.flush();
    }
    note("compaction");
    work.compactOnce();
    note("after the last reader has gone");
    work.store.runCloser();
    note("move");
    CompactionChoice.Move move =
        new CompactionChoice.Move(
            work.store.current().shape().level(1), 2, CompactionChoice.Reason.MANUAL);
    work.carryOut(move);
    note("close");
    work.store.versions().markClean(work.published());
    work.store.close();
    note("open");
    TestVersionSet.open(storage).close();
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("storage-order.txt"))) {
      assertEquals(new String(in.readAllBytes(), StandardCharsets.UTF_8), calls.toString());
    }
  }
}

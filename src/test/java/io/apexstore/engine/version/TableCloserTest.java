package io.apexstore.engine.version;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TableCloserTest {
  @Test
  void aTableThatCannotBeClosedIsStillDeleted() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    FaultStorage faults = new FaultStorage(storage);
    try (TestVersionSet store = TestVersionSet.open(faults)) {
      TableMeta table = store.table(0, new Entry("a", 1, "x"));
      store.versions().logAndApply(VersionEdit.builder().addTable(table).build());
      store.versions().logAndApply(VersionEdit.builder().removeTable(table).build());
      String file = FileNames.table(table.fileId());
      FaultStorage.Rule rule =
          faults.before(
              Kind.CLOSE,
              file::equals,
              (kind, name) -> {
                throw new IllegalStateException("planted");
              });
      assertEquals(1, store.runCloser());
      assertEquals(1, rule.seen());
      assertFalse(storage.contents().containsKey(file));
    }
  }
}

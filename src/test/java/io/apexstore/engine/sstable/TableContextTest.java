package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A new table from which the cache cannot be filled. */
class TableContextTest {
  private static TableFixture fixture() throws IOException {
    List<TableFixture.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      entries.add(TableFixture.Entry.put("key%03d".formatted(i), 7, "value " + i));
    }
    return new TableFixture(entries, TableOptions.DEFAULT, 1 << 20);
  }

  private static BitSet firstBlock() {
    BitSet blocks = new BitSet();
    blocks.set(0);
    return blocks;
  }

  @Test
  void aReadErrorWhileTheCacheIsFilledLeavesTheTableOpenAndTheCacheEmpty() throws IOException {
    try (TableFixture fixture = fixture();
        BlockCache cache = new BlockCache(1 << 20)) {
      FaultStorage faults = new FaultStorage(fixture.storage);
      TableContext context = new TableContext(faults, TableFixture.STORE, cache);
      FaultStorage.Rule counted = faults.before(Kind.READ, (kind, name) -> {});
      context.openNew(fixture.meta).close();
      long readsToOpen = counted.seen();
      counted.stop();
      context.wantCached(TableFixture.FILE_ID, firstBlock());
      FaultStorage.Rule failing = faults.failNth(Kind.READ, readsToOpen + 1, "by the test");
      try (Table table = context.openNew(fixture.meta)) {
        assertTrue(failing.seen() > readsToOpen);
        assertEquals(0, cache.stats().blocks());
        Lookup lookup = new Lookup();
        lookup.start(fixture.entries.getFirst().key(), Limits.VERSION_MAX, false);
        assertEquals(Outcome.FOUND, table.get(lookup));
      }
    }
  }

  @Test
  void damageFoundWhileTheCacheIsFilledIsAFailure() throws IOException {
    try (TableFixture fixture = fixture()) {
      String file = FileNames.table(TableFixture.FILE_ID);
      byte[] bytes = Objects.requireNonNull(fixture.storage.files.get(file)).clone();
      bytes[200] ^= 1;
      fixture.storage.files.put(file, bytes);
      fixture.context.wantCached(TableFixture.FILE_ID, firstBlock());
      EngineException e =
          assertThrows(EngineException.class, () -> fixture.context.openNew(fixture.meta));
      assertEquals(Failure.CORRUPTION, e.failure());
    }
  }
}

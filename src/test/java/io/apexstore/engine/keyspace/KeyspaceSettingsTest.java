package io.apexstore.engine.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.TestStore;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the manifest keeps of a keyspace's settings. */
class KeyspaceSettingsTest {
  private static KeyspaceMeta meta(Map<String, String> options) {
    return new KeyspaceMeta(1, "k", options);
  }

  @Test
  void settingsComeBackAsTheyWereKept() {
    for (KeyspaceSettings settings :
        List.of(
            KeyspaceSettings.DEFAULT,
            KeyspaceSettings.with(CompactionStrategy.TIERED),
            new KeyspaceSettings(CompactionStrategy.LAZY_LEVELING, 0, 0, 1, true),
            new KeyspaceSettings(CompactionStrategy.FIFO, 5, 0, 0, false),
            new KeyspaceSettings(CompactionStrategy.FIFO, 1L << 50, 86_400_000, 7, true))) {
      assertEquals(settings, KeyspaceSettings.of(meta(settings.toOptions())));
    }
    assertEquals(Map.of(), KeyspaceSettings.DEFAULT.toOptions());
  }

  @Test
  void whatThisBuildDoesNotKnowIsRefused() {
    for (Map<String, String> options :
        List.of(Map.of("colour", "red"), Map.of("compaction", "fast"), Map.of("ttl", "an hour"))) {
      EngineException e =
          assertThrows(EngineException.class, () -> KeyspaceSettings.of(meta(options)));
      assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure());
      assertTrue(String.valueOf(e.getMessage()).contains("keyspace k"), e.getMessage());
    }
  }

  @Test
  void internalKeyspacesAreLeveledWhateverTheStoreSays() {
    StoreOptions options = TestStore.options(SyncMode.GROUP);
    assertEquals(KeyspaceSettings.DEFAULT, KeyspaceCatalog.standard("_expiry", options));
    assertEquals(KeyspaceSettings.DEFAULT, KeyspaceCatalog.standard("a", options));
  }
}
